"""Deciding: a batch of commands, in order of arrival, against the desk.

``decide`` changes the desk at once, so that the next command of the same batch meets the effect of the one before,
and returns what must be durable before anybody hears an answer.
"""

from collections.abc import Sequence

import msgspec

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Cancel, Command, Expire, Fulfil, Notified, Place
from broadcast.checkout.desk import Desk
from broadcast.checkout.ledger import entries
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, ErrandKind
from broadcast.clock import WallMs
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import NewId, OrderId
from broadcast.messages import OrderAnswer, ReleaseReason


class Placed(msgspec.Struct, frozen=True):
    """The answer to a tap. ``replayed`` when the same tap was answered before; the answer is then the same."""

    answer: OrderAnswer
    replayed: bool


Answer = Placed | OrderAnswer | int | None
"""A tap's ``Placed``; the order after a cancel or fulfil; how many holds an expiry released; None for news taken in."""


def decide(
    desk: Desk, commands: Sequence[Command], now: WallMs, new_id: NewId
) -> tuple[list[Answer | Refusal], Changes]:
    """Decide commands in order.

    Returns:
        One answer or refusal for each command, and the changes to make durable before any of them is given.
    """
    changes = Changes()
    answers: list[Answer | Refusal] = []
    for command in commands:
        try:
            answers.append(_decide_one(desk, command, now, new_id, changes))
        except Refusal as refusal:
            answers.append(refusal)
    for sku in changes.touched:
        changes.shelves[sku] = desk.shelves[sku].count()
    return answers, changes


def verdict(desk: Desk, tap: Place, now: WallMs) -> Order | Refusal | None:
    """Judge a tap without doing anything.

    Returns:
        The order already placed under the tap's key; a refusal; or None where the tap can be honoured now. A known
        key is looked at first: whoever repeats a tap hears what became of it, not that the stock has gone since.
    """
    known = desk.by_key.get((tap.channel, tap.buyer, tap.key))
    if known is not None:
        if known.fingerprint == tap.fingerprint:
            return known
        return Refusal("key-reused")
    return _not_on_offer(desk, tap, now) or _not_on_these_terms(desk, tap)


def _not_on_offer(desk: Desk, tap: Place, now: WallMs) -> Refusal | None:
    if tap.show != desk.show:
        return Refusal("no-such-show", show=tap.show)
    malformed = tap.malformed()
    if malformed is not None:
        return malformed
    if tap.sku not in desk.offers:
        return Refusal("not-on-sale", sku=tap.sku)
    return desk.openings.refusal(tap.sku, tap.channel, now)


def _not_on_these_terms(desk: Desk, tap: Place) -> Refusal | None:
    offer = desk.offers[tap.sku]
    if tap.seen_price is not None and tap.seen_price != offer.price:
        return Refusal("price-changed", price={"value": offer.price.value, "currency": offer.price.currency})
    if offer.limit_per_buyer is not None:
        kept = desk.kept_by(tap.channel, tap.buyer, tap.sku)
        if kept + tap.quantity > offer.limit_per_buyer:
            return Refusal("limit-reached", limit=offer.limit_per_buyer, kept=kept)
    left = desk.shelves[tap.sku].left
    if left < tap.quantity:
        return Refusal("sold-out", sku=tap.sku, left=left)
    return None


def _decide_one(desk: Desk, command: Command, now: WallMs, new_id: NewId, changes: Changes) -> Answer | Refusal:
    match command:
        case Place():
            return _place(desk, command, now, new_id, changes)
        case Notified():
            _take_in(desk, command, changes)
            return None
        case Cancel():
            return _cancel(desk, command, now, changes)
        case Fulfil():
            return _fulfil(desk, command, changes)
        case Expire():
            return _expire(desk, command, now, changes)


