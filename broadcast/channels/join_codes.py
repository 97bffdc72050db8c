"""Short codes that a television shows and a phone types: which channel of the show is on that set.

A code names a channel and nothing else; it opens nothing that the channel's QR code does not. It still changes every
few minutes, so that one seen on a screen yesterday leads nobody into today's show. Nothing is stored: whoever has the
key knows every code of every moment, and so a restart or a second process changes none.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from broadcast.clock import WallMs
from broadcast.ids import ChannelId, ShowId

DIGITS: Final = 6
"""Typed on a phone's number pad."""

ROTATE_MS: Final = 10 * 60_000
"""A television shows a new code this often."""

GRACE_WINDOWS: Final = 1
"""A code is good for so many windows after the one it was shown in: it may be read at the last moment."""

MAX_TYPED_CHARS: Final = 32
"""What is typed may hold spaces and dashes; longer than this it is no code."""

_CODES = 10**DIGITS
_SEPARATORS = str.maketrans("", "", " -")


class JoinCode(NamedTuple):
    """A code to show until ``next_ms``; it is accepted until ``expires_ms``. Both wall time."""

    code: str
    next_ms: WallMs
    expires_ms: WallMs


class JoinCodes:
    """The codes of one show.

    Args:
        show: the show.
        channels: its channels; at most a thousandth of all codes, so that few can be guessed.
        key: secret, the same in every process of the show.
    """

    def __init__(self, show: ShowId, channels: Sequence[ChannelId], key: bytes) -> None:
        if len(channels) * (1 + GRACE_WINDOWS) > _CODES // 1000:
            raise ValueError("too many channels for codes this short")
        self._show = show
        self._channels = sorted(channels)
        self._key = key

    def shown(self, channel: ChannelId, now: WallMs) -> JoinCode:
        """Return the code a television on a channel shows now.

        Raises:
            KeyError: the show has no such channel.
        """
        window = now // ROTATE_MS
        code = {named: code for code, named in self._window(window).items()}[channel]
        next_ms = WallMs((window + 1) * ROTATE_MS)
        return JoinCode(code, next_ms, WallMs(next_ms + GRACE_WINDOWS * ROTATE_MS))

    def channel(self, typed: str, now: WallMs) -> ChannelId | None:
        """Return the channel a typed code stands for, or None if it is no code or no longer one."""
        if len(typed) > MAX_TYPED_CHARS:
            return None
        # a Chinese keyboard may write wide digits and spaces
        code = unicodedata.normalize("NFKC", typed).translate(_SEPARATORS)
        if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
            return None
        window = now // ROTATE_MS
        found = (self._window(earlier).get(code) for earlier in range(window, window - GRACE_WINDOWS - 1, -1))
        return next((channel for channel in found if channel is not None), None)

    def _window(self, window: int) -> dict[str, ChannelId]:
        """Return every code of a window; two channels never share one."""
        codes: dict[str, ChannelId] = {}
        for channel in self._channels:
            attempt = 0
            while (code := self._drawn(channel, window, attempt)) in codes:
                attempt += 1
            codes[code] = channel
        return codes

    def _drawn(self, channel: ChannelId, window: int, attempt: int) -> str:
        told = "\0".join(("join code", self._show, channel, str(window), str(attempt))).encode()
        number = int.from_bytes(hmac.digest(self._key, told, hashlib.sha256), "big")
        return str(number % _CODES).zfill(DIGITS)
