"""Joining from a phone, on the wire: part of the public contract as ``messages`` is, which brings these names along."""

from typing import Annotated

import msgspec

from broadcast.ids import ChannelId, ShowId

MAX_JOIN_CODE_CHARS = 32
"""What is typed as a code, spaces and all."""


class JoinCodeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The code a television on a channel shows until ``next_ms``; it is taken until ``expires_ms``. Both wall time."""

    code: str
    next_ms: int
    expires_ms: int


class JoinRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of ``POST /v1/join``: a code as it was typed."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_JOIN_CODE_CHARS)]


class JoinAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What is on the set that showed the code."""

    show: ShowId
    channel: ChannelId
