"""What every process that may own a show's desk makes of the show."""

import hmac
from collections.abc import Callable, Mapping

import msgspec

from broadcast.checkout.adapters.group_commit import GroupCommitCheckout
from broadcast.checkout.adapters.record import Record
from broadcast.checkout.offers import Offer, SaleWindow
from broadcast.checkout.orders import Order
from broadcast.checkout.shares import Shares
from broadcast.clock import ProgrammeMs
from broadcast.ids import ChannelId, Sku
from broadcast.messages import OrderAnswer
from broadcast.show import Article
from showrunner.feed_parts import new_id, wall_clock
from showrunner.show_folder import LoadedShow
from showrunner.show_folder.terms import Terms

TICKETS = b"arrival tickets"
"""What the key is for, so that it is worth nothing for anything else."""


def offers(show: LoadedShow, articles: Mapping[Sku, Article]) -> list[Offer]:
    """Return the catalogue as it is sold."""
    return [
        _offer(article, show.terms.get(article.sku), show.settings.limit_per_buyer) for article in articles.values()
    ]


def _offer(article: Article, terms: Terms | None, limit_per_buyer: int) -> Offer:
    plain = Offer(
        sku=article.sku,
        price=article.price,
        stock=article.stock,
        limit_per_buyer=article.limit_per_buyer or limit_per_buyer,
        title=article.title,
    )
    if terms is None:
        return plain
    window = SaleWindow(opens_ms=_programme(terms.opens_ms), ends_ms=_programme(terms.ends_ms))
    return msgspec.structs.replace(
        plain,
        prices=terms.prices,
        window=None if window == SaleWindow() else window,
        charge_at_ms=terms.payment_due_ms,
        charge_after_ms=terms.payment_after_ms,
        group=article.handle,
        limit_per_group=terms.limit_per_product,
        shares=Shares(percent=terms.shares, pooled_after_ms=terms.shares_ms) if terms.shares else None,
    )


def _programme(instant_ms: int | None) -> ProgrammeMs | None:
    return None if instant_ms is None else ProgrammeMs(instant_ms)


def fences_ms(show: LoadedShow) -> dict[ChannelId, int]:
    """Return how much later than capture each channel's viewers see a frame."""
    return {channel.id: channel.opens_after_ms for channel in show.channels}


def open_desk(
    record: Record,
    show: LoadedShow,
    articles: Mapping[Sku, Article],
    on_stock_changed: Callable[[Sku], None],
    on_order_changed: Callable[[OrderAnswer], None],
    secret: str | None = None,
) -> GroupCommitCheckout:
    """Return a show's desk on a record, not yet started.

    ``secret`` is one that every process of the show has: arrival tickets are signed with a key made from it.
    ``on_order_changed`` hears what became of an order after it was placed.
    """

    def changed(order: Order) -> None:
        if order.status != "reserved":  # that it was placed, its answer has said, and the stock
            on_order_changed(order.answer())

    return GroupCommitCheckout(
        record,
        show=show.info.id,
        offers=offers(show, articles),
        fences_ms=fences_ms(show),
        hold_ms=show.settings.hold_ms,
        now=wall_clock,
        new_id=new_id,
        on_stock_changed=on_stock_changed,
        on_order_changed=changed,
        ticket_key=None if secret is None else hmac.digest(secret.encode(), TICKETS, "sha256"),
        latencies_ms={channel.id: channel.latency_ms for channel in show.channels},
        limits=show.spending,
    )
