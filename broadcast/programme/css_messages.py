"""The JSON messages of DVB-CSS (ETSI TS 103 286-2): what is on (clause 5.6) and where its timelines are (clause 5.7).

Big numbers travel as decimal strings, so that no reader rounds them.
"""

from typing import Annotated, Final, Literal, NamedTuple, TypeVar

import msgspec

from broadcast.programme.css_wall_clock import CssNs

PROTOCOL_VERSION: Final = "1.1"
MAX_MESSAGE_BYTES: Final = 4_096
"""The largest message a companion may send."""

MAX_URI_CHARS: Final = 1_024

PLUS_INFINITY: Final = "plusinfinity"
MINUS_INFINITY: Final = "minusinfinity"

_WHOLE = r"(0|-?[1-9][0-9]{0,19})"
WholeNumber = Annotated[str, msgspec.Meta(pattern=rf"^{_WHOLE}\Z", max_length=21)]
NotBefore = Annotated[str, msgspec.Meta(pattern=rf"^({_WHOLE}|{MINUS_INFINITY})\Z", max_length=21)]
NotAfter = Annotated[str, msgspec.Meta(pattern=rf"^({_WHOLE}|{PLUS_INFINITY})\Z", max_length=21)]
Uri = Annotated[str, msgspec.Meta(max_length=MAX_URI_CHARS)]


class MalformedCssError(Exception):
    """A companion's message cannot be read; the message says why."""


# ---------------------------------------------------------------- what is on: CII


class TimelineProperties(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How fast a timeline ticks: ``units_per_second / units_per_tick`` ticks a second, right within ``accuracy`` s."""

    units_per_tick: int
    units_per_second: int
    accuracy: float | None = None


class TimelineOption(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One timeline a companion can ask for."""

    timeline_selector: str
    timeline_properties: TimelineProperties


class Addresses(NamedTuple):
    """Where a companion finds the other protocols, as it sees us: ``ws[s]://…`` and ``udp://host:port``."""

    timelines: str
    wall_clock: str


class ContentInformation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is on, and where the other protocols are.

    Attributes:
        content_id: URI of what is on; companions match its beginning.
        presentation_status: ``okay``, ``transitioning`` or ``fault``.
        ts_url: WebSocket address of the timelines.
        wc_url: ``udp://host:port`` of the wall clock.
        timelines: what can be asked for there.
    """

    content_id: str
    presentation_status: Literal["okay", "transitioning", "fault"]
    ts_url: str
    wc_url: str
    timelines: tuple[TimelineOption, ...]
    content_id_status: Literal["partial", "final"] = "final"
    protocol_version: str = PROTOCOL_VERSION


# ---------------------------------------------------------------- where it is: TS


class SetupData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A companion's first message: the timeline it wants, of content whose identifier begins so."""

    content_id_stem: Uri
    timeline_selector: Uri


class ControlTimestamp(msgspec.Struct, frozen=True, kw_only=True):
    """A timeline is at ``content_ticks`` when the wall clock is at ``wall_clock``, and runs; None: it is not there."""

    content_ticks: int | None
    wall_clock: CssNs

    def encoded(self) -> bytes:
        """Return the message."""
        there = self.content_ticks is not None
        return _encoder.encode(
            {
                "contentTime": str(self.content_ticks) if there else None,
                "wallClockTime": str(self.wall_clock),
                "timelineSpeedMultiplier": 1.0 if there else None,
            }
        )


class Presentation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When a companion presents a point of the content."""

    content_time: WholeNumber
    wall_clock_time: WholeNumber


class EarliestPresentation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The earliest it can."""

    content_time: WholeNumber
    wall_clock_time: NotBefore


class LatestPresentation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The latest it can."""

    content_time: WholeNumber
    wall_clock_time: NotAfter


class PresentationReport(msgspec.Struct, frozen=True, kw_only=True):
    """A companion's actual, earliest and latest presentation timestamps (AptEptLpt)."""

    earliest: EarliestPresentation
    latest: LatestPresentation
    actual: Presentation | None = None


T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_setup = msgspec.json.Decoder(SetupData)
_report = msgspec.json.Decoder(PresentationReport)


def encode_information(information: ContentInformation) -> bytes:
    """Return the message that tells a companion what is on, complete, whatever it was told before."""
    return _encoder.encode(information)


def read_setup(text: str) -> SetupData:
    """Read a companion's first message.

    Raises:
        MalformedCssError: it is not setup data.
    """
    return _read(_setup, text)


def read_report(text: str) -> PresentationReport:
    """Read a companion's later message.

    Raises:
        MalformedCssError: it is not a presentation report.
    """
    return _read(_report, text)


def _read(decoder: msgspec.json.Decoder[T], text: str) -> T:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as wrong:
        raise MalformedCssError(str(wrong)) from wrong
