"""Payment notifications on the wire: JSON, signed as Standard Webhooks 1.0 says.

Headers ``webhook-id``, ``webhook-timestamp`` (seconds) and ``webhook-signature`` (``v1,`` + base64 HMAC-SHA256 of
id, timestamp and body); the secret is ``whsec_`` + base64 of 24 to 64 bytes.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError

from broadcast.checkout.payment import NotificationKind, PaymentNotification
from broadcast.clock import WallMs
from broadcast.errors import Refusal
from broadcast.ids import OrderId
from broadcast.money import Money

MAX_NOTIFICATION_BYTES = 20_480
"""The specification's advice for a payload's size."""

MAX_ID_CHARS = 255

_SIGNED_HEADERS = frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"})

_PREFIX = "payment."


class _Data(msgspec.Struct, frozen=True):
    order: str
    amount: Money


class _Envelope(msgspec.Struct, frozen=True):
    type: Literal["payment.captured", "payment.failed", "payment.refunded"]
    timestamp: str
    data: _Data


_decoder = msgspec.json.Decoder(_Envelope)


def sign(notification: PaymentNotification, now: WallMs, secret: str) -> tuple[dict[str, str], bytes]:
    """Return the headers and body of a notification sent at this wall instant."""
    sent_at = datetime.fromtimestamp(now / 1000, tz=UTC)
    data = {"order": notification.order, "amount": notification.amount}
    body = msgspec.json.encode({"type": _PREFIX + notification.kind, "timestamp": sent_at.isoformat(), "data": data})
    headers = {
        "content-type": "application/json",
        "webhook-id": notification.id,
        "webhook-timestamp": str(now // 1000),
        "webhook-signature": Webhook(secret).sign(notification.id, sent_at, body.decode()),
    }
    return headers, body


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> PaymentNotification:
    """Read a notification, having made sure that it is the gateway's and fresh (within five minutes).

    Raises:
        Refusal: ``too-large``; ``unauthorized`` where the signature is missing, wrong or old; ``malformed`` where a
            message rightly signed cannot be understood.
    """
    if len(body) > MAX_NOTIFICATION_BYTES:
        raise Refusal("too-large", f"a notification has at most {MAX_NOTIFICATION_BYTES} bytes")
    signed = {name.lower(): text for name, text in headers.items() if name.lower() in _SIGNED_HEADERS}
    try:
        Webhook(secret).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: bytes or base64 that are none
        raise Refusal("unauthorized", "the notification is not signed by the gateway") from None
    name = signed["webhook-id"]
    if len(name) > MAX_ID_CHARS:
        raise Refusal("malformed", f"webhook-id has at most {MAX_ID_CHARS} characters")
    try:
        envelope = _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise Refusal("malformed", str(error)) from None
    kind: NotificationKind
    match envelope.type:
        case "payment.captured":
            kind = "captured"
        case "payment.failed":
            kind = "failed"
        case "payment.refunded":
            kind = "refunded"
    return PaymentNotification(id=name, kind=kind, order=OrderId(envelope.data.order), amount=envelope.data.amount)
