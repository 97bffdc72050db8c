"""Each adapter against its vendor's local gateway: real sockets, real keys, the SDK's own signing and verification."""

from typing import Any

import pytest

from broadcast.checkout.adapters import sdk_threads
from broadcast.checkout.payment import GatewayUnavailableError, PaymentNotification
from broadcast.errors import Refusal

ORDER = "01936a3e-5b7c-7d11-8f00-0123456789ab"


async def paid(vendor: Any) -> str:
    """Have the order paid; return the gateway's reference."""
    outcome = await vendor.here.request_payment(vendor.payment())
    return str(outcome.reference or vendor.trade.reference)


async def test_an_agreement_pays_by_one_tap(vendor: Any):
    reference = await paid(vendor)
    outcome = await vendor.here.query_payment(vendor.payment(reference=reference))
    assert (outcome.state, outcome.amount) == ("captured", vendor.payment().amount)
    assert outcome.reference == vendor.trade.reference


async def test_without_an_agreement_the_buyer_is_told_what_to_do_and_then_pays(vendor: Any):
    outcome = await vendor.here.request_payment(vendor.payment(consent=False))
    assert outcome.state == "pending"
    assert outcome.action is not None
    assert outcome.action.kind == ("client-secret" if vendor.name == "stripe" else "qr")
    waiting = vendor.payment(consent=False, reference=outcome.reference)
    assert (await vendor.here.query_payment(waiting)).state == "pending"
    vendor.there.pay(vendor.trade)
    assert (await vendor.here.query_payment(waiting)).state == "captured"


async def test_asking_twice_charges_once(vendor: Any):
    request = vendor.payment()
    first = await vendor.here.request_payment(request)
    again = await vendor.here.request_payment(request)
    assert len(vendor.there.trades) == 1
    assert {first.state, again.state} <= {"pending", "captured"}


async def test_a_buyer_without_money_fails_the_payment_at_once(vendor: Any):
    vendor.there.manners.decline = True
    outcome = await vendor.here.request_payment(vendor.payment())
    assert outcome.state == "failed"
    assert outcome.reason


async def test_a_refund_goes_back_once_and_can_be_asked_after(vendor: Any):
    reference = await paid(vendor)
    refund = vendor.refund(reference=reference)
    assert (await vendor.here.query_refund(refund)).state == "unknown"
    first = await vendor.here.refund(refund)
    again = await vendor.here.refund(refund)
    assert {first.state, again.state} <= {"pending", "refunded"}
    assert vendor.trade.refunded == refund.amount.value
    assert (await vendor.here.query_refund(refund)).amount == refund.amount


async def test_a_payment_no_longer_wanted_is_closed(vendor: Any):
    outcome = await vendor.here.request_payment(vendor.payment(consent=False))
    request = vendor.payment(consent=False, reference=outcome.reference)
    assert (await vendor.here.close(request)).state == "closed"
    assert vendor.trade.state == "closed"
    assert (await vendor.here.query_payment(request)).state == "failed"


async def test_closing_too_late_says_that_it_was_paid(vendor: Any):
    reference = await paid(vendor)
    outcome = await vendor.here.close(vendor.payment(reference=reference))
    assert (outcome.state, outcome.amount) == ("captured", vendor.payment().amount)


async def test_a_payment_the_gateway_never_heard_of_is_unknown(vendor: Any):
    assert (await vendor.here.query_payment(vendor.payment())).state == "unknown"
    assert (await vendor.here.close(vendor.payment())).state == "unknown"


async def test_a_failing_gateway_is_asked_again_and_charges_once(vendor: Any):
    vendor.there.manners.fail = 1
    with pytest.raises(GatewayUnavailableError):
        await vendor.here.request_payment(vendor.payment())
    assert vendor.there.trades == {}
    await paid(vendor)
    assert vendor.trade.state == "paid"


async def test_an_answer_lost_after_the_deed_is_found_by_asking_again(vendor: Any):
    vendor.there.manners.lose = 1
    with pytest.raises(GatewayUnavailableError):
        await vendor.here.request_payment(vendor.payment())
    assert vendor.trade.state == "paid"
    outcome = await vendor.here.request_payment(vendor.payment())
    assert outcome.state in {"captured", "pending"}
    assert len(vendor.there.trades) == 1


async def test_a_gateway_that_is_slow_is_given_up_in_time(vendor: Any, monkeypatch: pytest.MonkeyPatch):
    vendor.there.manners.slow_s = 0.5
    monkeypatch.setattr(vendor.here._threads, "_timeout_s", 0.05)
    with pytest.raises(GatewayUnavailableError, match="no answer"):
        await vendor.here.query_payment(vendor.payment(reference="pi_1"))


async def test_more_calls_than_can_wait_are_not_taken(vendor: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vendor.here._threads, "_running", sdk_threads.THREADS + sdk_threads.MAX_WAITING)
    with pytest.raises(GatewayUnavailableError, match="waiting"):
        await vendor.here.request_payment(vendor.payment())


