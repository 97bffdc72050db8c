"""Makes the payment gateways that the settings name."""

from typing import Protocol

from pydantic import SecretStr

from broadcast.checkout.adapters.alipay import AlipayAccount, AlipayGateway
from broadcast.checkout.adapters.stripe_gateway import StripeAccount, StripeGateway
from broadcast.checkout.adapters.wechat_pay import WeChatPayAccount, WeChatPayGateway
from broadcast.checkout.payment import NotificationReader, PaymentGateway, Provider, StatementSource
from showrunner.feed_parts import wall_clock
from showrunner.payment_settings import PaymentSettings
from showrunner.settings import SettingsError


class Gateway(PaymentGateway, NotificationReader, StatementSource, Protocol):
    """All that a real gateway can do."""

    def close_threads(self) -> None:
        """Make no more calls."""


def make_gateways(settings: PaymentSettings) -> dict[Provider, Gateway]:
    """Return every real gateway the settings name; the sandbox is none.

    Raises:
        SettingsError: a gateway is named whose settings are missing or wrong.
    """
    makers = {"alipay": _alipay, "wechat_pay": _wechat_pay, "stripe": _stripe}
    made: dict[Provider, Gateway] = {}
    for provider in sorted(settings.providers - {"sandbox"}):
        try:
            made[provider] = makers[provider](settings)
        except SettingsError:
            raise
        except Exception as wrong:  # noqa: BLE001 - the SDKs raise bare Exception for keys they cannot read
            raise SettingsError(f"{provider}: its keys cannot be used: {type(wrong).__name__}") from None
    return made


def notify_url(settings: PaymentSettings, provider: Provider) -> str:
    """Return the address a gateway sends its notifications to."""
    return f"{_needed(settings, 'payments_url').rstrip('/')}/v1/payments/{provider}/notifications"


def _alipay(settings: PaymentSettings) -> Gateway:
    return AlipayGateway(
        AlipayAccount(
            app_id=_needed(settings, "alipay_app_id"),
            private_key=_needed(settings, "alipay_private_key"),
            public_key=_needed(settings, "alipay_public_key"),
            seller_id=settings.alipay_seller_id or "",
            notify_url=notify_url(settings, "alipay"),
            gateway_url=settings.alipay_url,
        ),
        wall_clock,
    )


def _wechat_pay(settings: PaymentSettings) -> Gateway:
    return WeChatPayGateway(
        WeChatPayAccount(
            merchant_id=_needed(settings, "wechat_pay_merchant_id"),
            app_id=_needed(settings, "wechat_pay_app_id"),
            private_key=_needed(settings, "wechat_pay_private_key"),
            certificate_serial=_needed(settings, "wechat_pay_certificate_serial"),
            api_v3_key=_needed(settings, "wechat_pay_api_v3_key"),
            public_key=_needed(settings, "wechat_pay_public_key"),
            public_key_id=_needed(settings, "wechat_pay_public_key_id"),
            notify_url=notify_url(settings, "wechat_pay"),
            base_url=settings.wechat_pay_url,
        ),
        wall_clock,
    )


def _stripe(settings: PaymentSettings) -> Gateway:
    return StripeGateway(
        StripeAccount(
            secret_key=_needed(settings, "stripe_secret_key"),
            webhook_secret=_needed(settings, "stripe_webhook_secret"),
            capture=settings.stripe_capture,
            base_url=settings.stripe_url,
        )
    )


def _needed(settings: PaymentSettings, name: str) -> str:
    value = getattr(settings, name)
    if not value:
        raise SettingsError(f"{name}: is needed by a gateway that payments name")
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return text.replace("\\n", "\n")  # a PEM on one line of an environment file
