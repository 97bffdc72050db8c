"""The scene: what is on screen at any programme time, folded from the feed's own messages.

Whoever knows every message of the log knows the scene, so a server that starts, an edge that joins late and a
viewer who seeks back all do the same lookup.
"""

from collections.abc import Callable, Iterable, Mapping

from broadcast.channel_messages import ChannelNews, Correlation
from broadcast.clock import ProgrammeMs
from broadcast.ids import Sku
from broadcast.messages import Cue, FeedState, LookView, OfferView, Stock, StockLevel, StockState
from broadcast.show import Article, Look, ShowInfo

MAX_SCENE_CUES = 32
"""Cues a scene keeps for viewers behind the live edge: half an hour at a look a minute."""


class Scene:
    """What is on screen, and what it was a little while ago. Fold every message of one epoch into it, in order."""

    def __init__(self, show: ShowInfo, articles: Iterable[Article]) -> None:
        self._show = show
        self._cues: list[Cue] = []
        self._stock = {article.sku: StockLevel(left=article.stock, state=_state(article.stock)) for article in articles}
        self._taken = False
        self._correlations: dict[str, Correlation] = {}

    def apply(self, message: Cue | Stock | ChannelNews) -> None:
        """Fold one message in. Messages come in the order of ``seq``."""
        if isinstance(message, ChannelNews):
            self._correlations[message.channel] = message.correlation
            return
        if isinstance(message, Stock):
            self._stock[message.sku] = StockLevel(left=message.left, state=message.state)
            return
        self._taken = True
        replaced = set(message.replaces)
        self._cues = [cue for cue in self._cues if cue.id not in replaced]
        self._cues.append(message)
        self._cues.sort(key=lambda cue: (cue.at_ms, cue.seq))
        del self._cues[:-MAX_SCENE_CUES]

    def at(self, playhead: ProgrammeMs) -> Cue | None:
        """Return the cue in force at a programme time, or None before the first."""
        for cue in reversed(self._cues):
            if cue.at_ms <= playhead:
                return cue
        return None

    def level(self, sku: Sku) -> StockLevel | None:
        """Return the last announced stock of a SKU."""
        return self._stock.get(sku)

    def state(self, now: ProgrammeMs) -> FeedState:
        """Return the whole current state, without any channel's links."""
        return FeedState(
            title=self._show.title,
            titles=self._show.titles,
            starts_at_ms=self._show.starts_at_ms,
            on_air=self.at(now),
            cues=self.cues,
            stock=dict(self._stock),
            phase="live" if self._taken else "before",
            correlations=dict(self._correlations),
        )

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The cues that count, oldest first."""
        return tuple(self._cues)


def look_view(look: Look, articles: Mapping[Sku, Article], level: Callable[[Sku], StockLevel | None]) -> LookView:
    """Return a look as viewers see it, without any channel's links, with its stock as last announced."""
    return LookView(
        id=look.id,
        number=look.number,
        title=look.title,
        titles=look.titles,
        brand=look.brand,
        offers=tuple(offer_view(articles[sku], level(sku)) for sku in look.skus),
        links={},
    )


def offer_view(article: Article, level: StockLevel | None) -> OfferView:
    """Return one SKU of a card."""
    return OfferView(
        sku=article.sku,
        title=article.title,
        titles=article.titles,
        options=article.options,
        price=article.price,
        compare_at=article.compare_at,
        image=article.image,
        state=level.state if level else _state(article.stock),
        prices=article.prices,
        payment_due_ms=article.payment_due_ms,
    )


def _state(left: int) -> StockState:
    return "on_sale" if left > 0 else "sold_out"
