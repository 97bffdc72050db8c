"""The link's handshake: each end proves that it knows the secret, and neither sends it.

The one who listens sends a challenge; the one who calls answers with who it is, a challenge of its own and a proof; the
listener answers with its proof. Proofs are HMAC-SHA256 (RFC 2104) over both challenges, all that was said, and which
end speaks, so one end's proof is of no use at the other. The frames after it are not encrypted: the link belongs on a
private network.
"""

import hmac
from hashlib import sha256
from typing import Literal

import msgspec

from broadcast.ids import ShowId

VERSION = 1
"""Processes of different versions refuse one another rather than misread."""

CHALLENGE_BYTES = 32
MIN_KEY_BYTES = 32
"""A key shorter than the hash is refused (RFC 2104, 3)."""

LinkRole = Literal["door", "control", "edge", "picture"]
"""Who calls: a process that takes taps, the one that runs the timeline, one that only holds viewers; or the one that
runs the timeline, about the picture."""


class Challenge(msgspec.Struct, frozen=True, array_like=True):
    """The listener's first frame."""

    version: int
    nonce: bytes


class Hello(msgspec.Struct, frozen=True, array_like=True):
    """The caller's first frame."""

    version: int
    role: LinkRole
    show: ShowId
    nonce: bytes
    proof: bytes


class Welcome(msgspec.Struct, frozen=True, array_like=True):
    """The listener's second frame."""

    proof: bytes


class LinkRefusedError(Exception):
    """The other end is not who it should be, or not for us; the message says why, and holds no secret."""


def challenge(nonce: bytes) -> Challenge:
    """Return the listener's first frame."""
    return Challenge(VERSION, nonce)


def hello(key: bytes, asked: Challenge, role: LinkRole, show: ShowId, nonce: bytes) -> Hello:
    """Answer a challenge.

    Raises:
        LinkRefusedError: the listener is of another version.
    """
    _check(asked.version, asked.nonce)
    return Hello(VERSION, role, show, nonce, _proof(key, b"caller", asked.nonce, nonce, role, show))


def welcome(key: bytes, asked: Challenge, said: Hello) -> Welcome:
    """Check a caller's proof and return ours.

    Raises:
        LinkRefusedError: the caller does not know the key, or is of another version.
    """
    _check(said.version, said.nonce)
    expected = _proof(key, b"caller", asked.nonce, said.nonce, said.role, said.show)
    if not hmac.compare_digest(expected, said.proof):
        raise LinkRefusedError("the caller does not know the link's key")
    return Welcome(_proof(key, b"listener", asked.nonce, said.nonce, said.role, said.show))


def check_welcome(key: bytes, asked: Challenge, said: Hello, answer: Welcome) -> None:
    """Check the listener's proof.

    Raises:
        LinkRefusedError: the listener does not know the key.
    """
    expected = _proof(key, b"listener", asked.nonce, said.nonce, said.role, said.show)
    if not hmac.compare_digest(expected, answer.proof):
        raise LinkRefusedError("the listener does not know the link's key")


def _check(version: int, nonce: bytes) -> None:
    if version != VERSION:
        raise LinkRefusedError(f"the other end speaks version {version} of the link, this one {VERSION}")
    if len(nonce) != CHALLENGE_BYTES:
        raise LinkRefusedError(f"a challenge has {CHALLENGE_BYTES} bytes")


def _proof(key: bytes, end: bytes, *said: bytes | str) -> bytes:
    # Encoded with their lengths, so that two different things said never look the same.
    return hmac.digest(key, end + msgspec.msgpack.encode(said), sha256)
