"""How many watch the whole show: every edge says how many it holds, and whoever asks adds them up.

Approximate and cheap: a report is as old as the pace it is made at, and an edge that fell silent counts for a little
while longer. Nothing of the feed hangs on it.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from broadcast.ids import ChannelId

MAX_EDGES = 8_192
"""Edge processes of one show that are counted; a hundred million viewers need fewer (docs/capacity.md)."""

MAX_REPORT_BYTES = 8_192
"""One edge's report, enough for every channel a show may have; a longer one is somebody else's."""

MAX_REPORTED = 1_000_000_000
"""More viewers than that no edge has."""

_decoder = msgspec.json.Decoder(dict[str, Annotated[int, msgspec.Meta(ge=0, le=MAX_REPORTED)]])
_encode = msgspec.json.Encoder(order="sorted").encode


def report(audience: Mapping[ChannelId, int]) -> bytes:
    """Return what an edge says of its viewers: channel → viewers as JSON, empty channels left out."""
    return _encode({str(channel): viewers for channel, viewers in audience.items() if viewers})


def reported(channels: Iterable[ChannelId], reports: Iterable[bytes]) -> dict[ChannelId, int]:
    """Return how many viewers each of these channels has by all reports together.

    Args:
        channels: the show's; what is reported of others counts nothing.
        reports: one of each edge; what is no report counts nothing.
    """
    whole = dict.fromkeys(channels, 0)
    for told in reports:
        for name, viewers in _read(told).items():
            channel = ChannelId(name)
            if channel in whole:
                whole[channel] += viewers
    return whole


def _read(told: bytes) -> dict[str, int]:
    if len(told) > MAX_REPORT_BYTES:
        return {}
    try:
        return _decoder.decode(told)
    except msgspec.DecodeError:
        return {}
