"""The people around a server that keeps dying: buyers at both doors, viewers who come back, a producer who goes on."""

import asyncio
import itertools
import random
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
from crash_books import Books, Take, Tap
from crash_show import CHANNELS, HOT, LOOKS, SHOW_ID, looks
from waiting import until
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

COME_BACK_S = 0.02
"""How soon somebody who was cut off tries again."""

TAKE_EVERY_S = 0.02
ANSWER_TIMEOUT_S = 20.0
MAX_TRIES = 10_000
"""Times one tap or command is sent: far more than any number of crashes needs."""

HOT_SHARE, REPEAT_SHARE, TWICE_SHARE = 0.4, 0.2, 0.3
"""Of the taps: on the article everybody wants; an old tap again; the same tap twice at the same moment."""

REPEATABLE = frozenset({"busy", "not-ready", "too-many-requests"})

Issue = Callable[[str, str], str]
"""Makes a viewer token for a buyer of a channel."""


class World:
    """What everybody around the server shares."""

    def __init__(self, url: str, http: aiohttp.ClientSession, books: Books, issue: Issue, producer_token: str) -> None:
        self.url = url
        self.http = http
        self.books = books
        self.issue = issue
        self.producer_token = producer_token
        self.feed: dict[tuple[str, int], bytes] = {}
        self.on_stage = asyncio.Event()
        """Set while the producer may press GO."""
        self.closing = asyncio.Event()
        """Set when whoever buys or produces shall finish what is under way, and stop."""

    async def post(self, path: str, token: str, body: Any, **headers: str) -> tuple[int, dict[str, Any], bool]:
        """Post until somebody answers that cannot be asked again; return status, body, whether it was a repeat."""
        for _ in range(MAX_TRIES):
            try:
                async with self.http.post(
                    self.url + path, json=body, headers={"Authorization": f"Bearer {token}", **headers}
                ) as response:
                    answer = msgspec.json.decode(await response.read())
                    if problem_of(answer) not in REPEATABLE:
                        return response.status, answer, "Idempotency-Replayed" in response.headers
            except (OSError, TimeoutError, aiohttp.ClientError):
                self.books.again += 1
            await asyncio.sleep(COME_BACK_S)
        raise AssertionError(f"{path} was never answered")

    async def settle(self, tap: Tap) -> None:
        """Tap over HTTP until there is an answer that stands, and keep it."""
        headers = {"Idempotency-Key": tap.key}
        status, answer, replayed = await self.post("/v1/orders", tap.token, tap.order, **headers)
        self.note(tap, answer if status == 201 else None, answer, replayed=replayed)

    def note(self, tap: Tap, order: dict[str, Any] | None, answer: dict[str, Any], *, replayed: bool) -> None:
        """Keep an answer."""
        if order is not None:
            self.books.acknowledge(tap, order, replayed=replayed)
        elif answer.get("status") == 409:
            self.books.refuse(tap, problem_of(answer))
        else:
            self.books.surprises.append(f"{tap.name}: {answer}")

    def new_tap(self, draw: random.Random, channel: str, look: int) -> Tap:
        """Return somebody's tap: new, or one that was acknowledged before, perhaps in an earlier life of the server."""
        known = self.books.any_acknowledged(draw) if draw.random() < REPEAT_SHARE else None
        if known is not None and known.channel == channel:
            return known
        buyer = f"buyer-{uuid.UUID(int=draw.getrandbits(128))}"
        sku = HOT if draw.random() < HOT_SHARE else f"PLENTY-{look}"
        order = {"show": SHOW_ID, "sku": sku, "quantity": draw.choice((1, 1, 2)), "look": f"look-{look}"}
        key = f"key-{draw.getrandbits(64):x}"
        tap = Tap(channel=channel, buyer=buyer, key=key, token=self.issue(channel, buyer), order=order)
        self.books.sent.add(tap.name)
        return tap


def problem_of(answer: dict[str, Any]) -> str:
    """Return the name of the problem an answer is, or nothing."""
    return str(answer.get("type", "")).rpartition("/")[2]


async def buy_over_http(world: World, draw: random.Random) -> None:
    """Tap after tap; some sent twice at once, as by a finger that trembles."""
    while not world.closing.is_set():
        tap = world.new_tap(draw, draw.choice(CHANNELS), draw.randint(1, LOOKS))
        await asyncio.gather(*(world.settle(tap) for _ in range(2 if draw.random() < TWICE_SHARE else 1)))


