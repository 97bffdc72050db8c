"""Which buyers in line a door wants to hear of: said again to every new owner of the desk.

Places in line are in the owner's memory. So saying it again is also what puts the waiting back where they stood.
"""

from collections import OrderedDict
from collections.abc import Iterator

import msgspec

from broadcast.checkout.port import LineNews
from broadcast.ids import BuyerId, ChannelId, Sku
from showrunner.link.desk_messages import WatchLineSaid

MAX_WATCHED = 100_000
"""Buyers in line this process hears of; the others ask."""

InLine = tuple[Sku, ChannelId, BuyerId]
"""Who stands in line for which SKU."""


class LineWatches:
    """The buyers in line that one door watches."""

    def __init__(self) -> None:
        self._said: OrderedDict[InLine, WatchLineSaid] = OrderedDict()
        self._by_ticket: dict[str, InLine] = {}

    def __len__(self) -> int:
        return len(self._said)

    def __iter__(self) -> Iterator[WatchLineSaid]:
        """Go through what must be said to a new owner, those watched longest first."""
        return iter(tuple(self._said.values()))

    def watch(self, said: WatchLineSaid) -> None:
        """Watch a buyer, by what they know; an earlier ticket for the same SKU counts no more."""
        who = (said.sku, said.channel, said.buyer)
        self.forget(who)
        self._said[who] = said
        self._by_ticket[said.ticket] = who
        if len(self._said) > MAX_WATCHED:
            self.forget(next(iter(self._said)))

    def heard(self, news: LineNews) -> None:
        """Note what a buyer knows now; whoever has no offer any more is out of the line."""
        who = (news.answer.sku, news.channel, news.buyer)
        said = self._said.get(who)
        if said is None:
            return
        if news.answer.offer is None:
            self.forget(who)
        else:
            self._said[who] = msgspec.structs.replace(said, state=news.answer.state)

    def forget(self, who: InLine) -> None:
        """Watch a buyer no more: they have what they waited for, say."""
        said = self._said.pop(who, None)
        if said is not None:
            del self._by_ticket[said.ticket]

    def left(self, ticket: str) -> None:
        """Watch a buyer no more who left the line, or declined."""
        who = self._by_ticket.get(ticket)
        if who is not None:
            self.forget(who)
