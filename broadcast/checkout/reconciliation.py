"""Reconciliation: a gateway's own statement against our orders. Every difference, with its reason and what to do.

A statement is about a span of wall time. A movement that should be in it and is not is only claimed for orders whose
every movement had time to happen within the span; so what merely falls on the next day is never invented.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from broadcast.checkout.orders import Order
from broadcast.checkout.payment import PaymentNotification, Provider, StatementLine
from broadcast.clock import WallMs
from broadcast.ids import OrderId
from broadcast.money import Money

SETTLING_MS = 3_600_000
"""How long after its hold an order's money may still move, before its absence from a statement is a difference."""

DifferenceKind = Literal[
    "missing-here",
    "missing-there",
    "wrong-amount",
    "unknown-order",
    "captured-twice",
    "refunded-twice",
    "refund-missing-here",
    "refund-missing-there",
    "refund-not-made",
    "refund-without-capture",
    "captured-and-released",
]
Action = Literal["take-in", "refund", "ask-the-gateway", "look-into"]
"""``take-in`` is safe to do by itself: it is the notification that never came."""

REASONS: dict[DifferenceKind, tuple[str, Action]] = {
    "missing-here": ("the gateway captured money we never heard of", "take-in"),
    "missing-there": ("we count money as captured that the gateway does not have", "ask-the-gateway"),
    "wrong-amount": ("the gateway moved another amount than the order's", "look-into"),
    "unknown-order": ("the gateway moved money for an order we do not have", "look-into"),
    "captured-twice": ("the gateway captured the order more than once", "refund"),
    "refunded-twice": ("the gateway gave the order's money back more than once", "look-into"),
    "refund-missing-here": ("the gateway gave money back that we still owe", "take-in"),
    "refund-missing-there": ("we count a refund as made that the gateway has not made", "ask-the-gateway"),
    "refund-not-made": ("a refund is owed and has not been made", "ask-the-gateway"),
    "refund-without-capture": (
        "the gateway gave money back for an order we count as paid or never charged",
        "look-into",
    ),
    "captured-and-released": ("the gateway captured money for an order already released", "take-in"),
}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which the statement and our books differ.

    Attributes:
        ours, theirs: both sides in words: state and amounts.
        repaired: whether the action was carried out.
    """

    order: OrderId
    provider: Provider
    kind: DifferenceKind
    ours: str
    theirs: str
    action: Action
    repaired: bool = False

    @property
    def reason(self) -> str:
        """What it means, for a person."""
        return REASONS[self.kind][0]


class Span(msgspec.Struct, frozen=True):
    """The wall time a statement is about: ``from_ms`` included, ``until_ms`` not."""

    from_ms: WallMs
    until_ms: WallMs

    def holds_all_of(self, order: Order) -> bool:
        """Tell whether every movement of the order had time to happen within the span."""
        return self.from_ms <= order.placed_at_ms and order.hold_until_ms + SETTLING_MS <= self.until_ms


def reconcile(
    provider: Provider, orders: Mapping[OrderId, Order], lines: Iterable[StatementLine], span: Span
) -> list[Difference]:
    """Compare a statement with the orders that were taken to that gateway; return every difference, by order."""
    by_order: dict[OrderId, list[StatementLine]] = {}
    for line in lines:
        by_order.setdefault(line.order, []).append(line)
    found: list[Difference] = []
    for name in sorted(by_order.keys() | orders.keys()):
        order, told = orders.get(name), by_order.get(name, [])
        kinds = _compare(order, told, span)
        found += [
            Difference(
                order=name,
                provider=provider,
                kind=kind,
                ours=_ours(order),
                theirs=_theirs(told),
                action=REASONS[kind][1],
            )
            for kind in kinds
        ]
    return found


def repairs(order: Order, difference: Difference) -> list[PaymentNotification]:
    """Return the news that puts a difference right, where that is safe: none for any other."""
    if difference.action != "take-in":
        return []
    kinds: tuple[Literal["captured", "refunded"], ...] = ("captured",)
    if difference.kind == "refund-missing-here":
        kinds = ("captured", "refunded") if order.payment == "none" else ("refunded",)
    return [
        PaymentNotification(id=f"statement:{order.order}:{kind}", kind=kind, order=order.order, amount=order.amount)
        for kind in kinds
    ]


def _compare(order: Order | None, told: list[StatementLine], span: Span) -> list[DifferenceKind]:
    if order is None:
        return ["unknown-order"]
    captures = [line.amount for line in told if line.kind == "captured"]
    refunds = [line.amount for line in told if line.kind == "refunded"]
    found: list[DifferenceKind] = []
    if any(amount != order.amount for amount in (*captures, *refunds)):
        found.append("wrong-amount")
    if len(captures) > 1:
        found.append("captured-twice")
    if len(refunds) > 1:
        found.append("refunded-twice")
    if found:
        return found
    return _states(order, captured=bool(captures), refunded=bool(refunds), complete=span.holds_all_of(order))


def _states(order: Order, *, captured: bool, refunded: bool, complete: bool) -> list[DifferenceKind]:
    found: list[DifferenceKind] = []
    if captured and order.payment == "none":
        found.append("missing-here" if order.status == "reserved" else "captured-and-released")
    if not captured and order.payment != "none" and complete:
        found.append("missing-there")
    match order.payment:
        case "refund-due" if refunded:
            found.append("refund-missing-here")
        case "refund-due" if complete:
            found.append("refund-not-made")
        case "refunded" if not refunded and complete:
            found.append("refund-missing-there")
        case "none" | "captured" if refunded:
            found.append("refund-without-capture")
    return found


def _ours(order: Order | None) -> str:
    return "no such order" if order is None else f"{order.status}, {order.payment}, {_words(order.amount)}"


def _theirs(told: list[StatementLine]) -> str:
    return ", ".join(sorted(f"{line.kind} {_words(line.amount)}" for line in told)) or "nothing"


def _words(amount: Money) -> str:
    return f"{amount.value} {amount.currency}"