class Viewer:
    """Watches one channel's feed over all the server's lives, from the first snapshot on by exact resumes alone."""

    def __init__(self, world: World, channel: str) -> None:
        self.world = world
        self.channel = channel
        self.epoch: str | None = None
        self.seq = 0
        self.snapshots = 0
        self.resumed = 0
        self.gaps: list[str] = []
        self.connection: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any] | None]] = {}

    async def watch(self) -> None:
        """Watch, and come back whenever the server dies."""
        while True:
            try:
                await self._watch_once()
            except (OSError, TimeoutError, WebSocketException):
                await asyncio.sleep(COME_BACK_S)

    async def _watch_once(self) -> None:
        query = {"channel": self.channel}
        if self.epoch is not None:
            query |= {"epoch": self.epoch, "after": str(self.seq)}
        address = f"ws{self.world.url.removeprefix('http')}/v1/shows/{SHOW_ID}/feed?{urlencode(query)}"
        async with connect(
            address, subprotocols=[Subprotocol("cues.v1")], compression=None, proxy=None, ping_interval=None
        ) as connection:
            try:
                self._begin(msgspec.json.decode(await connection.recv(decode=False)))
                self.connection = connection
                async for text in connection:
                    self._take(text if isinstance(text, bytes) else text.encode())
            finally:
                self.connection = None
                self._give_up_answers()

    def _begin(self, first: dict[str, Any]) -> None:
        if first["type"] == "snapshot":
            self.snapshots += 1
            self.epoch, self.seq = first["epoch"], first["seq"]
            return
        self.resumed += 1
        if (first["type"], first["epoch"], first["seq"]) != ("resumed", self.epoch, self.seq):
            self.gaps.append(f"resumed as {first} at {self.seq}")

    def _take(self, text: bytes) -> None:
        message = msgspec.json.decode(text)
        if message["type"] in {"order", "problem"}:
            answer = self._answers.pop(message["id"], None)
            if answer is not None and not answer.done():
                answer.set_result(message)
            return
        if message["type"] == "line":
            # a place in line is this buyer's alone and no part of the feed; these buyers do not wait for theirs
            return
        if message["seq"] != self.seq + 1:
            self.gaps.append(f"{message['seq']} after {self.seq}")
        self.seq = message["seq"]
        if self.world.feed.setdefault((self.channel, self.seq), text) != text:
            self.gaps.append(f"{self.seq} is not what others were told")
        self.world.books.told("message")

    def _give_up_answers(self) -> None:
        answers, self._answers = self._answers, {}
        for answer in answers.values():
            if not answer.done():
                answer.set_result(None)

    async def buy(self, draw: random.Random) -> None:
        """Tap over the open feed, again and again; a tap whose answer was cut off is sent again over HTTP."""
        while not self.world.closing.is_set():
            await until(lambda: self.connection is not None, "the viewer is back")
            tap = self.world.new_tap(draw, self.channel, draw.randint(1, LOOKS))
            try:
                answer = await self._tap(tap, f"tap-{draw.getrandbits(64):x}")
            except (OSError, TimeoutError, WebSocketException):
                self.world.books.again += 1
                await self.world.settle(tap)
                continue
            if answer["type"] == "order":
                self.world.note(tap, answer, answer, replayed=answer["replayed"])
            elif problem_of(answer["problem"]) in REPEATABLE:
                await self.world.settle(tap)
            else:
                self.world.note(tap, None, answer["problem"], replayed=False)

    async def _tap(self, tap: Tap, tap_id: str) -> dict[str, Any]:
        connection = self.connection
        if connection is None:
            raise ConnectionResetError
        answer = self._answers[tap_id] = asyncio.get_running_loop().create_future()
        message = {"type": "tap", "id": tap_id, **tap.order, "token": tap.token, "key": tap.key}
        await connection.send(msgspec.json.encode(message), text=True)
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            told: dict[str, Any] | None = await answer
        if told is None:
            raise ConnectionResetError
        return told


async def produce(world: World) -> None:
    """Press GO, look after look, each as often as it takes to be told that it is on air."""
    for number, look in enumerate(itertools.cycle(looks())):
        await world.on_stage.wait()
        if world.closing.is_set():
            return
        world.books.taking = take = Take(look, f"take-{number}")
        await give(world, take)
        await asyncio.sleep(TAKE_EVERY_S)


async def give(world: World, take: Take) -> None:
    """Give one command until it is answered; while nobody is on stage, wait."""
    for _ in range(MAX_TRIES):
        await world.on_stage.wait()
        try:
            status, answer = await press_go(world, take)
        except (OSError, TimeoutError, aiohttp.ClientError):
            world.books.again += 1
        else:
            if status == 200:
                world.books.took(take, answer["cue"]["id"])
                return
            if problem_of(answer) not in REPEATABLE:
                world.books.surprises.append(f"{take}: {answer}")
                return
        await asyncio.sleep(COME_BACK_S)


async def press_go(world: World, take: Take) -> tuple[int, dict[str, Any]]:
    """Give one command once."""
    async with world.http.post(
        f"{world.url}/v1/shows/{SHOW_ID}/commands",
        json={"command": "take", "look": take.look, "key": take.key},
        headers={"Authorization": f"Bearer {world.producer_token}"},
    ) as response:
        return response.status, msgspec.json.decode(await response.read())


async def first_message(url: str, channel: str) -> dict[str, Any]:
    """Return what a viewer who comes just now is told."""
    address = f"ws{url.removeprefix('http')}/v1/shows/{SHOW_ID}/feed?{urlencode({'channel': channel})}"
    async with connect(address, compression=None, proxy=None) as connection:
        snapshot: dict[str, Any] = msgspec.json.decode(await connection.recv(decode=False))
    return snapshot
