"""The running show, asked over HTTP: what is on, GO, its counters, its orders."""

import re
from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from prometheus_client.parser import text_string_to_metric_families

from broadcast.ids import OrderId, ShowId, Sku
from broadcast.messages import CommandAnswer, CommandRequest, OrderAnswer
from broadcast.public_messages import PublicShow
from showrunner.failures import UsageError
from showrunner.rehearsal.doors import bearing, declined
from showrunner.rehearsal.plan import HTTP_CONNECTIONS

REQUEST_TIMEOUT_S = 30.0
_OK = 200
_PIECES = re.compile(r"left|reserved|sold")


class _Shows(msgspec.Struct):
    shows: list[PublicShow]


class Counters(msgspec.Struct, frozen=True):
    """The show's own counters at one moment.

    Attributes:
        seq: the newest feed message.
        placed: orders acknowledged, ever.
        pieces: SKU → left + reserved + sold.
    """

    seq: int
    placed: int
    pieces: dict[Sku, int]


def new_session() -> ClientSession:
    """Return the session all HTTP of a rehearsal goes through."""
    return ClientSession(
        connector=TCPConnector(limit=HTTP_CONNECTIONS),
        timeout=ClientTimeout(total=REQUEST_TIMEOUT_S),
    )


class Server:
    """One running show's HTTP side.

    Every method raises ``UsageError`` where the server does not answer, or not as a show does.
    """

    def __init__(self, session: ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def show(self, name: str | None) -> PublicShow:
        """Return the named show, or the only one that is on."""
        shows = msgspec.json.decode(await self._get("/v1/shows"), type=_Shows).shows
        found = [show for show in shows if name is None or show.show == name]
        if len(found) != 1:
            raise UsageError(f"{self._url} has the shows {', '.join(show.show for show in shows)}: name one by --show")
        return found[0]

    async def take(self, show: ShowId, token: str, key: str) -> CommandAnswer:
        """Press GO: the look standing by goes on air."""
        body = msgspec.json.encode(CommandRequest(command="take", key=key))
        headers = {**bearing(token), "Content-Type": "application/json"}
        try:
            address = f"{self._url}/v1/shows/{show}/commands"
            async with self._session.post(address, data=body, headers=headers) as response:
                answer = await response.read()
                if response.status != _OK:
                    problem: dict[str, Any] = msgspec.json.decode(answer)
                    detail = problem.get("detail") or problem.get("title", "")
                    raise UsageError(f"GO was refused: {declined(problem).name}: {detail}")
        except (OSError, TimeoutError, ClientError, msgspec.DecodeError) as failed:
            raise self._silent(failed) from failed
        return msgspec.json.decode(answer, type=CommandAnswer)

    async def counters(self) -> Counters:
        """Return the show's counters."""
        seq, placed, pieces = 0, 0, dict[Sku, int]()
        for family in text_string_to_metric_families((await self._get("/metrics")).decode()):
            for sample in family.samples:
                if sample.name == "snbn_feed_seq":
                    seq = int(sample.value)
                elif sample.name == "snbn_orders_placed_total":
                    placed = int(sample.value)
                elif sample.name == "snbn_stock" and _PIECES.fullmatch(sample.labels.get("place", "")):
                    sku = Sku(sample.labels["sku"])
                    pieces[sku] = pieces.get(sku, 0) + int(sample.value)
        return Counters(seq, placed, pieces)

    async def order(self, order: OrderId, token: str) -> OrderAnswer | None:
        """Return a buyer's order as the show knows it now, or None where it knows none."""
        try:
            async with self._session.get(f"{self._url}/v1/orders/{order}", headers=bearing(token)) as response:
                body = await response.read()
                return msgspec.json.decode(body, type=OrderAnswer) if response.status == _OK else None
        except (OSError, TimeoutError, ClientError, msgspec.DecodeError) as failed:
            raise self._silent(failed) from failed

    async def _get(self, path: str) -> bytes:
        try:
            async with self._session.get(self._url + path) as response:
                body = await response.read()
                if response.status != _OK:
                    raise UsageError(f"{self._url}{path} answers {response.status}: is a show running there?")
                return body
        except (OSError, TimeoutError, ClientError) as failed:
            raise self._silent(failed) from failed

    def _silent(self, failed: Exception) -> UsageError:
        return UsageError(f"{self._url} does not answer as a show does ({str(failed) or type(failed).__name__})")
