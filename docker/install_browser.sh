#!/usr/bin/env bash
# Installs Chromium and a Chinese font for the browser tests, where they are missing.
set -euo pipefail

has_browser() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
has_font() { command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null | head -n 1)" ]; }

if has_browser && has_font; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "The browser tests need Chromium and a Chinese font: install both, then run make test again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
  chromium fontconfig fonts-wqy-microhei >/dev/null
