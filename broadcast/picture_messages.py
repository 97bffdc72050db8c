"""The part of the wire that tells producers how the live picture is; ``broadcast.messages`` has it, too."""

from typing import Literal

import msgspec


class PictureEventView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to the picture. ``name`` is stable; ``detail`` is for a person."""

    name: str
    at_ms: int
    severity: Literal["info", "warning", "error"]
    detail: str


class PictureState(msgspec.Struct, frozen=True, kw_only=True):
    """How a live picture is.

    ``source`` is its address without secrets, ``wrong`` names what is wrong now (``no-input``, ``black``, ``frozen``,
    ``silent``, ``low-bitrate``; ``process-lost`` where the process that has the picture cannot be reached,
    ``clock-apart`` where its clock is not that of orders), ``error_ms`` bounds the error of its dates, ``end_ms`` is
    the capture of the newest frame that is packaged, and ``events`` are the newest, oldest first. None stands for what
    is not known yet.
    """

    source: str
    wrong: tuple[str, ...]
    bits_per_second: int | None
    error_ms: int | None
    end_ms: int | None
    events: tuple[PictureEventView, ...]
