"""Just enough of the ISO base media file format (ISO/IEC 14496-12) to read back what a muxer really wrote."""

from collections.abc import Iterator

import msgspec

from broadcast.programme.errors import ProgrammeError

_HEADER = 8
_VISUAL_ENTRY = 78  # bytes of a VisualSampleEntry before its boxes
_AUDIO_ENTRY = 28  # bytes of an AudioSampleEntry before its boxes

# tfhd flags (14496-12, 8.8.7) and trun flags (8.8.8)
_TFHD_BASE_DATA_OFFSET = 0x01
_TFHD_DESCRIPTION_INDEX = 0x02
_TFHD_DEFAULT_DURATION = 0x08
_TRUN_DATA_OFFSET = 0x001
_TRUN_FIRST_FLAGS = 0x004
_TRUN_DURATION = 0x100
_TRUN_SIZE = 0x200
_TRUN_FLAGS = 0x400
_TRUN_COMPOSITION = 0x800

_ESDS_ELEMENTARY_STREAM = 0x03
_ESDS_DECODER_SPECIFIC = 0x05


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """A track as its initialization section declares it.

    Attributes:
        id: track number.
        handler: ``vide`` or ``soun``.
        timescale: ticks per second of its timestamps.
        codec: RFC 6381 codec string.
    """

    id: int
    handler: str
    timescale: int
    codec: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one track has in a media segment, in ticks of the track.

    Attributes:
        decode_ticks: ``tfdt``: decode time of the first sample.
        first_ticks: earliest presentation time of any sample.
        duration_ticks: sum of the samples' durations.
        frame_ticks: the samples' duration where all have the same, else None.
        samples: how many.
    """

    decode_ticks: int
    first_ticks: int
    duration_ticks: int
    frame_ticks: int | None
    samples: int


def boxes(data: memoryview) -> Iterator[tuple[str, memoryview, memoryview]]:
    """Yield (type, whole box, payload) for each box, in order.

    Raises:
        ProgrammeError: ``unreadable``, when a box runs past the end.
    """
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        header = _HEADER
        if size == 1:
            size = int.from_bytes(data[at + _HEADER : at + 2 * _HEADER])
            header = 2 * _HEADER
        if size < header or at + size > len(data):
            raise ProgrammeError("unreadable", "a box is longer than the bytes that hold it")
        yield str(data[at + 4 : at + _HEADER], "latin-1"), data[at : at + size], data[at + header : at + size]
        at += size


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return (initialization section, media segment) of a fragmented file."""
    init, media = bytearray(), bytearray()
    for kind, whole, _ in boxes(memoryview(data)):
        if kind in {"ftyp", "moov"}:
            init += whole
        elif kind in {"styp", "sidx", "moof", "mdat"}:
            media += whole
    return bytes(init), bytes(media)


def tracks(init: bytes) -> dict[int, Track]:
    """Return the tracks an initialization section declares, by number."""
    found = {}
    moov = _child(memoryview(init), "moov")
    for kind, _, trak in boxes(moov):
        if kind != "trak":
            continue
        tkhd = _child(trak, "tkhd")
        number = int.from_bytes(tkhd[20:24] if tkhd[0] else tkhd[12:16])
        mdia = _child(trak, "mdia")
        mdhd = _child(mdia, "mdhd")
        timescale = int.from_bytes(mdhd[20:24] if mdhd[0] else mdhd[12:16])
        handler = str(_child(mdia, "hdlr")[8:12], "latin-1")
        stsd = _child(_child(_child(mdia, "minf"), "stbl"), "stsd")
        entry_kind, _, entry = next(boxes(stsd[8:]))
        found[number] = Track(id=number, handler=handler, timescale=timescale, codec=_codec(entry_kind, entry))
    return found


def runs(media: bytes) -> dict[int, Run]:
    """Return what a media segment holds, by track number."""
    found = {}
    for kind, _, moof in boxes(memoryview(media)):
        if kind != "moof":
            continue
        for part, _, traf in boxes(moof):
            if part == "traf":
                number, run = _run(traf)
                if number in found:
                    raise ProgrammeError("unreadable", "a track has more than one run in a segment")
                found[number] = run
    return found


def _run(traf: memoryview) -> tuple[int, Run]:
    tfhd = _child(traf, "tfhd")
    flags = int.from_bytes(tfhd[1:4])
    number = int.from_bytes(tfhd[4:8])
    at = 8 + 8 * bool(flags & _TFHD_BASE_DATA_OFFSET) + 4 * bool(flags & _TFHD_DESCRIPTION_INDEX)
    default = int.from_bytes(tfhd[at : at + 4]) if flags & _TFHD_DEFAULT_DURATION else 0
    tfdt = _child(traf, "tfdt")
    decode = int.from_bytes(tfdt[4:12] if tfdt[0] else tfdt[4:8])
    durations: list[int] = []
    first: int | None = None
    clock = decode
    for kind, _, trun in boxes(traf):
        if kind != "trun":
            continue
        for duration, composition in _samples(trun, default):
            shown = clock + composition
            first = shown if first is None else min(first, shown)
            clock += duration
            durations.append(duration)
    return number, Run(
        decode_ticks=decode,
        first_ticks=decode if first is None else first,
        duration_ticks=clock - decode,
        frame_ticks=durations[0] if len(set(durations)) == 1 else None,
        samples=len(durations),
    )


def _samples(trun: memoryview, default_duration: int) -> Iterator[tuple[int, int]]:
    flags = int.from_bytes(trun[1:4])
    at = 8 + 4 * bool(flags & _TRUN_DATA_OFFSET) + 4 * bool(flags & _TRUN_FIRST_FLAGS)
    for _ in range(int.from_bytes(trun[4:8])):
        duration, composition = default_duration, 0
        if flags & _TRUN_DURATION:
            duration = int.from_bytes(trun[at : at + 4])
            at += 4
        at += 4 * bool(flags & _TRUN_SIZE) + 4 * bool(flags & _TRUN_FLAGS)
        if flags & _TRUN_COMPOSITION:
            composition = int.from_bytes(trun[at : at + 4], signed=bool(trun[0]))
            at += 4
        yield duration, composition


def _codec(kind: str, entry: memoryview) -> str:
    if kind in {"avc1", "avc3"}:
        return f"{kind}.{bytes(_child(entry[_VISUAL_ENTRY:], 'avcC')[1:4]).hex()}"
    if kind == "mp4a":
        return f"mp4a.40.{_audio_object_type(_child(entry[_AUDIO_ENTRY:], 'esds')[4:])}"
    return kind


def _audio_object_type(descriptors: memoryview) -> int:
    """Read the AudioSpecificConfig's first field (14496-3, 1.6.2.1) out of the ES descriptor (14496-1, 7.2.6)."""
    at = 0
    while at < len(descriptors):
        tag = descriptors[at]
        at += 1
        while descriptors[at] & 0x80:  # the length is written in groups of seven bits
            at += 1
        at += 1
        if tag == _ESDS_DECODER_SPECIFIC:
            return descriptors[at] >> 3
        at += (
            3 if tag == _ESDS_ELEMENTARY_STREAM else 13
        )  # the fixed fields of an ES and of a decoder config descriptor
    raise ProgrammeError("unreadable", "the sound's configuration is missing")


def _child(data: memoryview, wanted: str) -> memoryview:
    for kind, _, payload in boxes(data):
        if kind == wanted:
            return payload
    raise ProgrammeError("unreadable", f"a {wanted} box is missing")
