"""The ring: one system call writes a frame to many sockets."""

import errno
import os
import socket
from array import array
from collections.abc import Iterator

import pytest

from broadcast.channels.adapters.crowd import Crowd
from broadcast.channels.adapters.send_ring import MAX_FRAME_BYTES, RingError, SendRing

ENTRIES = 4
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def ring() -> Iterator[SendRing]:
    ring = SendRing(ENTRIES)
    yield ring
    ring.close()


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made = [socket.socketpair() for _ in range(ENTRIES)]
    for ours, theirs in made:
        ours.setblocking(False)
        theirs.setblocking(False)
    yield made
    for ours, theirs in made:
        ours.close()
        theirs.close()


def descriptors(pairs: list[Pair]) -> "array[int]":
    return array("i", [ours.fileno() for ours, _ in pairs])


def heard(theirs: socket.socket) -> bytes:
    try:
        return theirs.recv(1_000_000)
    except BlockingIOError:
        return b""


def test_batches_of_any_size_and_frames_of_any_size_follow_one_another_round_the_ring(
    ring: SendRing, pairs: list[Pair]
) -> None:
    expected = [b""] * ENTRIES
    for number in range(50):
        some = 1 + number % ENTRIES
        frame = f"{number}".encode() * (1 + number % 7)
        assert list(ring.send(descriptors(pairs)[:some], frame)) == []
        expected[:some] = [so_far + frame for so_far in expected[:some]]
    assert [heard(theirs) for _, theirs in pairs] == expected


def test_only_those_who_did_not_take_the_whole_frame_are_named_with_what_they_took(
    ring: SendRing, pairs: list[Pair]
) -> None:
    frame = b"x" * MAX_FRAME_BYTES
    ring.send(descriptors(pairs)[:1], b"so that the ring does not begin at its first place")
    heard(pairs[0][1])
    pairs[3][1].close()
    taken = 0
    while not (short := dict(ring.send(descriptors(pairs)[1:2], frame))):
        taken += MAX_FRAME_BYTES
    taken += short[0]
    assert list(ring.send(descriptors(pairs), b"next")) == [(1, 0), (3, 0)]
    assert heard(pairs[0][1]) == heard(pairs[2][1]) == b"next"
    received = 0
    while some := heard(pairs[1][1]):
        received += len(some)
    assert received == taken


def test_a_frame_too_large_for_the_ring_is_left_to_others(ring: SendRing) -> None:
    assert ring.takes(b"x" * MAX_FRAME_BYTES)
    assert not ring.takes(b"x" * (MAX_FRAME_BYTES + 1))


def test_a_closed_ring_takes_nothing_and_may_be_closed_again(ring: SendRing) -> None:
    ring.close()
    ring.close()
    assert not ring.takes(b"frame")


def test_where_the_kernel_forbids_it_there_is_no_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_ring: SendRing, _entries: int) -> None:
        raise OSError(errno.EPERM, "io_uring_setup")

    monkeypatch.setattr(SendRing, "__init__", forbidden)
    assert SendRing.open() is None


def test_a_ring_that_does_not_do_what_it_says_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SendRing, "send", lambda _ring, _descriptors, _frame: [])
    assert SendRing.open() is None


def test_when_the_kernel_fails_the_unsure_are_cut_and_all_others_go_on_one_by_one(pairs: list[Pair]) -> None:
    class Watching:
        cuts = 0

        def fell_behind(self, rest: bytes) -> None:
            raise AssertionError(rest)

        def cut(self) -> None:
            self.cuts += 1

    ring = SendRing(2)
    crowd = Crowd(ring)
    viewers = [Watching() for _ in pairs]
    for (ours, _), viewer in zip(pairs, viewers, strict=True):
        crowd.enter(ours.fileno(), viewer)
    os.dup2(pairs[0][1].fileno(), ring.descriptor)
    crowd.write(b"frame")
    assert sorted(viewer.cuts for viewer in viewers) == [0, 0, 1, 1]
    received = [heard(theirs) for _, theirs in pairs]
    assert [got == b"frame" for got in received] == [viewer.cuts == 0 for viewer in viewers]
    for (ours, _), viewer in zip(pairs, viewers, strict=True):
        if viewer.cuts:
            crowd.leave(ours.fileno())
    crowd.write(b"next")
    assert [heard(theirs) for _, theirs in pairs] == [b"" if viewer.cuts else b"next" for viewer in viewers]


def test_the_kernel_refusing_a_batch_is_an_error_and_closes_the_ring(ring: SendRing, pairs: list[Pair]) -> None:
    os.dup2(pairs[0][0].fileno(), ring.descriptor)
    with pytest.raises(RingError):
        ring.send(descriptors(pairs), b"frame")
    assert not ring.takes(b"frame")
