"""Viewer and producer tokens: JSON Web Tokens (RFC 7519), signed with HMAC-SHA256 (RFC 7518, 3.2).

A viewer token is signed with its channel's key, so a partner makes its own; a producer token with the producers' key.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from broadcast.assurance import Assurance
from broadcast.clock import Now
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId, ShowId
from broadcast.messages import MAX_TOKEN_CHARS

ALGORITHM = "HS256"
MIN_KEY_BYTES = 32
"""A key shorter than the hash is refused (RFC 7518, 3.2)."""

MAX_REMEMBERED_TOKENS = 100_000
"""Verified tokens remembered, so that a buyer's second tap is not verified again."""

MAX_SUBJECT_CHARS = 128
MAX_ACR_CHARS = 256
MAX_AUTH_TIME_S = 2**40
"""An instant beyond any clock: a larger number is no time."""

PRODUCER_ISSUER = "producers"


class Viewer(msgspec.Struct, frozen=True):
    """Who a viewer token speaks for, until when (wall time), and how sure the channel is of it, where it says so."""

    channel: ChannelId
    buyer: BuyerId
    expires_ms: int
    assurance: Assurance | None = None


class Producer(msgspec.Struct, frozen=True):
    """Who a producer token speaks for, and on which show."""

    name: str
    show: ShowId
    expires_ms: int


class _Claims(msgspec.Struct):
    iss: str
    sub: str
    exp: int | float
    nbf: int | float = 0
    show: str = ""
    acr: Any = None
    auth_time: Any = None


def _key(secret: bytes) -> OctKey:
    if len(secret) < MIN_KEY_BYTES:
        raise ValueError(f"a key needs at least {MIN_KEY_BYTES} bytes")
    return OctKey.import_key(secret)


def _sign(claims: dict[str, Any], key: OctKey) -> str:
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, key, algorithms=[ALGORITHM])


def _verify(token: str, key: OctKey, now_ms: int) -> _Claims:
    try:
        claims = msgspec.convert(jwt.decode(token, key, algorithms=[ALGORITHM]).claims, _Claims)
    except (JoseError, ValueError) as wrong:
        raise Refusal("unauthorized", "the token is not one of ours") from wrong
    if claims.exp * 1000 <= now_ms:
        raise Refusal("unauthorized", "the token has expired")
    if claims.nbf * 1000 > now_ms:
        raise Refusal("unauthorized", "the token is not valid yet")
    if not 1 <= len(claims.sub) <= MAX_SUBJECT_CHARS:
        raise Refusal("unauthorized", "the token names nobody")
    return claims


def issuer(token: str) -> str:
    """Return who a token says it is from, to choose the key that then proves it. Nothing is proven here.

    Raises:
        Refusal: ``unauthorized``: missing or unreadable.
    """
    if not token or len(token) > MAX_TOKEN_CHARS:
        raise Refusal("unauthorized", "a token is needed")
    try:
        return msgspec.json.decode(_b64(token.split(".")[1]), type=_Issuer).iss
    except (IndexError, ValueError, RecursionError) as wrong:
        raise Refusal("unauthorized", "the token could not be read") from wrong


class _Issuer(msgspec.Struct):
    iss: str


def _assurance(claims: _Claims) -> Assurance | None:
    """Return what a token says of its buyer's authentication (RFC 9470, 6; OpenID Connect Core, 2).

    Whatever is not of the type that the standard gives it says nothing.
    """
    acr = claims.acr if type(claims.acr) is str and len(claims.acr) <= MAX_ACR_CHARS else ""
    when = claims.auth_time
    auth_time_ms = int(when * 1000) if type(when) in {int, float} and 0 <= when <= MAX_AUTH_TIME_S else None
    return Assurance(acr, auth_time_ms) if acr or auth_time_ms is not None else None


def _b64(text: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class ViewerTokens:
    """Verifies and issues viewer tokens for the channels whose keys it holds."""

    def __init__(self, secrets: Mapping[ChannelId, bytes], now: Now) -> None:
        self._keys = {channel: _key(secret) for channel, secret in secrets.items()}
        self._now = now
        self._verified: OrderedDict[str, Viewer] = OrderedDict()

    def issue(self, channel: ChannelId, buyer: BuyerId, lifetime_ms: int) -> str:
        """Return a token for a buyer of a channel.

        Raises:
            KeyError: no key is held for the channel.
        """
        expires = (self._now() + lifetime_ms) // 1000
        return _sign({"iss": channel, "sub": buyer, "exp": expires}, self._keys[channel])

    def verify(self, token: str) -> Viewer:
        """Return who the token speaks for.

        Raises:
            Refusal: ``unauthorized``: missing, unreadable, forged, expired, or of a channel unknown here.
        """
        now = self._now()
        viewer = self._verified.get(token)
        if viewer is not None:
            if viewer.expires_ms <= now:
                raise Refusal("unauthorized", "the token has expired")
            return viewer
        key = self._keys.get(ChannelId(issuer(token)))
        if key is None:
            raise Refusal("unauthorized", "the token is of a channel unknown here")
        claims = _verify(token, key, now)
        viewer = Viewer(ChannelId(claims.iss), BuyerId(claims.sub), int(claims.exp * 1000), _assurance(claims))
        self._verified[token] = viewer
        if len(self._verified) > MAX_REMEMBERED_TOKENS:
            self._verified.popitem(last=False)
        return viewer


class ProducerTokens:
    """Verifies and issues producer tokens."""

    def __init__(self, secret: bytes, now: Now) -> None:
        self._key = _key(secret)
        self._now = now

    def issue(self, name: str, show: ShowId, lifetime_ms: int) -> str:
        """Return a token for a producer of one show."""
        expires = (self._now() + lifetime_ms) // 1000
        return _sign({"iss": PRODUCER_ISSUER, "sub": name, "show": show, "exp": expires}, self._key)

    def verify(self, token: str, show: ShowId) -> Producer:
        """Return the producer the token speaks for.

        Raises:
            Refusal: ``unauthorized`` when it is missing, forged or expired; ``forbidden`` when it is for another show
                or is no producer's.
        """
        if issuer(token) != PRODUCER_ISSUER:
            raise Refusal("forbidden", "a producer token is needed")
        claims = _verify(token, self._key, self._now())
        if claims.show != show:
            raise Refusal("forbidden", "the token is for another show")
        return Producer(claims.sub, show, int(claims.exp * 1000))


def bearer(header: str | None) -> str:
    """Return the token of an ``Authorization: Bearer`` header (RFC 6750, 2.1).

    Raises:
        Refusal: ``unauthorized``: the header is missing or of another scheme.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal("unauthorized", "send Authorization: Bearer <token>")
    return token.strip()