async def test_an_answer_signed_by_a_stranger_is_not_believed(vendor: Any):
    if vendor.name == "stripe":  # its answers carry no signature: TLS vouches for them
        assert "sign" not in vendor.there.intent(await _trade(vendor))
        return
    reference = await paid(vendor)
    vendor.there.manners.forged = True
    with pytest.raises(GatewayUnavailableError):
        await vendor.here.query_payment(vendor.payment(reference=reference))


async def _trade(vendor: Any) -> Any:
    await paid(vendor)
    return vendor.trade


# ------------------------------------------------------------ notifications


@pytest.mark.parametrize("kind", ["captured", "refunded"])
async def test_a_signed_notification_is_believed(vendor: Any, kind: str):
    trade = await _trade(vendor)
    trade.refunded = trade.value
    headers, body = vendor.there.message(trade, kind)
    news = vendor.here.read(headers, body)
    assert isinstance(news, PaymentNotification)
    assert (news.kind, news.order, news.amount) == (kind, ORDER, vendor.payment().amount)
    again = vendor.here.read(*vendor.there.message(trade, kind))
    assert again.id == news.id


async def test_news_of_a_failed_payment_is_told(vendor: Any):
    await vendor.here.request_payment(vendor.payment(consent=False))
    vendor.trade.state = "closed"
    vendor.trade.more["by"] = "agreement"
    news = vendor.here.read(*vendor.there.message(vendor.trade, "failed"))
    assert (news.kind, news.order, news.amount) == ("failed", ORDER, vendor.payment().amount)


async def test_a_forged_notification_is_refused(vendor: Any):
    trade = await _trade(vendor)
    vendor.there.manners.forged = True
    assert refusal(vendor, *vendor.there.message(trade, "captured")) == "unauthorized"


async def test_a_notification_changed_on_the_way_is_refused(vendor: Any):
    headers, body = vendor.there.message(await _trade(vendor), "captured")
    assert refusal(vendor, headers, body + b"&x=1" if vendor.name == "alipay" else body + b" ") == "unauthorized"


async def test_an_old_notification_is_a_replay(vendor: Any):
    trade = await _trade(vendor)
    vendor.there.manners.age_s = 3_600
    message = vendor.there.message(trade, "captured")
    if vendor.name == "alipay":  # its signature holds no time: the order's own state makes a replay harmless
        assert vendor.here.read(*message).id == vendor.here.read(*message).id
    else:
        assert refusal(vendor, *message) == "unauthorized"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({}, b"{}"),
        ({"Stripe-Signature": "t=x,v1="}, b"{}"),
        ({"Stripe-Signature": "t=1,v1=\xff"}, b"\xff\xfe"),
        ({"Wechatpay-Serial": "FF", "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048"}, b"{}"),
        (
            {
                "Wechatpay-Serial": "PUB_KEY_ID_0119000000012026",
                "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
                "Wechatpay-Timestamp": "9" * 400,
                "Wechatpay-Signature": "====",
            },
            b"{}",
        ),
        ({}, b"sign=%00&sign_type=RSA2&app_id=1"),
        ({}, b"sign=abc&sign_type=RSA2&sign_type=RSA2"),
        ({}, b"sign_type=RSA&sign=YQ%3D%3D"),
    ],
)
async def test_noise_is_refused(vendor: Any, headers: dict[str, str], body: bytes):
    assert refusal(vendor, headers, body) in {"unauthorized", "malformed"}
    assert vendor.there.requests == []


async def test_a_notification_too_large_is_not_looked_at(vendor: Any):
    assert refusal(vendor, {}, b"x" * 300_000) == "too-large"


async def test_each_vendor_hears_the_answer_it_understands(vendor: Any):
    accepted, refused = vendor.here.accepted(), vendor.here.refused(Refusal("busy"))
    assert (accepted.status, accepted.body) == {
        "alipay": (200, b"success"),
        "wechat_pay": (204, b""),
        "stripe": (200, b'{"received":true}'),
    }[vendor.name]
    assert refused.status == 503
    assert b"success" not in refused.body


# ------------------------------------------------------------ statements


async def test_a_statement_lists_every_movement_with_its_fee(vendor: Any):
    reference = await paid(vendor)
    await vendor.here.refund(vendor.refund(reference=reference))
    lines = await vendor.here.statement("2026-11-11")
    assert [(line.order, line.kind, line.amount) for line in lines] == [
        (ORDER, "captured", vendor.payment().amount),
        (ORDER, "refunded", vendor.payment().amount),
    ]
    assert lines[0].fee == {"alipay": 779, "wechat_pay": 779, "stripe": 3_797}[vendor.name]


async def test_a_statement_longer_than_a_page_is_read_to_its_end(vendor: Any):
    for number in range(5):
        await vendor.here.request_payment(vendor.payment(order=f"01936a3e-5b7c-7d11-8f00-00000000000{number}"))
    assert len(await vendor.here.statement("2026-11-11")) == 5


def refusal(vendor: Any, headers: dict[str, str], body: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        vendor.here.read(headers, body)
    return caught.value.name
