"""Whoever is next: a refused buyer stands in line, and what comes back is set aside for the earliest of them.

Nobody is kept waiting for nothing: once as many people come before somebody as there are pieces that could still come
back, they are told so, and that is final.
"""

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import LeaveLine, Place
from broadcast.checkout.desk import Desk
from broadcast.checkout.line import MAX_IN_LINE, OFFER_FOR_MS, Line, LineOffer, Lines, key_of
from broadcast.checkout.tickets import Ticket, sign
from broadcast.clock import WallMs
from broadcast.errors import Refusal
from broadcast.ids import NewId, Sku
from broadcast.line_messages import LineAnswer, LineOfferView, LineState


def sold_out(desk: Desk, tap: Place, refusal: Refusal, now: WallMs) -> Refusal:
    """Let a buyer who was refused for want of pieces stand in line; return the refusal with their place in it.

    Returns:
        The refusal with a member ``line`` of ``ticket``, ``place`` and ``could_win``, where pieces could still come
        back; a buyer who could not win does not stand in line, and has the ticket all the same.
    """
    lines = desk.lines
    if lines is None or refusal.name != "sold-out" or refusal.more["left"] or not desk.coming_back(tap.sku, now):
        return refusal
    key = (tap.sku, tap.channel, tap.buyer)
    known = lines.ticket_of(key)
    arrival = tap.arrival if known is None else known.arrival
    if arrival is None or lines.is_spent(key, arrival):
        arrival = lines.arrive(now)
    ticket = Ticket(desk.show, tap.sku, tap.channel, tap.buyer, tap.quantity, arrival)
    before, could_win = _chances(desk, lines, ticket, now)
    if could_win:
        lines.stand(ticket)
    line = {"ticket": sign(ticket, lines.key), "place": before + 1, "could_win": could_win}
    return Refusal(refusal.name, refusal.detail, **refusal.more, line=line)


def standing(desk: Desk, ticket: Ticket, now: WallMs, *, stand: bool = True) -> LineAnswer:
    """Return how the buyer of a ticket stands in line; after a restart, this puts them back where they stood.

    Args:
        desk: where.
        ticket: theirs.
        now: wall time.
        stand: whether to put them back.

    Raises:
        Refusal: ``not-found``; there is no such line.
    """
    lines = desk.lines
    if lines is None or ticket.show != desk.show or ticket.sku not in desk.offers:
        raise Refusal("not-found", "there is no such place in line")
    text = sign(ticket, lines.key)
    key = key_of(ticket)
    offer = desk.line_offers.get(key)
    if offer is not None and now < offer.until_ms:
        view = LineOfferView(quantity=offer.pieces, until_ms=offer.until_ms)
        return _answer(ticket, text, "offered", None, view)
    if desk.openings.refusal(ticket.sku, ticket.channel, now) is not None:
        return _answer(ticket, text, "over")
    waits = lines.ticket_of(key) is not None
    if not waits and desk.open_to(ticket.sku, ticket.channel, now):
        return _answer(ticket, text, "on_sale")
    before, could_win = _chances(desk, lines, ticket, now)
    if not could_win or not (waits or stand) or lines.is_spent(key, ticket.arrival):
        return _answer(ticket, text, "over")
    if not waits:
        lines.stand(ticket)
    return _answer(ticket, text, "waiting", before + 1)


def _answer(
    ticket: Ticket, text: str, state: LineState, place: int | None = None, offer: LineOfferView | None = None
) -> LineAnswer:
    return LineAnswer(
        ticket=text,
        sku=ticket.sku,
        quantity=ticket.quantity,
        state=state,
        place=place,
        could_win=state != "over",
        offer=offer,
    )


def _chances(desk: Desk, lines: Lines, ticket: Ticket, now: WallMs) -> tuple[int, bool]:
    """Return how many people come before, and whether a piece could still come to this one."""
    before = lines.before(ticket.sku, ticket.arrival) + desk.offered(ticket.sku)
    return before, before < min(desk.coming_back(ticket.sku, now), MAX_IN_LINE)


def leave(desk: Desk, command: LeaveLine, now: WallMs, new_id: NewId, changes: Changes) -> None:
    """Let a buyer go; what was set aside for them goes to the next."""
    if desk.lines is None:
        return
    key = (command.sku, command.channel, command.buyer)
    ticket = desk.lines.leave(key)
    if ticket is not None:
        desk.lines.spend(ticket)
    offer = desk.line_offers.get(key)
    if offer is not None:
        end_offer(desk, offer, changes)
        advance(desk, command.sku, now, new_id, changes)


def end_offer(desk: Desk, offer: LineOffer, changes: Changes) -> None:
    """Set pieces aside no longer: they were taken, declined, or nobody came."""
    desk.put_back(offer)
    changes.end_offer(offer)
    if desk.lines is not None:
        desk.lines.spend(offer.ticket)


def advance(desk: Desk, sku: Sku, now: WallMs, new_id: NewId, changes: Changes) -> None:
    """Set aside what is free for whoever came first, and let those go who cannot win any more."""
    lines = desk.lines
    line = lines.of.get(sku) if lines is not None else None
    if lines is None or line is None or lines.gathers(sku, now) or desk.openings.opened_at_ms(sku) is None:
        return
    while True:
        ticket = line.first(lambda channel: desk.open_to(sku, channel, now) > 0)
        if ticket is None:
            break
        lines.leave(key_of(ticket))
        changes.left_line.append(ticket)
        offer = _offer(desk, ticket, now, new_id)
        if offer is not None:
            desk.set_aside(offer)
            changes.offer(offer)
    cut_short(desk, sku, line, now, changes)


def cut_short(desk: Desk, sku: Sku, line: Line, now: WallMs, changes: Changes) -> None:
    """Let those at the end go for whom nothing can come back any more."""
    most = desk.coming_back(sku, now) - desk.offered(sku)
    while len(line) > max(0, most):
        ticket = line.last()
        if desk.lines is not None:
            desk.lines.leave(key_of(ticket))
        changes.left_line.append(ticket)


def _offer(desk: Desk, ticket: Ticket, now: WallMs, new_id: NewId) -> LineOffer | None:
    """Return what can be set aside for somebody: as much as there is of what they want and may have, or None."""
    if ticket.sku not in desk.offers or desk.openings.refusal(ticket.sku, ticket.channel, now) is not None:
        return None
    limits = desk.limits(ticket.channel, ticket.buyer, ticket.sku)
    pieces = min([ticket.quantity, *(limit - kept for _, limit, kept in limits)])
    pieces = min(pieces, desk.open_to(ticket.sku, ticket.channel, now))
    if pieces < 1:
        return None
    until_ms = now + OFFER_FOR_MS
    ends_at_ms = desk.openings.ends_at_ms(ticket.sku, ticket.channel)
    if ends_at_ms is not None:
        until_ms = min(until_ms, ends_at_ms)
    return LineOffer(new_id(), ticket, pieces, until_ms)
