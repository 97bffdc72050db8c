import pytest

from showrunner.gateways import make_gateways
from showrunner.payment_settings import PaymentSettings
from showrunner.settings import SECRETS, SettingsError


def test_a_channels_gateway_counts_before_its_currencys_and_both_before_the_general_one():
    settings = PaymentSettings(
        payments="sandbox", payments_by_channel={"youku": "alipay"}, payments_by_currency={"HKD": "stripe"}
    )
    assert settings.provider_of("youku", "HKD") == "alipay"
    assert settings.provider_of("web", "HKD") == "stripe"
    assert settings.provider_of("web", "CNY") == "sandbox"
    assert settings.providers == {"sandbox", "alipay", "stripe"}


def test_the_sandbox_needs_no_gateway():
    assert make_gateways(PaymentSettings()) == {}


@pytest.mark.parametrize("provider", ["alipay", "wechat_pay", "stripe"])
def test_a_gateway_that_is_not_set_up_is_refused_at_the_start_by_the_missing_settings_name(provider: str):
    with pytest.raises(SettingsError, match=provider):
        make_gateways(PaymentSettings(payments=provider))


def test_keys_that_are_none_are_refused_without_being_shown():
    settings = PaymentSettings(
        payments="alipay", payments_url="https://shop.example", alipay_app_id="1", alipay_private_key="not a key",
        alipay_public_key="nor this",
    )  # fmt: skip
    with pytest.raises(SettingsError) as refused:
        make_gateways(settings)
    assert "not a key" not in str(refused.value)


def test_every_secret_of_a_gateway_is_kept_out_of_files():
    for name, field in PaymentSettings.model_fields.items():
        assert ("SecretStr" in str(field.annotation)) == (name in SECRETS), name
