"""Keeps the lines of one checkout: reads the tickets that come back, and tells people in line what became of them."""

from collections.abc import Callable

from broadcast.checkout.changes import Changes
from broadcast.checkout.commands import Command, Place
from broadcast.checkout.desk import Desk
from broadcast.checkout.line import GATHERS_FOR_MS, Lines, key_of
from broadcast.checkout.next_in_line import standing
from broadcast.checkout.port import LineNews
from broadcast.checkout.tickets import ARRIVALS_PER_MS, Ticket, read, sign
from broadcast.clock import Now
from broadcast.errors import FieldError, Refusal, invalid
from broadcast.ids import BuyerId, ChannelId, ShowId
from broadcast.messages import OrderRequest

RETRY_AFTER_MS = 1_000
"""About when a buyer refused for lack of room should come back: the answer is spread over half to one and a half."""

RETURNS_WITHIN_MS = 60_000
"""How long a buyer who was turned away for want of room comes before those who came later."""


class LineKeeper:
    """The lines of one show.

    Args:
        key: what tickets are signed with; without one, nobody stands in line and there are no tickets.
        jitter: draws from [0, 1), to spread retries.
    """

    def __init__(self, show: ShowId, key: bytes | None, now: Now, jitter: Callable[[], float]) -> None:
        self._show = show
        self._now = now
        self._jitter = jitter
        self.lines = None if key is None else Lines(key)

    def arrival(self, channel: ChannelId, buyer: BuyerId, request: OrderRequest, text: str | None) -> int | None:
        """Return when the buyer of a tap came first, as the ticket they send along says.

        Raises:
            Refusal: ``invalid``; it is not their ticket for this SKU, or no ticket any more.
        """
        if text is None or self.lines is None:
            return None
        try:
            ticket = read(text, self.lines.key, self._now())
        except ValueError as reason:
            raise invalid(FieldError("/ticket", str(reason))) from None
        if (ticket.show, ticket.sku, ticket.channel, ticket.buyer) != (self._show, request.sku, channel, buyer):
            raise invalid(FieldError("/ticket", "this ticket is not for this tap"))
        return ticket.arrival

    def ticket(self, channel: ChannelId, buyer: BuyerId, text: str) -> Ticket:
        """Return a buyer's ticket.

        Raises:
            Refusal: ``not-found``; it is not theirs, or no ticket any more.
        """
        unknown = Refusal("not-found", "there is no such place in line")
        if self.lines is None:
            raise unknown
        try:
            ticket = read(text, self.lines.key, self._now())
        except ValueError:
            raise unknown from None
        if (ticket.show, ticket.channel, ticket.buyer) != (self._show, channel, buyer):
            raise unknown
        return ticket

    def returns(self, tap: Place) -> bool:
        """Tell whether a tap comes from a buyer who was turned away a moment ago."""
        return tap.arrival is not None and self._now() - tap.arrival // ARRIVALS_PER_MS <= RETURNS_WITHIN_MS

    def turned_away(self, command: Command | None = None) -> Refusal:
        """Return the refusal for want of room; a tap that was on sale gets a ticket that keeps its order of arrival."""
        refusal = Refusal("busy", retry_after_ms=int(RETRY_AFTER_MS * (0.5 + self._jitter())))
        if self.lines is not None and isinstance(command, Place):
            arrival = self.lines.arrive(self._now()) if command.arrival is None else command.arrival
            ticket = Ticket(command.show, command.sku, command.channel, command.buyer, command.quantity, arrival)
            refusal.more["ticket"] = sign(ticket, self.lines.key)
        return refusal

    def started(self, desk: Desk) -> None:
        """Await those who stood in line before a restart, wherever there may have been a line."""
        now = self._now()
        for sku, shelf in desk.shelves.items():
            if self.lines is not None and not shelf.free and desk.coming_back(sku, now):
                self.lines.gather(sku, now + GATHERS_FOR_MS)

    def rebuilt(self, desk: Desk, lost: Changes) -> None:
        """Let those stand in line again who left it by changes that did not become durable."""
        for ticket in lost.left_line:
            if self.lines is not None and key_of(ticket) not in desk.line_offers:
                self.lines.stand(ticket)

    def news(self, desk: Desk, changes: Changes) -> list[LineNews]:
        """Return what those must hear who left the line, now that it is durable."""
        now = self._now()
        left = {key_of(ticket): ticket for ticket in changes.left_line}
        return [
            LineNews(ticket.channel, ticket.buyer, standing(desk, ticket, now, stand=False)) for ticket in left.values()
        ]
