"""Tokens made the way a partner makes them, without our code; and made wrongly on purpose."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any


def seconds_from_now(seconds: float) -> int:
    return int(time.time() + seconds)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(claims: dict[str, Any], key: str, header: dict[str, Any] | None = None) -> str:
    """Return a JSON Web Token signed with HMAC-SHA256 (RFC 7519), or what the header says it is."""
    head = _b64(json.dumps(header or {"alg": "HS256", "typ": "JWT"}).encode())
    body = _b64(json.dumps(claims).encode())
    signature = hmac.digest(key.encode(), f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{_b64(signature)}"


def unsigned(claims: dict[str, Any]) -> str:
    """Return a token that says it needs no signature."""
    return jwt(claims, "", {"alg": "none"}).rpartition(".")[0] + "."
