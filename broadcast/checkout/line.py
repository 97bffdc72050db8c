"""Standing in line for a SKU whose pieces are all held: who comes before whom.

The line is in memory and in the tickets of those who stand in it: a restart forgets it, and whoever shows a ticket
stands where they stood. What somebody was *told* is theirs (``LineOffer``) is in the record.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from broadcast.checkout.tickets import ARRIVALS_PER_MS, Ticket
from broadcast.clock import WallMs
from broadcast.ids import BuyerId, ChannelId, Sku

OFFER_FOR_MS = 30_000
"""How long pieces are set aside for whoever is next: time to notice, and to tap."""

GATHERS_FOR_MS = 5_000
"""After a start, returned pieces of a SKU that is sold out wait this long for those who stood in line to come back."""

MAX_SPENT = 100_000
"""Buyers of whom it is remembered that they had their turn."""

MAX_IN_LINE = 100_000
"""People in line for one SKU, whatever could still come back."""

LineKey = tuple[Sku, ChannelId, BuyerId]
"""A buyer stands in line for a SKU once."""


class LineOffer(msgspec.Struct, frozen=True, gc=False):
    """Pieces set aside for the buyer of a ticket until a wall instant. ``id`` is its own: a buyer may get another."""

    id: str
    ticket: Ticket
    pieces: int
    until_ms: int

    @property
    def key(self) -> LineKey:
        """Whose it is."""
        return key_of(self.ticket)


def key_of(ticket: Ticket) -> LineKey:
    """Return who stands in line for what."""
    return (ticket.sku, ticket.channel, ticket.buyer)


class Line:
    """The people in line for one SKU, earliest arrival first."""

    def __init__(self) -> None:
        self._by_channel: dict[ChannelId, list[tuple[int, BuyerId]]] = {}
        self._tickets: dict[tuple[ChannelId, BuyerId], Ticket] = {}

    def __len__(self) -> int:
        return len(self._tickets)

    def of(self, channel: ChannelId, buyer: BuyerId) -> Ticket | None:
        """Return the ticket of somebody in line."""
        return self._tickets.get((channel, buyer))

    def stand(self, ticket: Ticket) -> None:
        """Let somebody stand in line, at the place of their arrival; whoever stands already moves there."""
        self.leave(ticket.channel, ticket.buyer)
        self._tickets[ticket.channel, ticket.buyer] = ticket
        insort(self._by_channel.setdefault(ticket.channel, []), (ticket.arrival, ticket.buyer))

    def leave(self, channel: ChannelId, buyer: BuyerId) -> Ticket | None:
        """Let somebody go; return their ticket, or None where they did not stand here."""
        ticket = self._tickets.pop((channel, buyer), None)
        if ticket is not None:
            waiting = self._by_channel[channel]
            del waiting[bisect_left(waiting, (ticket.arrival, buyer))]
            if not waiting:
                del self._by_channel[channel]
        return ticket

    def before(self, arrival: int) -> int:
        """Return how many people arrived earlier."""
        return sum(bisect_left(waiting, (arrival, "")) for waiting in self._by_channel.values())

    def first(self, may: Callable[[ChannelId], bool]) -> Ticket | None:
        """Return the earliest arrival of the channels whose buyers may have a piece."""
        heads = [(waiting[0], channel) for channel, waiting in self._by_channel.items() if may(channel)]
        if not heads:
            return None
        (_, buyer), channel = min(heads)
        return self._tickets[channel, buyer]

    def last(self) -> Ticket:
        """Return the latest arrival."""
        (_, buyer), channel = max((waiting[-1], channel) for channel, waiting in self._by_channel.items())
        return self._tickets[channel, buyer]


class Lines:
    """Every SKU's line.

    Not part of the record: it outlives a desk that is rebuilt, and a restart rebuilds it from the tickets.

    Args:
        key: what tickets are signed with; the same in every process of the show.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.of: dict[Sku, Line] = {}
        self._gathers_until_ms: dict[Sku, int] = {}
        self._spent: OrderedDict[LineKey, int] = OrderedDict()
        self._last_arrival = 0

    def arrive(self, now: WallMs) -> int:
        """Return the next arrival: later than every one before, even where the clock was set back."""
        self._last_arrival = max(self._last_arrival + 1, now * ARRIVALS_PER_MS)
        return self._last_arrival

    def stand(self, ticket: Ticket) -> None:
        """Let somebody stand in line."""
        self.of.setdefault(ticket.sku, Line()).stand(ticket)

    def leave(self, key: LineKey) -> Ticket | None:
        """Let somebody go; return their ticket, or None where they did not stand in line."""
        sku, channel, buyer = key
        line = self.of.get(sku)
        if line is None:
            return None
        ticket = line.leave(channel, buyer)
        if not line:
            del self.of[sku]
        return ticket

    def spend(self, ticket: Ticket) -> None:
        """Note that a buyer had their turn: the ticket keeps no place any more."""
        self._spent[key_of(ticket)] = ticket.arrival
        self._spent.move_to_end(key_of(ticket))
        if len(self._spent) > MAX_SPENT:
            self._spent.popitem(last=False)

    def is_spent(self, key: LineKey, arrival: int) -> bool:
        """Tell whether a buyer who arrived then had their turn."""
        return arrival <= self._spent.get(key, -1)

    def ticket_of(self, key: LineKey) -> Ticket | None:
        """Return the ticket of somebody in line."""
        sku, channel, buyer = key
        line = self.of.get(sku)
        return None if line is None else line.of(channel, buyer)

    def before(self, sku: Sku, arrival: int) -> int:
        """Return how many people in line arrived earlier."""
        line = self.of.get(sku)
        return 0 if line is None else line.before(arrival)

    def gather(self, sku: Sku, until_ms: int) -> None:
        """Let pieces of a SKU wait until a wall instant for those who stood in line before a restart."""
        self._gathers_until_ms[sku] = until_ms

    def gathers(self, sku: Sku, now: WallMs) -> bool:
        """Tell whether those who stood in line are still awaited."""
        return bool(self._gathers_until_ms) and now < self._gathers_until_ms.get(sku, 0)

    def gathered(self, now: WallMs) -> list[Sku]:
        """Return the SKUs whose people are awaited no longer, each once."""
        done = [sku for sku, until_ms in self._gathers_until_ms.items() if until_ms <= now]
        for sku in done:
            del self._gathers_until_ms[sku]
        return done

    @property
    def gathering(self) -> bool:
        """Whether anybody is awaited."""
        return bool(self._gathers_until_ms)
