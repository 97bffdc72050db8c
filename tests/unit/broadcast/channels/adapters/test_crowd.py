"""The crowd: frames written straight to many sockets."""

import socket
from collections.abc import Iterator

import pytest

from broadcast.channels.adapters.crowd import Crowd
from broadcast.channels.adapters.send_ring import SendRing

FRAME = b"\x81\x03cue"
LARGE = b"x" * 8_000_000


class Watching:
    """A viewer at the other end of a socket."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.theirs.setblocking(False)
        self.missing: bytes | None = None
        self.was_cut = False

    @property
    def descriptor(self) -> int:
        return self.ours.fileno()

    def fell_behind(self, rest: bytes) -> None:
        self.missing = rest

    def cut(self) -> None:
        self.was_cut = True

    def received(self) -> bytes:
        heard = b""
        while True:
            try:
                heard += self.theirs.recv(65_536)
            except BlockingIOError:
                return heard


@pytest.fixture
def viewers() -> Iterator[list[Watching]]:
    made = [Watching() for _ in range(5)]
    yield made
    for viewer in made:
        viewer.ours.close()
        viewer.theirs.close()


@pytest.fixture(params=["one by one", "many at once"])
def ring(request: pytest.FixtureRequest) -> Iterator[SendRing | None]:
    ring = SendRing(entries=2) if request.param == "many at once" else None
    yield ring
    if ring is not None:
        ring.close()


@pytest.fixture
def crowd(viewers: list[Watching], ring: SendRing | None) -> Crowd:
    crowd = Crowd(ring)
    for viewer in viewers:
        crowd.enter(viewer.descriptor, viewer)
    return crowd


def test_everybody_gets_every_frame_once(crowd: Crowd, viewers: list[Watching]) -> None:
    for _ in range(7):
        crowd.write(FRAME)
    assert [viewer.received() for viewer in viewers] == [FRAME * 7] * 5


def test_whoever_left_gets_nothing_and_the_rest_do(crowd: Crowd, viewers: list[Watching]) -> None:
    crowd.write(FRAME)
    crowd.leave(viewers[2].descriptor)
    crowd.leave(viewers[2].descriptor)
    crowd.write(FRAME)
    assert [len(viewer.received()) // len(FRAME) for viewer in viewers] == [2, 2, 1, 2, 2]


def test_a_viewer_whose_socket_is_full_is_told_what_it_lacks_and_costs_nobody_else_a_byte(
    crowd: Crowd, viewers: list[Watching]
) -> None:
    crowd.write(LARGE)
    for viewer in viewers:
        assert viewer.missing is not None
        assert viewer.received() + viewer.missing == LARGE


def test_a_viewer_whose_connection_broke_is_told_the_whole_frame_and_the_rest_get_it(
    crowd: Crowd, viewers: list[Watching]
) -> None:
    viewers[0].theirs.close()
    crowd.write(FRAME)
    assert viewers[0].missing == FRAME
    assert [viewer.received() for viewer in viewers[1:]] == [FRAME] * 4


def test_nobody_is_always_last(ring: SendRing | None) -> None:
    order: list[int] = []

    class Full:
        """A viewer without a socket, so that every frame comes back to it."""

        def __init__(self, name: int) -> None:
            self.name = name

        def fell_behind(self, rest: bytes) -> None:
            assert rest == FRAME
            order.append(self.name)

        def cut(self) -> None:
            raise AssertionError("nothing is unknown here")

    crowd = Crowd(ring)
    for name in range(4):
        crowd.enter(-1 - name, Full(name))
    last = set()
    for _ in range(8):
        order.clear()
        crowd.write(FRAME)
        assert sorted(order) == [0, 1, 2, 3]
        last.add(order[-1])
    assert last == {0, 1, 2, 3}
