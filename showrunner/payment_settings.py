"""Which gateway takes which payments, and our side of each; secrets come from the environment only."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from broadcast.checkout.payment import Provider

PAYMENT_SECRETS = frozenset(
    {"alipay_private_key", "wechat_pay_private_key", "wechat_pay_api_v3_key", "stripe_secret_key",
     "stripe_webhook_secret"}
)  # fmt: skip
"""Settings that a file may not hold."""

Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+[^\s]*$")]


class PaymentSettings(BaseSettings):
    """How payments are taken.

    Attributes:
        payments: the gateway of every order that neither of the next two speaks of.
        payments_by_channel, payments_by_currency: channel, or currency → gateway; the channel counts first.
        sandbox_payments: off, orders that belong to the sandbox stay unpaid until their hold runs out.
        payments_url: the public base address at which gateways reach our notifications.
        notifications_per_minute: notifications taken from one address.
        alipay_app_id, alipay_private_key, alipay_public_key, alipay_seller_id: the application and its key, Alipay's
            key, our user id there.
        wechat_pay_…: merchant, app, API certificate's serial and key, APIv3 key, WeChat Pay's public key and its id.
        stripe_…: the secret key, the webhook's secret, and when money is taken.
        alipay_url, wechat_pay_url, stripe_url: other addresses than the gateways' own.
    """

    model_config = SettingsConfigDict(env_prefix="SHOWRUNNER_", extra="forbid", frozen=True)

    payments: Provider = "sandbox"
    payments_by_channel: dict[str, Provider] = Field(default_factory=dict)
    payments_by_currency: dict[str, Provider] = Field(default_factory=dict)
    sandbox_payments: bool = True
    payments_url: Address | None = None
    notifications_per_minute: Annotated[int, Field(ge=1)] = 60_000

    alipay_app_id: str | None = None
    alipay_private_key: SecretStr | None = None
    alipay_public_key: str | None = None
    alipay_seller_id: str | None = None
    alipay_url: Address | None = None

    wechat_pay_merchant_id: str | None = None
    wechat_pay_app_id: str | None = None
    wechat_pay_private_key: SecretStr | None = None
    wechat_pay_certificate_serial: str | None = None
    wechat_pay_api_v3_key: SecretStr | None = None
    wechat_pay_public_key: str | None = None
    wechat_pay_public_key_id: str | None = None
    wechat_pay_url: Address | None = None

    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_capture: Literal["automatic", "manual"] = "automatic"
    stripe_url: Address | None = None

    @property
    def providers(self) -> frozenset[Provider]:
        """Every gateway that some order may belong to."""
        return frozenset({self.payments, *self.payments_by_channel.values(), *self.payments_by_currency.values()})

    def provider_of(self, channel: str, currency: str) -> Provider:
        """Return the gateway of a new order."""
        return self.payments_by_channel.get(channel) or self.payments_by_currency.get(currency) or self.payments


class SettleSettings(PaymentSettings):
    """How a process of role ``settle``, or one run of ``showrunner settle``, works.

    Attributes:
        show: the show's folder.
        data, database_url: where the record is: the data folder, or the PostgreSQL database, which counts first.
        payment_key: signs what the checkout must hear of; ``checkout_url`` is where it hears it.
        settle_at: when each night begins, in the show's time zone.
        settle_out: the folder of the reports, one folder a day.
    """

    role: Literal["settle"] = "settle"
    show: Path
    data: Path | None = None
    database_url: SecretStr | None = None
    payment_key: SecretStr | None = None
    checkout_url: Address | None = None
    settle_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "02:00"
    settle_out: Path = Path("settlements")
