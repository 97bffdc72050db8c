"""Addresses a channel may name: deep-link templates and web origins. Pure; a wrong one is ``ValueError``."""

import re
import string
from urllib.parse import SplitResult, urlsplit

from broadcast.channels.deep_links import PLACEHOLDERS
from showrunner.show_folder.problems import shown

MAX_LINK_CHARS = 2048

_ADDRESS = re.compile(r"[a-z][a-z0-9+.\-]*:[^\s]+")
_UNSAFE_SCHEMES = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "http", "ws", "wss"})
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def web_link(template: str) -> str:
    """Read the template of a web page: https, with placeholders anywhere behind its host.

    Raises:
        ValueError: it is no such template.
    """
    parts = _template(template)
    if parts.scheme != "https" and not _is_local(parts):
        raise ValueError(f"{shown(template)} must begin with https://")
    return template


def web_page(address: str) -> str:
    """Read the address of one web page: https, without placeholders.

    Raises:
        ValueError: it is no such address.
    """
    if "{" in address or "}" in address:
        raise ValueError(f"{shown(address)}: nothing is filled in here")
    return web_link(address)


def app_link(template: str) -> str:
    """Read the template of an address that opens an app: the app's own scheme, or https (a universal link).

    Raises:
        ValueError: it is no such template, or a browser would run or read something instead of opening an app.
    """
    parts = _template(template)
    if parts.scheme in _UNSAFE_SCHEMES and not _is_local(parts):
        raise ValueError(f"{shown(template)}: an app link has the app's own scheme, or https")
    return template


def web_origin(origin: str) -> str:
    """Read a web origin (RFC 6454), or ``*`` for any.

    Raises:
        ValueError: it is no origin, or not https (http is for this machine only).
    """
    if origin == "*":
        return origin
    try:
        parts = urlsplit(origin)
        wrong = parts.port == 0 or not parts.hostname
    except ValueError:
        raise ValueError(f"{shown(origin)} is not an origin") from None
    plain = f"{parts.scheme}://{parts.netloc}"
    if wrong or parts.scheme not in ("http", "https") or "@" in parts.netloc or plain != origin:
        raise ValueError(f"{shown(origin)} is not an origin: write https://host or https://host:port, without a path")
    if parts.scheme == "http" and not _is_local(parts):
        raise ValueError(f"{shown(origin)} must be https")
    return origin


def _template(template: str) -> SplitResult:
    if len(template) > MAX_LINK_CHARS:
        raise ValueError(f"has {len(template):,} characters, at most {MAX_LINK_CHARS:,} are allowed")
    _placeholders(template)
    if _ADDRESS.fullmatch(template) is None:
        raise ValueError(f"{shown(template)} is not an address")
    try:
        parts = urlsplit(template)
        host = parts.hostname
    except ValueError:
        raise ValueError(f"{shown(template)} is not an address") from None
    if parts.scheme in ("http", "https") and not host:
        raise ValueError(f"{shown(template)} has no host")
    if parts.scheme in ("http", "https") and "{" in parts.netloc:
        raise ValueError(f"{shown(template)}: the host must be fixed, placeholders come after it")
    return parts


def _placeholders(template: str) -> None:
    try:
        fields = [field for field in string.Formatter().parse(template) if field[1] is not None]
    except ValueError:
        raise ValueError(f"{shown(template)} has a brace that is not closed or not opened") from None
    for _, field, form, conversion in fields:
        if field not in PLACEHOLDERS or form or conversion:
            known = ", ".join(f"{{{name}}}" for name in sorted(PLACEHOLDERS))
            raise ValueError(f"{{{field}}} is not known: a link can use {known}")


def _is_local(parts: SplitResult) -> bool:
    return parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS
