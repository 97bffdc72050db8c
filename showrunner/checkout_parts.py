"""What every process that may own a show's desk makes of the show."""

from collections.abc import Callable, Mapping

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.record import Record
from broadcast.checkout.offers import Offer
from broadcast.ids import ChannelId, Sku
from broadcast.messages import OrderAnswer
from broadcast.show import Article
from showrunner.feed_parts import new_id, wall_clock
from showrunner.show_folder import LoadedShow


def offers(show: LoadedShow, articles: Mapping[Sku, Article]) -> list[Offer]:
    """Return the catalogue as it is sold."""
    return [
        Offer(
            sku=article.sku,
            price=article.price,
            stock=article.stock,
            limit_per_buyer=article.limit_per_buyer or show.settings.limit_per_buyer,
            title=article.title,
        )
        for article in articles.values()
    ]


def fences_ms(show: LoadedShow) -> dict[ChannelId, int]:
    """Return how much later than capture each channel's viewers see a frame."""
    return {channel.id: channel.fence_ms for channel in show.channels}


def open_desk(
    record: Record,
    show: LoadedShow,
    articles: Mapping[Sku, Article],
    on_stock_changed: Callable[[Sku], None],
    on_order_changed: Callable[[OrderAnswer], None],
) -> GroupCommitCheckout:
    """Return a show's desk on a record, not yet started."""
    return GroupCommitCheckout(
        record,
        show=show.info.id,
        offers=offers(show, articles),
        fences_ms=fences_ms(show),
        hold_ms=show.settings.hold_ms,
        now=wall_clock,
        new_id=new_id,
        on_stock_changed=on_stock_changed,
        on_order_changed=lambda order: on_order_changed(order.answer()),
    )
