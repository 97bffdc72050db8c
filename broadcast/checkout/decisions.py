"""Deciding: a batch of commands, in order of arrival, against the desk.

``decide`` changes the desk at once, so that the next command of the same batch meets the effect of the one before,
and returns what must be durable before anybody hears an answer.
"""

from collections.abc import Sequence
from itertools import islice

import msgspec

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Cancel, Charge, Command, Expire, Fulfil, LeaveLine, Notified, Place
from broadcast.checkout.desk import Desk
from broadcast.checkout.ledger import entries
from broadcast.checkout.next_in_line import advance, end_offer, leave, sold_out
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand, ErrandKind
from broadcast.clock import WallMs
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import NewId, OrderId
from broadcast.messages import OrderAnswer, ReleaseReason
from broadcast.money import Money


class Placed(msgspec.Struct, frozen=True, gc=False):
    """The answer to a tap. ``replayed`` when the same tap was answered before; the answer is then the same."""

    answer: OrderAnswer
    replayed: bool


Answer = Placed | OrderAnswer | int | None
"""A tap's ``Placed``; the order after a cancel or fulfil; how many holds an expiry released, or payments a charge asked
for; None for news taken in and for a line left."""


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
            if type(command) is Place:  # nearly all of a drop's are
                answers.append(_place(desk, command, now, new_id, changes))
            else:
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
    refusal = _not_on_offer(desk, tap, now) or _not_on_these_terms(desk, tap, now)
    if refusal is None and desk.spending is not None:  # last: nobody shows who they are for something that is gone
        amount = _price(desk, tap, now).times(tap.quantity)
        refusal = desk.spending.refusal(tap.channel, tap.buyer, amount, tap.assurance, now)
    return refusal


def is_plainly_open(desk: Desk, tap: Place, now: WallMs) -> bool:
    """Tell whether a tap is new, on sale, and for pieces that nobody holds.

    Nearly every tap of a drop is: it is judged once, when its turn comes, and not a first time at the door.
    """
    shelf = desk.shelves.get(tap.sku)
    return (
        shelf is not None
        and shelf.left - shelf.aside >= tap.quantity
        and (tap.channel, tap.buyer, tap.key) not in desk.by_key
        and desk.openings.refusal(tap.sku, tap.channel, now) is None
    )


def _not_on_offer(desk: Desk, tap: Place, now: WallMs) -> Refusal | None:
    if tap.show != desk.show:
        return Refusal("no-such-show", show=tap.show)
    malformed = tap.malformed()
    if malformed is not None:
        return malformed
    if tap.sku not in desk.offers:
        return Refusal("not-on-sale", sku=tap.sku)
    return desk.openings.refusal(tap.sku, tap.channel, now)


def _not_on_these_terms(desk: Desk, tap: Place, now: WallMs) -> Refusal | None:
    if tap.seen_price is not None:
        price = _price(desk, tap, now)
        if tap.seen_price != price:
            return Refusal("price-changed", price={"value": price.value, "currency": price.currency})
    for of, limit, kept in desk.limits(tap.channel, tap.buyer, tap.sku):
        if kept + tap.quantity > limit:
            if of == "sku":
                return Refusal("limit-reached", limit=limit, kept=kept)
            return Refusal("limit-reached", limit=limit, kept=kept, of=of)
    left = desk.open_to(tap.sku, tap.channel, now)
    if desk.line_offers:
        offer = desk.line_offers.get((tap.sku, tap.channel, tap.buyer))
        if offer is not None and now < offer.until_ms:
            left += offer.pieces
    if left < tap.quantity:
        pooled_ms = desk.pooled_from_ms(tap.sku, now)
        if pooled_ms is None:
            return Refusal("sold-out", sku=tap.sku, left=left)
        return Refusal("sold-out", sku=tap.sku, left=left, pooled_at_ms=pooled_ms)
    return None


def _price(desk: Desk, tap: Place, now: WallMs) -> Money:
    """Return what one piece costs in the buyer's own picture."""
    offer = desk.offers[tap.sku]
    if not offer.prices:
        return offer.price
    oldest, newest = desk.openings.picture(tap.channel, now)
    return offer.price_between(oldest, newest, tap.seen_price)


def _decide_one(desk: Desk, command: Command, now: WallMs, new_id: NewId, changes: Changes) -> Answer | Refusal:
    answer: Answer | Refusal = None
    match command:
        case Notified():
            _take_in(desk, command, now, new_id, changes)
        case Cancel():
            answer = _cancel(desk, command, now, new_id, changes)
        case Fulfil():
            answer = _fulfil(desk, command, changes)
        case Expire():
            answer = _expire(desk, command, now, new_id, changes)
        case Charge():
            answer = _charge(desk, command, changes)
        case LeaveLine():
            leave(desk, command, now, new_id, changes)
    return answer


