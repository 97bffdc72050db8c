import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from broadcast.checkout.adapters.notifications import MAX_NOTIFICATION_BYTES, sign, verify
from broadcast.checkout.payment import PaymentNotification
from broadcast.clock import WallMs
from broadcast.errors import Refusal
from broadcast.money import Money

SECRET = "whsec_" + base64.b64encode(b"a secret of at least 24 bytes").decode()
NEWS = PaymentNotification(id="msg_1", kind="captured", order="order-1", amount=Money(129_900, "CNY"))

Message = tuple[dict[str, str], bytes]


@pytest.fixture
def now() -> WallMs:
    """The signature library reads the wall clock itself, so these tests live now."""
    return WallMs(int(time.time() * 1000))


@pytest.fixture
def message(now: WallMs) -> Message:
    return sign(NEWS, now, SECRET)


@pytest.fixture
def signed(now: WallMs) -> Callable[[bytes], Message]:
    """Sign any body rightly."""

    def make(body: bytes) -> Message:
        headers, _ = sign(NEWS, now, SECRET)
        sent_at = datetime.fromtimestamp(now / 1000, tz=UTC)
        return headers | {"webhook-signature": Webhook(SECRET).sign(NEWS.id, sent_at, body.decode())}, body

    return make


def refusal(headers: dict[str, str], body: bytes, secret: str = SECRET) -> str:
    with pytest.raises(Refusal) as caught:
        verify(headers, body, secret)
    return caught.value.name


@pytest.mark.parametrize("kind", ["captured", "failed", "refunded"])
def test_what_the_gateway_signed_is_what_the_shop_reads(now: WallMs, kind: str):
    news = PaymentNotification(id="msg_1", kind=kind, order="order-1", amount=Money(1, "JPY"))
    headers, body = sign(news, now, SECRET)
    assert verify({name.upper(): text for name, text in headers.items()}, body, SECRET) == news


def test_the_public_library_agrees_with_the_signature(message: Message):
    headers, body = message
    assert Webhook(SECRET).verify(body, headers)["type"] == "payment.captured"


def test_a_forged_body_is_not_the_gateways(message: Message):
    headers, body = message
    assert refusal(headers, body.replace(b"129900", b"1")) == "unauthorized"
    assert refusal(headers, b"\xff\xfe") == "unauthorized"
    assert refusal(headers | {"webhook-id": "msg_2"}, body) == "unauthorized"


def test_another_secrets_signature_is_not_the_gateways(message: Message):
    other = "whsec_" + base64.b64encode(b"another secret of 24 bytes and more").decode()
    assert refusal(*message, secret=other) == "unauthorized"


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_notification_without_all_its_headers_is_not_the_gateways(message: Message, header: str):
    headers, body = message
    assert refusal({name: text for name, text in headers.items() if name != header}, body) == "unauthorized"


@pytest.mark.parametrize("signature", ["", "v1", "v1,", "v1,not base64!", "v2,AAAA", "v1,é", "v1,a,b"])
def test_a_mangled_signature_is_not_the_gateways(message: Message, signature: str):
    headers, body = message
    assert refusal(headers | {"webhook-signature": signature}, body) == "unauthorized"


@pytest.mark.parametrize("timestamp", ["", "soon", "nan", "inf", "-1", "9" * 400])
def test_a_mangled_timestamp_is_not_the_gateways(message: Message, timestamp: str):
    headers, body = message
    assert refusal(headers | {"webhook-timestamp": timestamp}, body) == "unauthorized"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_message_is_refused_however_well_signed(now: WallMs, minutes: int):
    assert refusal(*sign(NEWS, WallMs(now + minutes * 60_000), SECRET)) == "unauthorized"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type":"payment.captured","timestamp":"","data":{"order":"o","amount":{"value":"1","currency":"CNY"}}}',
        b'{"type":"payment.captured","timestamp":"","data":{"order":"o","amount":{"value":1.5,"currency":"CNY"}}}',
        b'{"type":"payment.captured","timestamp":"","data":{"order":null,"amount":{"value":1,"currency":"CNY"}}}',
        b'{"type":"payment.invented","timestamp":"","data":{"order":"o","amount":{"value":1,"currency":"CNY"}}}',
    ],
)
def test_a_message_rightly_signed_that_makes_no_sense_is_malformed(signed: Callable[[bytes], Message], body: bytes):
    assert refusal(*signed(body)) == "malformed"


def test_what_later_versions_add_is_no_obstacle(signed: Callable[[bytes], Message], message: Message):
    body = json.loads(message[1]) | {"added_later": [1]}
    assert verify(*signed(json.dumps(body).encode()), SECRET) == NEWS


def test_a_huge_message_is_refused_before_it_is_looked_at(message: Message):
    assert refusal(message[0], b" " * (MAX_NOTIFICATION_BYTES + 1)) == "too-large"


def test_a_name_too_long_to_keep_is_malformed(now: WallMs):
    long_name = PaymentNotification(id="m" * 256, kind="failed", order="o", amount=Money(1, "CNY"))
    assert refusal(*sign(long_name, now, SECRET)) == "malformed"
