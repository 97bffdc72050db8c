"""WeChat Pay, API v3: deduction by contract (pap-pay), JSAPI and Native pre-orders, refunds, notifications and bills.

Over wechatpayv3, which signs requests, verifies every answer and decrypts notifications. WeChat Pay is verified with
its public key (not with platform certificates): a notification that names another key is refused unread, so that no
stranger can make this process fetch certificates.
"""

import gzip
import hashlib
import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import requests
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.type import RequestType

from broadcast.checkout.adapters.bills import MAX_BILL_BYTES, read_wechat_bill
from broadcast.checkout.adapters.sdk_threads import SDK_TIMEOUT_S, SdkThreads
from broadcast.checkout.payment import (
    Acknowledgement,
    BuyerAction,
    GatewayUnavailableError,
    NotificationKind,
    Outcome,
    PaymentNotification,
    PaymentRequest,
    RefundRequest,
    StatementLine,
)
from broadcast.checkout.trade_numbers import order_of, trade_number
from broadcast.clock import Now
from broadcast.errors import Refusal
from broadcast.money import Money

MAX_NOTIFICATION_BYTES = 20_480

TOLERANCE_MS = 300_000
"""How far a notification's timestamp may be from now; older ones are replays."""

DEDUCTION = "/v3/papay/pay/transactions/apply"
"""Deduct by contract: taken now, carried out later, told by notification. The SDK has no call of its own for it."""

_SIGNED = ("Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Serial",
           "Wechatpay-Signature-Type")  # fmt: skip
_SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
_OK, _FIRST_ERROR, _NOT_FOUND = 200, 300, 404
_FAILED = frozenset(
    {
        "NOT_ENOUGH", "NOTENOUGH", "ACCOUNT_ERROR", "ACCOUNTERROR", "CONTRACT_NOT_EXIST", "CONTRACT_ERROR",
        "CONTRACT_NOT_CONFIRM", "RULE_LIMIT", "RULELIMIT", "ORDER_CLOSED", "TRADE_ERROR", "BANK_ERROR",
        "USER_ACCOUNT_ABNORMAL", "OPENID_MISMATCH",
    }
)  # fmt: skip
"""Codes that no repetition makes good. Any other refusal is asked again: a mistake in our own set-up costs no buyer."""

_ORDER_PAID = "ORDERPAID"


class WeChatPayAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant's side of WeChat Pay.

    Attributes:
        private_key: the merchant's API certificate's key, PEM; ``certificate_serial`` is that certificate's.
        api_v3_key: 32 characters; notifications are encrypted with it.
        public_key, public_key_id: WeChat Pay's own, and how it is called in ``Wechatpay-Serial``.
        base_url: another address than WeChat Pay's own, for a proxy or a test gateway.
    """

    merchant_id: str
    app_id: str
    private_key: str
    certificate_serial: str
    api_v3_key: str
    public_key: str
    public_key_id: str
    notify_url: str
    base_url: str | None = None


class WeChatPayGateway:
    """WeChat Pay as a payment gateway."""

    def __init__(self, account: WeChatPayAccount, now: Now) -> None:
        self._account = account
        self._now = now
        self._threads = SdkThreads("wechat-pay")
        self._sdk = WeChatPay(
            wechatpay_type=WeChatPayType.NATIVE,
            mchid=account.merchant_id,
            private_key=account.private_key,
            cert_serial_no=account.certificate_serial,
            appid=account.app_id,
            apiv3_key=account.api_v3_key,
            notify_url=account.notify_url,
            timeout=SDK_TIMEOUT_S,
            public_key=account.public_key,
            public_key_id=account.public_key_id,
        )
        # The SDK's core is reached into here alone: for an address it takes no argument for, and for its signed
        # request, which DEDUCTION needs.
        core = self._sdk._core  # noqa: SLF001 - see above
        if account.base_url is not None:
            core._gate_way = account.base_url  # noqa: SLF001 - see above
        self._signed_request: Callable[..., tuple[int, str | bytes]] = core.request

    def close_threads(self) -> None:
        """Make no more calls."""
        self._threads.close()

    # ------------------------------------------------------------ asking

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        """Deduct by the buyer's contract; without one, prepare a payment in the buyer's app or by a code."""
        agreement = request.agreement
        number = trade_number(request.order)
        description = f"{request.show} {number[:8]}"
        amount = {"total": request.amount.value, "currency": request.amount.currency}
        if agreement is not None and agreement.reference:
            body = {
                "appid": self._account.app_id,
                "mchid": self._account.merchant_id,
                "out_trade_no": number,
                "description": description,
                "transaction_notify_url": self._account.notify_url,
                "contract_id": agreement.reference,
                "amount": amount,
            }
            code, answer = await self._call(lambda: self._signed_request(DEDUCTION, method=RequestType.POST, data=body))
            return await self._asked(code, answer, request)
        payer = {"openid": agreement.customer} if agreement is not None and agreement.customer else None
        expires = datetime.fromtimestamp(request.pay_by_ms // 1000, tz=UTC).isoformat()
        kind = WeChatPayType.JSAPI if payer else WeChatPayType.NATIVE
        code, answer = await self._call(
            lambda: self._sdk.pay(
                description=description, out_trade_no=number, amount=amount, payer=payer, time_expire=expires,
                pay_type=kind,
            )
        )  # fmt: skip
        return await self._asked(code, answer, request)

    async def query_payment(self, request: PaymentRequest) -> Outcome:
        """Ask for the transaction's state."""
        code, answer = await self._call(lambda: self._sdk.query(out_trade_no=trade_number(request.order)))
        if code == _NOT_FOUND:
            return Outcome(state="unknown")
        _must_be_ok(code, answer)
        state, reference = answer.get("trade_state"), str(answer.get("transaction_id", ""))
        if state in {"SUCCESS", "REFUND"}:
            return Outcome(state="captured", amount=_money(answer, "total"), reference=reference)
        if state in {"CLOSED", "REVOKED", "PAYERROR", "PAY_FAIL"}:
            return Outcome(state="failed", reference=reference, reason=str(state))
        return Outcome(state="pending", reference=reference)

    async def capture(self, request: PaymentRequest) -> Outcome:
        """WeChat Pay captures what it deducts: the same as asking."""
        return await self.query_payment(request)

    async def close(self, request: PaymentRequest) -> Outcome:
        """Close the transaction, or say that it was paid already."""
        code, answer = await self._call(lambda: self._sdk.close(out_trade_no=trade_number(request.order)))
        if code < _FIRST_ERROR:
            return Outcome(state="closed")
        if code == _NOT_FOUND:
            return Outcome(state="unknown")
        if answer.get("code") in {_ORDER_PAID, "ORDER_PAID", "ORDER_CLOSED", "TRADE_ERROR"}:
            return await self.query_payment(request)
        raise GatewayUnavailableError(f"wechat-pay: {code} {answer.get('code')}")

    async def refund(self, request: RefundRequest) -> Outcome:
        """Give the whole amount back; the order itself names the refund, so asking twice is asking once."""
        number, value = trade_number(request.order), request.amount.value
        amount = {"refund": value, "total": value, "currency": request.amount.currency}
        code, answer = await self._call(
            lambda: self._sdk.refund(out_refund_no=number, out_trade_no=number, amount=amount)
        )
        _must_be_ok(code, answer)
        return _refund_state(answer)

    async def query_refund(self, request: RefundRequest) -> Outcome:
        """Ask for the refund's state."""
        code, answer = await self._call(lambda: self._sdk.query_refund(trade_number(request.order)))
        if code == _NOT_FOUND:
            return Outcome(state="unknown")
        _must_be_ok(code, answer)
        return _refund_state(answer)

    async def statement(self, day: str) -> list[StatementLine]:
        """Return the day's trade bill (Beijing time), its digest checked."""
        code, answer = await self._call(lambda: self._sdk.trade_bill(bill_date=day))
        if answer.get("code") in {"NO_STATEMENT_EXIST", "STATEMENT_NOT_EXIST"}:
            return []
        _must_be_ok(code, answer)
        address = str(answer.get("download_url", ""))
        digest = str(answer.get("hash_value", "")).lower()
        return read_wechat_bill(await self._threads.run(lambda: _explained(lambda: self._bill(address, digest))))

    def _bill(self, address: str, digest: str) -> str:
        code, content = self._sdk.download_bill(address)
        if code != _OK or not isinstance(content, bytes):
            raise GatewayUnavailableError(f"wechat-pay: the bill cannot be had: {code}")
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            text = packed.read(MAX_BILL_BYTES + 1)
        if len(text) > MAX_BILL_BYTES:
            raise GatewayUnavailableError("the bill is larger than any day's")
        if hashlib.sha1(text, usedforsecurity=False).hexdigest() != digest:
            raise GatewayUnavailableError("wechat-pay: the bill is not the one that was announced")
        return text.decode()

    # ------------------------------------------------------------ listening

    def read(self, headers: Mapping[str, str], body: bytes) -> PaymentNotification | None:
        """Read a notification: the signature over the raw body first, then the freshness, then the sealed resource.

        Raises:
            Refusal: ``too-large``, ``unauthorized`` (forged, old, or for another merchant), ``malformed``.
        """
        if len(body) > MAX_NOTIFICATION_BYTES:
            raise Refusal("too-large", f"a notification has at most {MAX_NOTIFICATION_BYTES} bytes")
        lowered = {name.lower(): text for name, text in headers.items()}
        signed = {name: lowered.get(name.lower(), "") for name in _SIGNED}
        told = self._opened(signed, body)
        if told is None:
            raise Refusal("unauthorized", "the notification is not signed by the gateway")
        stamp = signed["Wechatpay-Timestamp"]
        if abs(int(stamp) * 1000 - self._now()) > TOLERANCE_MS:
            raise Refusal("unauthorized", "the notification was signed too long ago")
        resource = told["resource"]
        if not isinstance(resource, dict) or resource.get("mchid") != self._account.merchant_id:
            raise Refusal("unauthorized", "the notification is for another merchant")
        return _news(str(told.get("id", "")), resource)

    def accepted(self) -> Acknowledgement:
        """Return the answer after which WeChat Pay stops telling: no content."""
        return Acknowledgement(status=204)

    def refused(self, refusal: Refusal) -> Acknowledgement:
        """Return the answer after which WeChat Pay tells again."""
        body = msgspec.json.encode({"code": "FAIL", "message": refusal.name})
        return Acknowledgement(status=refusal.status, body=body, content_type="application/json")

    def _opened(self, signed: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
        """Verify and decrypt by the SDK; None for whatever is not the gateway's."""
        if (
            signed["Wechatpay-Serial"] != self._account.public_key_id
            or signed["Wechatpay-Signature-Type"] != _SIGNATURE_TYPE
            or not signed["Wechatpay-Timestamp"].isdecimal()
            or len(signed["Wechatpay-Timestamp"]) > len("4102444800")
        ):
            return None
        try:
            told: dict[str, Any] | None = self._sdk.callback(signed, body)
        except Exception:  # noqa: BLE001 - the SDK raises bare Exception; forged input must have one answer
            return None
        return told

    # ------------------------------------------------------------ the wire

    async def _asked(self, code: int, answer: Mapping[str, Any], request: PaymentRequest) -> Outcome:
        if code < _FIRST_ERROR:
            if "code_url" in answer:
                return Outcome(state="pending", action=BuyerAction(kind="qr", value=str(answer["code_url"])))
            if "prepay_id" in answer:
                return Outcome(state="pending", action=BuyerAction(kind="prepay", value=str(answer["prepay_id"])))
            return Outcome(state="pending")
        why = str(answer.get("code", ""))
        if why in {_ORDER_PAID, "ORDER_PAID"}:
            return await self.query_payment(request)
        if why in _FAILED:
            return Outcome(state="failed", reason=why)
        raise GatewayUnavailableError(f"wechat-pay: {code} {why}")

    async def _call(self, call: Callable[[], tuple[int, str | bytes]]) -> tuple[int, dict[str, Any]]:
        code, text = await self._threads.run(lambda: _explained(call))
        if not text:
            return code, {}
        try:
            return code, msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.DecodeError:
            raise GatewayUnavailableError(f"wechat-pay: {code}, no JSON") from None


def _explained(call: Callable[[], Any]) -> Any:
    """Run a call; whatever kept the answer from being the gateway's own is a reason to ask again."""
    try:
        return call()
    except GatewayUnavailableError:
        raise
    except requests.RequestException as error:
        raise GatewayUnavailableError(f"wechat-pay: {type(error).__name__}") from None
    except Exception as error:  # noqa: BLE001 - the SDK raises bare Exception, for a wrong signature too
        raise GatewayUnavailableError(f"wechat-pay: {error}") from None


def _must_be_ok(code: int, answer: Mapping[str, Any]) -> None:
    if code >= _FIRST_ERROR:
        raise GatewayUnavailableError(f"wechat-pay: {code} {answer.get('code')}")


def _money(answer: Mapping[str, Any], field: str) -> Money:
    amount = answer.get("amount")
    if not isinstance(amount, dict) or type(amount.get(field)) is not int:
        raise GatewayUnavailableError("wechat-pay: the answer names no amount")
    return Money(amount[field], str(amount.get("currency", "CNY")))


def _refund_state(answer: Mapping[str, Any]) -> Outcome:
    state = answer.get("status")
    if state == "SUCCESS":
        return Outcome(state="refunded", amount=_money(answer, "refund"), reference=str(answer.get("refund_id", "")))
    if state == "PROCESSING":
        return Outcome(state="pending", reference=str(answer.get("refund_id", "")))
    return Outcome(state="failed", reason=str(state))


def _news(name: str, resource: Mapping[str, Any]) -> PaymentNotification | None:
    number = resource.get("out_trade_no")
    if not name or not isinstance(number, str) or not number:
        raise Refusal("malformed", "the notification names no trade")
    kind: NotificationKind
    field = "total"
    match resource.get("refund_status"), resource.get("trade_state"):
        case "SUCCESS", _:
            kind, field = "refunded", "refund"
        case None, "SUCCESS":
            kind = "captured"
        case None, "CLOSED" | "REVOKED" | "PAYERROR" | "PAY_FAIL":
            kind = "failed"
        case _:
            return None
    try:
        amount = _money(resource, field)
    except GatewayUnavailableError:
        raise Refusal("malformed", "the notification names no amount") from None
    return PaymentNotification(id=name, kind=kind, order=order_of(number), amount=amount)
