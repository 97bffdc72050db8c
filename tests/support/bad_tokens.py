"""Viewer tokens that are none."""

import base64
from typing import Any

from house import PRODUCER_KEY, SHOW, channel_key
from tokens import jwt, seconds_from_now, unsigned


def claims(**changed: Any) -> dict[str, Any]:
    whole = {"iss": "web", "sub": "mei", "exp": seconds_from_now(72_000), **changed}
    return {name: value for name, value in whole.items() if value is not None}


BAD_TOKENS = {
    "no token at all": "",
    "not a token": "mei",
    "not even base64": "a.b.c",
    "not ASCII": "é.é.é",
    "signed with another channel's key": jwt(claims(), channel_key("youku")),
    "signed with the producers' key": jwt(claims(), PRODUCER_KEY),
    "not signed": unsigned(claims()),
    "signed by an algorithm we do not take": jwt(claims(), channel_key("web"), {"alg": "HS512"}),
    "that asks for no algorithm but is signed": jwt(claims(), channel_key("web"), {"alg": "none"}),
    "of a channel that is not ours": jwt(claims(iss="tiktok"), channel_key("tiktok")),
    "expired": jwt(claims(exp=seconds_from_now(-1)), channel_key("web")),
    "that never expires": jwt(claims(exp=None), channel_key("web")),
    "whose expiry is a text": jwt(claims(exp="tomorrow"), channel_key("web")),
    "not valid yet": jwt(claims(nbf=seconds_from_now(36_000)), channel_key("web")),
    "of nobody": jwt(claims(sub=""), channel_key("web")),
    "without a subject": jwt(claims(sub=None), channel_key("web")),
    "of a subject too long": jwt(claims(sub="m" * 129), channel_key("web")),
    "of a subject with a line break": jwt(claims(sub="mei\n"), channel_key("web")),
    "without an issuer": jwt(claims(iss=None), channel_key("web")),
    "that is too long": jwt(claims(more="x" * 4096), channel_key("web")),
    "that is nested too deep": "a." + base64.urlsafe_b64encode(b'{"a":' * 590).decode() + ".c",
    "cut short": jwt(claims(), channel_key("web"))[:-1],
    "of a producer": jwt({**claims(iss="producers"), "show": SHOW}, PRODUCER_KEY),
}
