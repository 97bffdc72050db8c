import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from broadcast.channels.frames import (
    PING_CHUNK,
    PING_FRAME,
    chunk,
    close_frame,
    deflated,
    deflated_frame,
    encode,
    event_chunk,
    text_frame,
)


def as_read_by_a_client(data: bytes) -> list[Frame]:
    """Let another implementation read the bytes."""
    client = Protocol(Side.CLIENT, state=OPEN, max_size=None)
    client.receive_data(data)
    assert client.parser_exc is None
    return [event for event in client.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_a_text_frame_of_any_size_is_read_as_one_whole_message(size: int) -> None:
    payload = b"x" * size
    (frame,) = as_read_by_a_client(text_frame(payload))
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, payload)


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_frames_written_one_after_the_other_are_read_as_that_many(payloads: list[bytes]) -> None:
    frames = as_read_by_a_client(b"".join(text_frame(payload) for payload in payloads))
    assert [bytes(frame.data) for frame in frames] == payloads


def test_a_text_frame_is_as_short_as_the_rfc_asks() -> None:
    assert [len(text_frame(b"x" * size)) - size for size in (125, 126, 65_535, 65_536)] == [2, 4, 4, 10]


@pytest.mark.parametrize("reason", ["", "too slow", "太慢了", "x" * 123, "x" * 500, "慢" * 100])
def test_a_close_frame_says_code_and_as_much_of_the_reason_as_fits(reason: str) -> None:
    (frame,) = as_read_by_a_client(close_frame(4001, reason))
    assert frame.opcode is Opcode.CLOSE
    close = Close.parse(frame.data)
    assert close.code == 4001
    assert reason.startswith(close.reason)
    assert len(close.reason.encode()) > min(len(reason.encode()), 123) - 3


def test_a_ping_is_a_ping() -> None:
    (frame,) = as_read_by_a_client(PING_FRAME)
    assert (frame.opcode, bytes(frame.data)) == (Opcode.PING, b"")


def unchunked(data: bytes) -> bytes:
    """Read one chunk as RFC 9112 says."""
    size, _, rest = data.partition(b"\r\n")
    assert rest[int(size, 16) :] == b"\r\n"
    return rest[:-2]


@given(st.binary(min_size=1, max_size=70_000))
def test_a_chunk_says_its_size(data: bytes) -> None:
    assert unchunked(chunk(data)) == data


def test_an_event_has_an_id_and_its_data_on_one_line() -> None:
    assert unchunked(event_chunk(b'{"type":"cue"}', "e1:7")) == b'id: e1:7\ndata: {"type":"cue"}\n\n'
    assert unchunked(PING_CHUNK).startswith(b":")


def as_read_by_a_client_who_agreed_to_compression(data: bytes) -> list[Frame]:
    client = Protocol(Side.CLIENT, state=OPEN, max_size=None)
    client.extensions = [PerMessageDeflate(True, True, 15, 15)]
    client.receive_data(data)
    assert client.parser_exc is None
    return [event for event in client.events_received() if isinstance(event, Frame)]


@pytest.mark.parametrize("size", [0, 255, 256, 4_000, 200_000])
def test_whoever_agreed_to_compression_reads_the_same_text_from_fewer_bytes(size: int) -> None:
    text = (b'{"sku":"COAT-M","title":"' + b"\xe5\xa4\xa7\xe8\xa1\xa3 coat " * (size // 12 + 1))[:size]
    frames = encode(1, "e1", text)
    (frame,) = as_read_by_a_client_who_agreed_to_compression(frames.deflated)
    assert bytes(frame.data) == text
    assert (len(frames.deflated) < len(frames.websocket)) is (size >= 256)


@given(st.lists(st.binary(max_size=3_000), min_size=1, max_size=6))
def test_parts_compressed_apart_make_one_message(parts: list[bytes]) -> None:
    data = deflated_frame(*(deflated(part, level=number % 10) for number, part in enumerate(parts)))
    (frame,) = as_read_by_a_client_who_agreed_to_compression(data * 2)[:1]
    assert bytes(frame.data) == b"".join(parts)


def test_both_transports_carry_the_same_payload() -> None:
    frames = encode(7, "e1", b'{"seq":7}')
    (frame,) = as_read_by_a_client(frames.websocket)
    assert bytes(frame.data) == b'{"seq":7}'
    assert unchunked(frames.sse) == b'id: e1:7\ndata: {"seq":7}\n\n'
    assert frames.seq == 7
