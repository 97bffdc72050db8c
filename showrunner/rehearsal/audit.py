"""After the taps: does the show still know every order it acknowledged, and do its pieces add up?"""

import asyncio

import msgspec

from broadcast.ids import OrderId, Sku
from broadcast.messages import OrderAnswer
from showrunner.rehearsal.doors import Buyer
from showrunner.rehearsal.figures import AuditFigures
from showrunner.rehearsal.plan import HTTP_CONNECTIONS
from showrunner.rehearsal.server import Counters, Server

LASTING = ("order", "sku", "quantity", "amount", "hold_until_ms")
"""The fields of an order that never change."""


class Held(msgspec.Struct, frozen=True):
    """An order this rehearsal holds an acknowledgement of."""

    buyer: Buyer
    order: OrderAnswer


async def audit(server: Server, before: Counters, held: list[Held]) -> AuditFigures:
    """Ask for every acknowledged order, and hold the counters against those of before.

    Raises:
        UsageError: the server went away.
    """
    turn = asyncio.Semaphore(HTTP_CONNECTIONS)

    async def stands(one: Held) -> bool:
        async with turn:
            return same_order(one.order, await server.order(OrderId(one.order.order), one.buyer.token))

    standing = await asyncio.gather(*map(stands, held))
    after = await server.counters()
    return AuditFigures(
        acknowledged=len(held),
        missing=standing.count(False),
        double=len(held) - len({one.order.order for one in held}),
        placed=after.placed - before.placed,
        unbalanced=unbalanced(before.pieces, after.pieces),
    )


def same_order(acknowledged: OrderAnswer, known: OrderAnswer | None) -> bool:
    """Tell whether an order is still the one acknowledged; what became of it since may differ."""
    return known is not None and all(getattr(known, field) == getattr(acknowledged, field) for field in LASTING)


def unbalanced(before: dict[Sku, int], after: dict[Sku, int]) -> tuple[str, ...]:
    """Return the SKUs of which pieces appeared or vanished."""
    return tuple(sorted(sku for sku in before.keys() | after.keys() if before.get(sku) != after.get(sku)))
