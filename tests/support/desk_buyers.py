"""Buyers at the doors of checkout processes, and the one who opens the sale."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
from desk_group import LINK_KEY
from house import PRODUCER_KEY, SHOW, channel_key
from tokens import jwt, seconds_from_now
from waiting import until

from broadcast.checkout.adapters.ownership import OwnerWatch
from broadcast.clock import ProgrammeMs
from broadcast.ids import ShowId, Sku
from showrunner.link.remote_checkout import RemoteCheckout

BUSY = 503
PATIENCE_S, COME_BACK_S = 40.0, 0.05


class Buyers:
    """People with tokens."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http

    async def order(
        self,
        door: str,
        sku: str = "COAT-M",
        quantity: int = 1,
        *,
        buyer: str = "mei",
        key: str | None = None,
        ticket: str | None = None,
        bearer: str | None = None,
        **body: Any,
    ) -> tuple[int, dict[str, Any], bool]:
        """Tap once at a door; return status, body, and whether it was a repeat."""
        ticket_header = {} if ticket is None else {"Arrival-Ticket": ticket}
        async with self.http.post(
            f"{door}/v1/orders",
            json={"show": SHOW, "sku": sku, "quantity": quantity, **body},
            headers={"Authorization": f"Bearer {bearer or token(buyer)}", "Idempotency-Key": key or str(uuid.uuid4())}
            | ticket_header,
        ) as response:
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
            return response.status, answer, "Idempotency-Replayed" in response.headers

    async def settle(self, door: str, sku: str, *, buyer: str, key: str) -> tuple[int, dict[str, Any], bool]:
        """Tap as a page does: with the same key until the answer is not that there is no room just now."""
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await self.order(door, sku, buyer=buyer, key=key))[0] == BUSY:  # noqa: ASYNC110 - a page does so
                await asyncio.sleep(COME_BACK_S)
        return answer

    async def get(self, door: str, order: str, buyer: str = "mei") -> dict[str, Any]:
        """Read an order."""
        async with self.http.get(
            f"{door}/v1/orders/{order}", headers={"Authorization": f"Bearer {token(buyer)}"}
        ) as response:
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
            return answer

    async def cancel(self, door: str, order: str, buyer: str = "mei") -> dict[str, Any]:
        """Give an order up."""
        async with self.http.post(
            f"{door}/v1/orders/{order}/cancel", headers={"Authorization": f"Bearer {token(buyer)}"}
        ) as response:
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
            return answer

    async def line(self, door: str, ticket: str, buyer: str) -> dict[str, Any]:
        """Ask how a buyer stands in line."""
        async with self.http.get(
            f"{door}/v1/line/{ticket}", headers={"Authorization": f"Bearer {token(buyer)}"}
        ) as response:
            answer: dict[str, Any] = msgspec.json.decode(await response.read())
            return answer

    async def settled_line(self, door: str, ticket: str, buyer: str) -> dict[str, Any]:
        """Ask how a buyer stands in line as a page does: until the answer is not that there is no room just now."""
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await self.line(door, ticket, buyer)).get("status") == BUSY:  # noqa: ASYNC110 - a page does so
                await asyncio.sleep(COME_BACK_S)
        return answer

    async def leave_line(self, door: str, ticket: str, buyer: str) -> int:
        """Leave the line, or decline; return the status."""
        async with self.http.post(
            f"{door}/v1/line/{ticket}/leave", headers={"Authorization": f"Bearer {token(buyer)}"}
        ) as response:
            return response.status


def problem_of(answer: dict[str, Any]) -> str:
    """Return the name of the problem an answer is."""
    return str(answer["type"]).rpartition("/")[2]


def token(buyer: str, channel: str = "web", **more: Any) -> str:
    """Return a viewer token."""
    return jwt({"iss": channel, "sub": buyer, "exp": seconds_from_now(3_600), **more}, channel_key(channel))


def producer_token(show: str = SHOW) -> str:
    """Return a producer token."""
    claims = {"iss": "producers", "sub": "lin", "show": show, "exp": seconds_from_now(3_600)}
    return jwt(claims, PRODUCER_KEY)


@asynccontextmanager
async def opened_sale(database_url: str, *skus: str, show: str = SHOW) -> AsyncIterator[RemoteCheckout]:
    """Be the control process of a show: everything named is on sale while the block runs."""
    watch = OwnerWatch(database_url, ShowId(show))
    control = RemoteCheckout(role="control", show=ShowId(show), key=LINK_KEY.encode(), where=watch)
    await watch.start()
    await control.start()
    try:
        control.open_for_sale([Sku(sku) for sku in skus], ProgrammeMs(0))
        await until(lambda: control.link.connected, "control has found the owner")
        await control.openings_known()
        yield control
    finally:
        await control.stop()
        await watch.stop()
