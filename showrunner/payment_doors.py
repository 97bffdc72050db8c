"""The doors of payments, wherever the desk is: notifications, the sandbox, consents."""

from typing import Protocol

from aiohttp import web

from broadcast.channels.adapters.tokens import ProducerTokens, ViewerTokens
from broadcast.checkout.port import OrderDoor, PaymentNews
from broadcast.ids import ChannelId
from broadcast.show import ShowInfo
from showrunner.consented_taps import ConsentedTaps
from showrunner.feed_parts import wall_clock
from showrunner.http.consents import ConsentDoor, Orders
from showrunner.http.payments import PaymentDoor
from showrunner.payments import Payments
from showrunner.settings import CheckoutSettings, Settings
from showrunner.show_folder import LoadedShow


class PaidDesk(PaymentNews, Orders, Protocol):
    """A desk, here or elsewhere."""


def payment_routes(
    settings: Settings | CheckoutSettings,
    show: ShowInfo,
    desk: PaidDesk,
    payments: Payments | None,
    producers: ProducerTokens,
    viewers: ViewerTokens,
) -> list[web.RouteDef]:
    """Return the routes; where payments are another process's business, only the house's own notifications."""
    secret = settings.payment_key.get_secret_value()
    if payments is None:
        return PaymentDoor(show.id, desk, secret, producers, None).routes()
    door = PaymentDoor(
        show.id,
        desk,
        secret,
        producers,
        payments.sandbox,
        readers=payments.gateways,
        refused=payments.refused,
        per_minute=settings.notifications_per_minute,
    )
    keys = {ChannelId(name): key.get_secret_value().encode() for name, key in settings.channel_keys.items()}
    consents = ConsentDoor(
        payments.book,
        desk,
        viewers,
        keys,
        wall_clock,
        provider_of=lambda channel: settings.provider_of(channel, show.currency),
    )
    return [*door.routes(), *consents.routes()]


def consented_taps(
    settings: Settings | CheckoutSettings, show: LoadedShow, desk: OrderDoor, payments: Payments | None
) -> ConsentedTaps | None:
    """Return the way of taps to a desk with spending limits; None where it is straight.

    That is without limits, and where consents are kept by another process.
    """
    if show.spending is None or payments is None:
        return None
    currency = show.info.currency
    return ConsentedTaps(desk.tap, payments.book.agreements, lambda channel: settings.provider_of(channel, currency))
