"""A whole show, running in the test's own process on a real port, and the people around it."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import msgspec
import socketio
from contract import Contract
from pydantic import SecretStr
from tokens import jwt, seconds_from_now
from viewers import BareSocket, EventViewer, SocketViewer, bare_socket, watching

from broadcast.checkout.spending import SpendingLimits
from broadcast.ids import Sku
from broadcast.messages import SkuCounter
from broadcast.programme.adapters.packager import Package
from broadcast.programme.segments import Segment, SegmentIndex
from showrunner import contract_documents
from showrunner.data_folder import DataFolder
from showrunner.settings import Settings
from showrunner.show_folder import LoadedShow, load_show
from showrunner.show_folder.terms import Terms
from showrunner.wiring import RunningShow

SHOW_FOLDER = Path(__file__).parent / "show"
SHOW = "little-show"
PRODUCER_KEY = "the producers' key of the little show"
PAYMENT_KEY = "whsec_" + "bGl0dGxlIHNob3cgYW5kIGl0cyBnYXRld2F5"
NEVER_MS = 600_000
"""A payment that takes this long does not happen within a test."""


def channel_key(channel: str) -> str:
    return f"the key that only {channel} and we know of"


class Answer(msgspec.Struct):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: Any
    text: str

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["type"]).rpartition("/")[2]


class Figures(msgspec.Struct, frozen=True):
    """Everything a request could change: nothing of it may move when a request is refused.

    Stock is the checkout's own; viewers hear of it a little later, so the feed is counted in cues.
    """

    cues: tuple[str, ...]
    entries: int
    placed: int
    orders: tuple[int, ...]
    stock: dict[str, SkuCounter]


class House:
    """One running show."""

    def __init__(self, running: RunningShow, show: LoadedShow, base_url: str, http: aiohttp.ClientSession) -> None:
        self.running = running
        self.show = show
        self.base_url = base_url
        self.http = http
        self.contract = Contract(
            msgspec.json.decode(msgspec.json.encode(contract_documents.openapi())),
            msgspec.json.decode(msgspec.json.encode(contract_documents.asyncapi())),
        )

    # ------------------------------------------------------------ tokens

    def viewer_token(self, channel: str = "web", buyer: str = "mei", lifetime_s: float = 3600, **more: Any) -> str:
        claims = {"iss": channel, "sub": buyer, "exp": seconds_from_now(lifetime_s), **more}
        return jwt(claims, channel_key(channel))

    def producer_token(self, name: str = "lin", show: str = SHOW, lifetime_s: float = 3600) -> str:
        claims = {"iss": "producers", "sub": name, "show": show, "exp": seconds_from_now(lifetime_s)}
        return jwt(claims, PRODUCER_KEY)

    # ------------------------------------------------------------ HTTP

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.request(method, self.base_url + path, json=json, data=data, headers=sent) as response:
            text = await response.text()
            content_type = response.content_type
            body = msgspec.json.decode(text) if content_type.endswith("json") else None
            status = response.status
            answer = Answer(status, response.headers, body, text)
        if method in {"GET", "POST"}:
            self.contract.check_answer(method, path.partition("?")[0], status, content_type, body)
        return answer

    async def order(
        self,
        sku: str = "COAT-M",
        quantity: int = 1,
        *,
        token: str | None = None,
        key: str | None = None,
        show: str = SHOW,
        **more: Any,
    ) -> Answer:
        """Tap over HTTP, by default as Mei on the web channel, with a fresh key."""
        return await self.request(
            "POST",
            "/v1/orders",
            token=token or self.viewer_token(),
            json={"show": show, "sku": sku, "quantity": quantity, **more},
            headers={"Idempotency-Key": key or str(uuid.uuid4())},
        )

    async def command(
        self, command: str, *, key: str | None = None, token: str | None = None, show: str = SHOW, **more: Any
    ) -> Answer:
        """Give a producer's command over HTTP, with a fresh key."""
        return await self.request(
            "POST",
            f"/v1/shows/{show}/commands",
            token=token or self.producer_token(),
            json={"command": command, "key": key or str(uuid.uuid4()), **more},
        )

    async def payments(self, **behaviour: Any) -> None:
        """Tell the sandbox gateway how to behave."""
        answer = await self.request(
            "POST", f"/v1/shows/{SHOW}/sandbox", token=self.producer_token(), json={"delay_ms": NEVER_MS, **behaviour}
        )
        assert answer.status == 200, answer

    # ------------------------------------------------------------ feed

    def feed_path(self, channel: str = "web", show: str = SHOW, **query: Any) -> str:
        return f"/v1/shows/{show}/feed?" + urlencode({"channel": channel, **query})

    def watch(
        self, channel: str = "web", *, show: str = SHOW, origin: str | None = None, **query: Any
    ) -> AbstractAsyncContextManager[SocketViewer]:
        """Open the feed over WebSocket."""
        return watching(self.contract, self.base_url + self.feed_path(channel, show, **query), origin=origin)

    @asynccontextmanager
    async def listen(
        self, channel: str = "web", *, last_event_id: str | None = None, **query: Any
    ) -> AsyncIterator[EventViewer]:
        """Open the feed over Server-Sent Events."""
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        async with self.http.get(self.base_url + self.feed_path(channel, **query), headers=headers) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "text/event-stream"
            yield EventViewer(self.contract, response)

    def connect(self) -> AbstractAsyncContextManager[BareSocket]:
        """Open a bare connection."""
        host, _, port = self.base_url.removeprefix("http://").rpartition(":")
        return bare_socket(host, int(port))

    # ------------------------------------------------------------ console

    @asynccontextmanager
    async def console(self, auth: Any = None) -> AsyncIterator[socketio.AsyncSimpleClient]:
        """Connect a producers' console over Socket.IO."""
        async with socketio.AsyncSimpleClient(reconnection=False) as client:
            await client.connect(
                self.base_url,
                namespace="/console",
                transports=["websocket"],
                auth=auth if auth is not None else {"token": self.producer_token(), "show": SHOW},
            )
            yield client

    # ------------------------------------------------------------ what the house knows

    def stock(self, sku: str) -> SkuCounter:
        return self.running.checkout.counter(Sku(sku))

    def figures(self) -> Figures:
        counters = self.running.checkout.counters()
        return Figures(
            cues=tuple(str(cue.id) for cue in self.running.control.state.counting()),
            entries=self.running.control.state.number,
            placed=counters.placed,
            orders=(counters.reserved, counters.paid, counters.fulfilled, counters.released),
            stock={str(sku): counter for sku, counter in self.running.checkout.stock().items()},
        )


