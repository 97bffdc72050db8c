from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Command, Place
from broadcast.checkout.decisions import Answer, Placed, decide
from broadcast.checkout.desk import Desk
from broadcast.checkout.offers import Offer, Openings, catalogue
from broadcast.checkout.orders import fingerprint
from broadcast.checkout.payment import NotificationKind, PaymentNotification
from broadcast.clock import ProgrammeMs, WallMs
from broadcast.errors import Refusal
from broadcast.ids import OrderId
from broadcast.messages import OrderRequest
from broadcast.money import Money

PRICE = Money(129_900, "CNY")
OPENS_AT_MS = ProgrammeMs(1_000_000)
HOLD_MS = 900_000


class Shop:
    """A desk with one coat in two sizes on sale on two channels, a clock to turn, and a diary of all changes."""

    def __init__(self) -> None:
        self.now = WallMs(OPENS_AT_MS + 60_000)
        self.openings = Openings({"youku": 3_000, "beijing-tv": 60_000})
        offers = [
            Offer(sku="coat-m", price=PRICE, stock=5, limit_per_buyer=3, title="Coat M"),
            Offer(sku="coat-l", price=PRICE, stock=5, limit_per_buyer=None, title="Coat L"),
        ]
        self.desk = Desk("gala", catalogue(offers), self.openings, HOLD_MS)
        self.openings.open("coat-m", OPENS_AT_MS)
        self.openings.open("coat-l", OPENS_AT_MS)
        self.changes: list[Changes] = []
        self._numbers = count(1)

    def decide(self, *commands: Command) -> list[Answer | Refusal]:
        """Decide one batch."""
        answers, changes = decide(self.desk, commands, self.now, lambda: f"order-{next(self._numbers)}")
        self.changes.append(changes)
        return answers

    def tap(self, **different: Any) -> Answer | Refusal:
        """Decide one tap."""
        return self.decide(tap(**different))[0]

    def order(self, **different: Any) -> OrderId:
        """Place an order that must succeed; return its id."""
        placed = self.tap(**different)
        assert isinstance(placed, Placed)
        return placed.answer.order

    def left(self, sku: str = "coat-m") -> int:
        return self.desk.shelves[sku].left


def tap(
    *, channel: str = "youku", buyer: str = "li", key: str = "key-1", fingerprint_of: str | None = None, **body: Any
) -> Place:
    """Describe a tap on one coat, different where said."""
    request = OrderRequest(**({"show": "gala", "sku": "coat-m", "quantity": 1} | body))
    return Place(
        show=request.show,
        channel=channel,
        buyer=buyer,
        key=key,
        fingerprint=fingerprint_of or fingerprint(request),
        sku=request.sku,
        quantity=request.quantity,
        look=request.look,
        seen_price=request.seen_price,
    )


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture(name="tap")
def tap_fixture() -> Callable[..., Place]:
    return tap


@pytest.fixture
def news() -> Callable[..., PaymentNotification]:
    """Make the gateway's news about an order of one coat."""
    numbers = count(1)

    def make(kind: NotificationKind, order: OrderId, amount: Money = PRICE) -> PaymentNotification:
        return PaymentNotification(id=f"msg_{next(numbers)}", kind=kind, order=order, amount=amount)

    return make