def _place(desk: Desk, tap: Place, now: WallMs, new_id: NewId, changes: Changes) -> Placed | Refusal:
    if desk.lines is not None and tap.sku in desk.lines.of:  # nobody gets ahead of those in line
        advance(desk, tap.sku, now, new_id, changes)
    found = verdict(desk, tap, now)
    if isinstance(found, Refusal):
        return sold_out(desk, tap, found, now)
    if found is not None:
        return Placed(found.first_answer(), replayed=True)
    took_offer = bool(desk.line_offers) and _took_offer(desk, tap, changes)
    amount = _price(desk, tap, now).times(tap.quantity)
    due_ms = desk.offers[tap.sku].payment_due_ms(now)
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
        hold_until_ms=(now if due_ms is None else due_ms) + desk.hold_ms,
        payment_due_ms=due_ms,
    )
    desk.shelves[tap.sku].reserve(tap.quantity)
    desk.add(order)
    changes.placed[order.order] = order
    changes.touched.add(tap.sku)
    if due_ms is None:
        _open(desk, Errand(order.order, "payment", amount), changes)
    if took_offer:  # and perhaps not all of it
        advance(desk, tap.sku, now, new_id, changes)
    return Placed(order.first_answer(), replayed=False)


def _took_offer(desk: Desk, tap: Place, changes: Changes) -> bool:
    """Let a buyer who had pieces set aside take them; return whether they had."""
    offer = desk.line_offers.get((tap.sku, tap.channel, tap.buyer))
    if offer is not None:
        end_offer(desk, offer, changes)
    return offer is not None


def _cancel(desk: Desk, command: Cancel, now: WallMs, new_id: NewId, changes: Changes) -> OrderAnswer:
    order = desk.orders.get(command.order)
    if order is None or (order.channel, order.buyer) != (command.channel, command.buyer):
        raise Refusal("no-such-order")
    if order.status == "released":
        return order.answer()
    refusal = order.refuse_cancelling(now)
    if refusal is not None:
        raise refusal
    return _release(desk, order, "cancelled", now, new_id, changes).answer()


def _fulfil(desk: Desk, command: Fulfil, changes: Changes) -> OrderAnswer:
    order = desk.orders.get(command.order)
    if order is None:
        raise Refusal("no-such-order")
    if order.status == "fulfilled":
        return order.answer()
    return _become(desk, order, order.fulfilled(), changes).answer()


def _expire(desk: Desk, command: Expire, now: WallMs, new_id: NewId, changes: Changes) -> int:
    released = 0
    while released < command.most and (order := desk.pop_expired(now)) is not None:
        _release(desk, order, "hold-ran-out", now, new_id, changes)
        released += 1
    asked = 0
    while asked < command.most and (order := desk.pop_due(now)) is not None:
        _ask_for_payment(desk, order, changes)
        asked += 1
    _move_lines_on(desk, command.most, now, new_id, changes)
    return released


def _move_lines_on(desk: Desk, most: int, now: WallMs, new_id: NewId, changes: Changes) -> None:
    if desk.lines is None:
        return
    desk.lines.gathered(now)
    lapsed = 0
    while lapsed < most and (offer := desk.pop_lapsed(now)) is not None:
        end_offer(desk, offer, changes)
        changes.left_line.append(offer.ticket)
        lapsed += 1
    for sku in list(desk.lines.of):
        advance(desk, sku, now, new_id, changes)


def _charge(desk: Desk, command: Charge, changes: Changes) -> int:
    if command.sku not in desk.shelves:
        raise Refusal("not-on-sale", sku=command.sku)
    orders = list(islice(desk.uncharged.get(command.sku, ()), command.most))
    for order in orders:
        _ask_for_payment(desk, desk.orders[order], changes)
    return len(orders)


def _ask_for_payment(desk: Desk, order: Order, changes: Changes) -> None:
    desk.charged(order)
    _open(desk, Errand(order.order, "payment", order.amount), changes)


def _take_in(desk: Desk, command: Notified, now: WallMs, new_id: NewId, changes: Changes) -> None:
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
        _release(desk, order, "payment-failed", now, new_id, changes)
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


def _release(desk: Desk, order: Order, reason: ReleaseReason, now: WallMs, new_id: NewId, changes: Changes) -> Order:
    shelf = desk.shelves[order.sku]
    if order.status == "reserved":
        shelf.give_back_reserved(order.quantity)
        _close(desk, order.order, "payment", changes)
    else:
        shelf.give_back_sold(order.quantity)
        changes.entries += entries(order.order, "cancelled", order.amount)
        _open(desk, Errand(order.order, "refund", order.amount), changes)
    changes.touched.add(order.sku)
    released = _become(desk, order, order.released(reason), changes)
    advance(desk, order.sku, now, new_id, changes)
    return released


def _become(desk: Desk, before: Order, after: Order, changes: Changes) -> Order:
    desk.replace(before, after)
    changes.record(before, after)
    return after


def _open(desk: Desk, errand: Errand, changes: Changes) -> None:
    desk.errands[errand.order, errand.kind] = errand
    changes.open(errand)


def _close(desk: Desk, order: OrderId, kind: ErrandKind, changes: Changes) -> None:
    if desk.errands.pop((order, kind), None) is not None:
        changes.close(order, kind)