def _place(desk: Desk, tap: Place, now: WallMs, new_id: NewId, changes: Changes) -> Placed | Refusal:
    found = verdict(desk, tap, now)
    if isinstance(found, Refusal):
        return found
    if found is not None:
        return Placed(found.first_answer(), replayed=True)
    amount = desk.offers[tap.sku].price.times(tap.quantity)
    order = Order(
        order=OrderId(new_id()),
        show=tap.show,
        channel=tap.channel,
        buyer=tap.buyer,
        key=tap.key,
        fingerprint=tap.fingerprint,
        sku=tap.sku,
        quantity=tap.quantity,
        look=tap.look,
        amount=amount,
        placed_at_ms=now,
        hold_until_ms=now + desk.hold_ms,
    )
    desk.shelves[tap.sku].reserve(tap.quantity)
    desk.add(order)
    changes.placed[order.order] = order
    changes.touched.add(tap.sku)
    _open(desk, Errand(order.order, "payment", amount), changes)
    return Placed(order.first_answer(), replayed=False)


def _cancel(desk: Desk, command: Cancel, now: WallMs, changes: Changes) -> OrderAnswer:
    order = desk.orders.get(command.order)
    if order is None or (order.channel, order.buyer) != (command.channel, command.buyer):
        raise Refusal("no-such-order")
    if order.status == "released":
        return order.answer()
    refusal = order.refuse_cancelling(now)
    if refusal is not None:
        raise refusal
    return _release(desk, order, "cancelled", changes).answer()


def _fulfil(desk: Desk, command: Fulfil, changes: Changes) -> OrderAnswer:
    order = desk.orders.get(command.order)
    if order is None:
        raise Refusal("no-such-order")
    if order.status == "fulfilled":
        return order.answer()
    return _become(desk, order, order.fulfilled(), changes).answer()


def _expire(desk: Desk, command: Expire, now: WallMs, changes: Changes) -> int:
    released = 0
    while released < command.most:
        order = desk.pop_expired(now)
        if order is None:
            break
        _release(desk, order, "hold-ran-out", changes)
        released += 1
    return released


def _take_in(desk: Desk, command: Notified, changes: Changes) -> None:
    """Act on the gateway's news. News that changes nothing any more (sent twice, or overtaken) is taken in silence."""
    news = command.notification
    order = desk.orders.get(news.order)
    if order is None:
        raise Refusal("no-such-order", order=news.order)
    if news.amount != order.amount:
        raise invalid(FieldError("/data/amount", "is not the order's amount"))
    if news.kind == "captured" and order.payment == "none":
        _captured(desk, order, changes)
    elif news.kind == "failed" and order.status == "reserved":
        _release(desk, order, "payment-failed", changes)
    elif news.kind == "refunded" and order.payment == "refund-due":
        _become(desk, order, order.refunded(), changes)
        changes.entries += entries(order.order, "refunded", order.amount)
        _close(desk, order.order, "refund", changes)
    elif news.kind == "refunded" and order.payment != "refunded":
        raise invalid(FieldError("/type", "no refund was asked for"))
    else:
        return
    changes.notifications.append(news)


def _captured(desk: Desk, order: Order, changes: Changes) -> None:
    if order.status == "reserved":
        desk.shelves[order.sku].sell(order.quantity)
        changes.touched.add(order.sku)
        _become(desk, order, order.paid(), changes)
        changes.entries += entries(order.order, "captured", order.amount)
        _close(desk, order.order, "payment", changes)
        return
    _become(desk, order, order.paid_too_late(), changes)
    changes.entries += entries(order.order, "captured-late", order.amount)
    _open(desk, Errand(order.order, "refund", order.amount), changes)


def _release(desk: Desk, order: Order, reason: ReleaseReason, changes: Changes) -> Order:
    shelf = desk.shelves[order.sku]
    if order.status == "reserved":
        shelf.give_back_reserved(order.quantity)
        _close(desk, order.order, "payment", changes)
    else:
        shelf.give_back_sold(order.quantity)
        changes.entries += entries(order.order, "cancelled", order.amount)
        _open(desk, Errand(order.order, "refund", order.amount), changes)
    changes.touched.add(order.sku)
    return _become(desk, order, order.released(reason), changes)


def _become(desk: Desk, before: Order, after: Order, changes: Changes) -> Order:
    desk.replace(before, after)
    changes.record(before, after)
    return after


def _open(desk: Desk, errand: Errand, changes: Changes) -> None:
    desk.errands[errand.order, errand.kind] = errand
    changes.open(errand)


def _close(desk: Desk, order: OrderId, kind: ErrandKind, changes: Changes) -> None:
    desk.errands.pop((order, kind), None)
    changes.close(order, kind)
