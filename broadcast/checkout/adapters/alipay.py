"""Alipay: agreement deduction (``alipay.trade.pay``), payment codes, refunds, notifications and bills.

Over python-alipay-sdk, which signs, sends and verifies every synchronous answer (RSA2). The gateway answers in CNY.
"""

import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl

import msgspec
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError
from alipay.utils import AliPayConfig

from broadcast.checkout.adapters.bills import fetch_bill, read_alipay_bill
from broadcast.checkout.adapters.sdk_threads import SDK_TIMEOUT_S, SdkThreads
from broadcast.checkout.payment import (
    Acknowledgement,
    BuyerAction,
    GatewayUnavailableError,
    Outcome,
    PaymentNotification,
    PaymentRequest,
    RefundRequest,
    StatementLine,
)
from broadcast.checkout.trade_numbers import order_of, trade_number
from broadcast.clock import Now
from broadcast.errors import Refusal
from broadcast.money import Money, exponent, parse_major

MAX_NOTIFICATION_BYTES = 20_480
MAX_FIELDS = 100
CURRENCY = "CNY"
BEIJING = timezone(timedelta(hours=8))
"""Alipay's own time: request timestamps, expiries and bills are in it, wherever this process runs."""

WITHHOLDING = "GENERAL_WITHHOLDING"

_OK, _WAITS_FOR_BUYER, _NOT_KNOWN_YET, _BUSINESS_FAILED = "10000", "10003", "20000", "40004"
_ASK_AGAIN = frozenset({"ACQ.SYSTEM_ERROR", "AOP.ACQ.SYSTEM_ERROR", "ACQ.CONCURRENT_OPERATION", "SYSTEM_ERROR"})
_ASK_WHAT_BECAME = frozenset({"ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_CLOSE", "ACQ.CONTEXT_INCONSISTENT"})
_NO_SUCH_TRADE = frozenset({"ACQ.TRADE_NOT_EXIST"})
_PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
_AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,2})?")


class AlipayAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The merchant's side of Alipay.

    Attributes:
        private_key: the application's, PEM.
        public_key: Alipay's, PEM: what its answers and notifications are verified with.
        seller_id: our user id at Alipay; notifications for another seller are refused. Empty: not looked at.
        notify_url: where Alipay sends notifications.
        gateway_url: another address than Alipay's own, for a proxy or a test gateway.
    """

    app_id: str
    private_key: str
    public_key: str
    notify_url: str
    seller_id: str = ""
    gateway_url: str | None = None


class AlipayGateway:
    """Alipay as a payment gateway."""

    def __init__(self, account: AlipayAccount, now: Now) -> None:
        self._account = account
        self._now = now
        self._threads = SdkThreads("alipay")
        self._sdk = AliPay(
            appid=account.app_id,
            app_notify_url=account.notify_url,
            app_private_key_string=account.private_key,
            alipay_public_key_string=account.public_key,
            sign_type="RSA2",
            config=AliPayConfig(timeout=SDK_TIMEOUT_S),
        )
        if account.gateway_url is not None:
            # The SDK knows two addresses only and takes no other: this is the one place that reaches into it.
            self._sdk._gateway = account.gateway_url  # noqa: SLF001 - see above

    def close_threads(self) -> None:
        """Make no more calls."""
        self._threads.close()

    # ------------------------------------------------------------ asking

    async def request_payment(self, request: PaymentRequest) -> Outcome:
        """Deduct by the buyer's agreement, or make a code the buyer scans."""
        if request.amount.currency != CURRENCY:
            return Outcome(state="failed", reason=f"alipay takes {CURRENCY} only")
        trade: dict[str, Any] = {
            "out_trade_no": trade_number(request.order),
            "total_amount": major(request.amount),
            "subject": f"{request.show} {trade_number(request.order)[:8]}",
            "time_expire": self._beijing(request.pay_by_ms),
        }
        agreement = request.agreement
        if agreement is not None and agreement.reference:
            trade["product_code"] = WITHHOLDING
            trade["agreement_params"] = {"agreement_no": agreement.reference}
            return await self._pay("alipay.trade.pay", trade, request)
        return await self._pay("alipay.trade.precreate", trade, request)

    async def query_payment(self, request: PaymentRequest) -> Outcome:
        """Ask for the trade's state."""
        answer = await self._call("alipay.trade.query", {"out_trade_no": trade_number(request.order)})
        if _sub_code(answer) in _NO_SUCH_TRADE:
            return Outcome(state="unknown")
        self._must_be_ok(answer)
        status = answer.get("trade_status")
        reference = str(answer.get("trade_no", ""))
        if status in _PAID:
            return Outcome(state="captured", amount=_money(answer.get("total_amount")), reference=reference)
        if status == "TRADE_CLOSED":
            return Outcome(state="failed", reference=reference, reason="TRADE_CLOSED")
        return Outcome(state="pending", reference=reference)

    async def capture(self, request: PaymentRequest) -> Outcome:
        """Alipay captures what it deducts: the same as asking."""
        return await self.query_payment(request)

    async def close(self, request: PaymentRequest) -> Outcome:
        """Close the trade, or say that it was paid already."""
        answer = await self._call("alipay.trade.close", {"out_trade_no": trade_number(request.order)})
        if answer.get("code") == _OK:
            return Outcome(state="closed")
        if _sub_code(answer) in _NO_SUCH_TRADE:
            return Outcome(state="unknown")
        return await self.query_payment(request)

    async def refund(self, request: RefundRequest) -> Outcome:
        """Give the whole amount back; the order itself names the refund, so asking twice is asking once."""
        number = trade_number(request.order)
        refund = {"out_trade_no": number, "refund_amount": major(request.amount), "out_request_no": number}
        answer = await self._call("alipay.trade.refund", refund)
        self._must_be_ok(answer)
        if answer.get("fund_change") == "Y":
            return Outcome(state="refunded", amount=_money(answer.get("refund_fee")))
        return await self.query_refund(request)

    async def query_refund(self, request: RefundRequest) -> Outcome:
        """Ask for the refund's state."""
        number = trade_number(request.order)
        asked = {"out_trade_no": number, "out_request_no": number}
        answer = await self._call("alipay.trade.fastpay.refund.query", asked)
        if _sub_code(answer) in _NO_SUCH_TRADE:
            return Outcome(state="unknown")
        self._must_be_ok(answer)
        if answer.get("refund_status") == "REFUND_SUCCESS":
            return Outcome(state="refunded", amount=_money(answer.get("refund_amount")))
        return Outcome(state="unknown")

    async def statement(self, day: str) -> list[StatementLine]:
        """Return the day's trade bill (Beijing time)."""
        answer = await self._call(
            "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day}
        )
        if _sub_code(answer) == "isp.bill_not_exist":
            return []
        self._must_be_ok(answer)
        address = str(answer.get("bill_download_url", ""))
        return read_alipay_bill(await self._threads.run(lambda: fetch_bill(address)))

    # ------------------------------------------------------------ listening

    def read(self, headers: Mapping[str, str], body: bytes) -> PaymentNotification | None:  # noqa: ARG002 - the port's
        """Read a notification: a form, signed over all its fields but ``sign`` and ``sign_type``.

        Raises:
            Refusal: ``too-large``, ``unauthorized`` (forged, or for another application or seller), ``malformed``.
        """
        if len(body) > MAX_NOTIFICATION_BYTES:
            raise Refusal("too-large", f"a notification has at most {MAX_NOTIFICATION_BYTES} bytes")
        fields = _fields(body)
        signature = fields.pop("sign", "")
        if fields.get("sign_type") != "RSA2" or not self._is_signed(fields, signature):
            raise Refusal("unauthorized", "the notification is not signed by the gateway")
        seller = self._account.seller_id
        if fields.get("app_id") != self._account.app_id or (seller and fields.get("seller_id") != seller):
            raise Refusal("unauthorized", "the notification is for another merchant")
        return _news(fields)

    def accepted(self) -> Acknowledgement:
        """Return the one word after which Alipay stops telling."""
        return Acknowledgement(status=200, body=b"success", content_type="text/plain")

    def refused(self, refusal: Refusal) -> Acknowledgement:
        """Return the word after which Alipay tells again."""
        return Acknowledgement(status=refusal.status, body=b"fail", content_type="text/plain")

    def _is_signed(self, fields: Mapping[str, str], signature: str) -> bool:
        try:
            return bool(self._sdk.verify(dict(fields), signature))
        except (ValueError, binascii.Error, UnicodeError, AliPayException):
            return False

    # ------------------------------------------------------------ the wire

    async def _pay(self, method: str, trade: dict[str, Any], request: PaymentRequest) -> Outcome:
        answer = await self._call(method, trade)
        code, why = answer.get("code"), _sub_code(answer)
        reference = str(answer.get("trade_no", ""))
        if code == _OK and "qr_code" in answer:
            return Outcome(state="pending", action=BuyerAction(kind="qr", value=str(answer["qr_code"])))
        if code == _OK:
            return Outcome(state="captured", amount=_money(answer.get("total_amount")), reference=reference)
        if code in {_WAITS_FOR_BUYER, _NOT_KNOWN_YET}:
            return Outcome(state="pending", reference=reference)
        if code == _BUSINESS_FAILED and why in _ASK_WHAT_BECAME:
            return await self.query_payment(request)
        if code == _BUSINESS_FAILED and why not in _ASK_AGAIN:
            return Outcome(state="failed", reason=why)
        raise GatewayUnavailableError(f"alipay: {code} {why}")

    async def _call(self, method: str, content: dict[str, Any]) -> dict[str, Any]:
        def call() -> dict[str, Any]:
            answer: dict[str, Any] = self._sdk.server_api(method, content, timestamp=self._beijing(self._now()))
            return answer

        return await self._threads.run(lambda: _explained(call))

    def _must_be_ok(self, answer: Mapping[str, Any]) -> None:
        if answer.get("code") != _OK:
            raise GatewayUnavailableError(f"alipay: {answer.get('code')} {_sub_code(answer)}")

    def _beijing(self, at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, tz=BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def major(amount: Money) -> str:
    """Return an amount in major units, as Alipay writes it: ``1299.00``."""
    decimals = exponent(amount.currency)
    whole, part = divmod(amount.value, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def _explained(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a call; whatever kept the answer from being the gateway's own is a reason to ask again."""
    try:
        return call()
    except AliPayValidationError:
        raise GatewayUnavailableError("alipay: the answer is not signed by the gateway") from None
    except AliPayException as refused:
        # its text is the whole answer, which has no place in a log
        code = getattr(refused, "_AliPayException__code", "?")
        raise GatewayUnavailableError(f"alipay: refused, unsigned: {code}") from None
    except HTTPError as error:
        error.close()
        raise GatewayUnavailableError(f"alipay: HTTP {error.code}") from None
    except (URLError, OSError, ValueError, AttributeError, KeyError) as error:
        raise GatewayUnavailableError(f"alipay: {type(error).__name__}") from None


def _sub_code(answer: Mapping[str, Any]) -> str:
    return str(answer.get("sub_code", ""))


def _money(text: object) -> Money:
    try:
        return parse_major(str(text), CURRENCY)
    except ValueError:
        raise GatewayUnavailableError("alipay: the answer names no amount") from None


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refusal("malformed", "the notification is not a form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refusal("malformed", "a field of the notification comes twice")
    return fields


def _news(fields: Mapping[str, str]) -> PaymentNotification | None:
    """Return what a verified notification says.

    A refund is told as the paid trade's notification with ``refund_fee`` (of all refunds so far); a trade that closes
    unpaid has no ``gmt_payment``.
    """
    number, status = fields.get("out_trade_no", ""), fields.get("trade_status")
    if not number:
        raise Refusal("malformed", "the notification names no trade")
    order = order_of(number)
    name = fields.get("notify_id") or f"{number}:{status}"
    if fields.get("refund_fee"):
        amount = _told(fields, "refund_fee")
        return PaymentNotification(id=name, kind="refunded", order=order, amount=amount)
    amount = _told(fields, "total_amount")
    if status in _PAID:
        return PaymentNotification(id=name, kind="captured", order=order, amount=amount)
    if status == "TRADE_CLOSED" and not fields.get("gmt_payment"):
        return PaymentNotification(id=name, kind="failed", order=order, amount=amount)
    return None


def _told(fields: Mapping[str, str], name: str) -> Money:
    text = fields.get(name, "")
    if _AMOUNT.fullmatch(text) is None:
        raise Refusal("malformed", f"{name} is no amount")
    return parse_major(text, CURRENCY)