def programme() -> SegmentIndex:
    """Return a programme of one two-second segment; nobody in these tests looks at the picture."""
    segment = Segment(uri="0.m4s", start_ticks=0, duration_ticks=180_000, size_bytes=4)
    return SegmentIndex(
        timescale=90_000,
        segments=(segment,),
        init_uri="init.mp4",
        init_size_bytes=4,
        codecs="avc1.42c01e",
        width=320,
        height=180,
        frame_ticks=3_600,
        has_audio=False,
    )


@asynccontextmanager
async def open_house(
    folder: Path,
    *,
    hold_ms: int | None = None,
    terms: Mapping[Sku, Terms] | None = None,
    spending: SpendingLimits | None = None,
    **settings: Any,
) -> AsyncIterator[House]:
    """Run the little show with its state in a folder, until the block ends."""
    show = load_show(SHOW_FOLDER)
    if hold_ms is not None:
        show = msgspec.structs.replace(show, settings=msgspec.structs.replace(show.settings, hold_ms=hold_ms))
    if terms is not None:
        show = msgspec.structs.replace(show, terms=terms)
    show = msgspec.structs.replace(show, spending=spending)
    data = DataFolder(folder)
    data.lock()
    data.programme.mkdir(exist_ok=True)
    (data.programme / "0.m4s").write_bytes(b"moof")
    (data.programme / "init.mp4").write_bytes(b"ftyp")
    configured = Settings(
        show=show.folder,
        data=folder,
        port=0,
        producer_key=SecretStr(PRODUCER_KEY),
        payment_key=SecretStr(PAYMENT_KEY),
        channel_keys={channel.id: SecretStr(channel_key(channel.id)) for channel in show.channels},
        **settings,
    )
    running = RunningShow(configured, show, data, Package(index=programme(), folder=data.programme))
    try:
        base_url = await running.start()
        async with aiohttp.ClientSession() as http:
            house = House(running, show, base_url, http)
            if configured.payments == "sandbox":
                await house.payments()
            yield house
    finally:
        await running.stop()
        data.unlock()
