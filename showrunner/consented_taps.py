"""Taps beyond a spending limit, held against the buyer's standing consent before the buyer is asked for more.

A consent whose limit the channel has proved covers orders up to it. It is looked up only for a tap that the desk
refused for its price alone; the desk then decides the tap again, with what was found, like any other.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from broadcast.assurance import Assurance
from broadcast.checkout.decisions import Placed
from broadcast.checkout.payment import Agreement, Provider
from broadcast.checkout.port import TapAnswer, TapWay
from broadcast.checkout.spending import STEP_UP
from broadcast.errors import Refusal
from broadcast.ids import BuyerId, ChannelId
from broadcast.messages import OrderRequest
from broadcast.money import Money
from showrunner.suspects import enter_late

MAX_LOOKUPS = 256
"""Consents looked up at a time; a buyer beyond that shows who they are."""

TIMEOUT_S = 2.0
"""How long a consent may take to be found."""

AgreementsOf = Callable[[ChannelId, BuyerId], Awaitable[list[Agreement]]]

log = structlog.get_logger()


class ConsentedTaps:
    """The way of a tap to the desk of a show with spending limits.

    Args:
        tap: the way on.
        agreements: returns a buyer's consents.
        provider_of: the gateway of a channel's new orders: a consent is for one gateway.
    """

    def __init__(self, tap: TapWay, agreements: AgreementsOf, provider_of: Callable[[ChannelId], Provider]) -> None:
        self._tap = tap
        self._agreements = agreements
        self._provider_of = provider_of
        self._lookups: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Wait until everybody who is looked up is answered."""
        await asyncio.gather(*self._lookups, return_exceptions=True)

    def __call__(
        self,
        *,
        channel: ChannelId,
        buyer: BuyerId,
        key: str,
        request: OrderRequest,
        answer: TapAnswer,
        ticket: str | None = None,
        assurance: Assurance | None = None,
    ) -> None:
        """Place an order; see ``broadcast.checkout.port``."""

        def again(agreed: Money) -> None:
            enter_late(
                self._tap,
                answer,
                channel=channel,
                buyer=buyer,
                key=key,
                request=request,
                ticket=ticket,
                assurance=msgspec.structs.replace(assurance or Assurance(), agreed=agreed),
            )

        def answered(placed: Placed | Refusal) -> None:
            dear = isinstance(placed, Refusal) and placed.name == STEP_UP and placed.more["of"] == "order"
            if not isinstance(placed, Refusal) or not dear or len(self._lookups) >= MAX_LOOKUPS:
                answer(placed)
                return
            looking = asyncio.create_task(self._look(channel, buyer, placed, answer, again))
            self._lookups.add(looking)
            looking.add_done_callback(self._lookups.discard)

        self._tap(
            channel=channel,
            buyer=buyer,
            key=key,
            request=request,
            answer=answered,
            ticket=ticket,
            assurance=assurance,
        )

    async def _look(
        self, channel: ChannelId, buyer: BuyerId, refusal: Refusal, answer: TapAnswer, again: Callable[[Money], None]
    ) -> None:
        """Let the tap be decided again where a consent covers it, else refuse it as the desk did."""
        agreed: Money | None = None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                kept = await self._agreements(channel, buyer)
            agreed = _agreed(kept, self._provider_of(channel), Money(**refusal.more["amount"]))
        except Exception:
            log.exception("consent.not_found")
        if agreed is None:
            answer(refusal)
        else:
            again(agreed)


def _agreed(kept: list[Agreement], provider: Provider, amount: Money) -> Money | None:
    """Return up to what one of the consents covers an order, or None where none does."""
    for one in kept:
        if one.provider == provider and one.confirmed and one.limit is not None and one.covers(amount):
            return Money(one.limit, one.currency)
    return None
