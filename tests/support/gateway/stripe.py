"""Stripe: PaymentIntents, refunds, balance transactions, idempotency keys, and signed webhooks."""

import hmac
import json
import secrets
import time
from typing import Any

from aiohttp import web

from broadcast.checkout.adapters.stripe_gateway import StripeAccount
from gateway.trades import LocalGateway, Message, Trade

KEY = "sk_test_local"
BROKE = "pm_of_a_buyer_without_money"


class LocalStripe(LocalGateway):
    def __init__(self) -> None:
        super().__init__()
        self.webhook_secret = "whsec_" + secrets.token_hex(16)
        self.notify_url = ""
        self._answered: dict[str, tuple[str, int, dict[str, Any]]] = {}

    def account(self, notify_url: str = "", capture: Any = "automatic") -> StripeAccount:
        self.notify_url = notify_url
        return StripeAccount(
            secret_key=KEY, webhook_secret=self.webhook_secret, capture=capture, base_url=self.base_url
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/payment_intents", self._create),
            web.get("/v1/payment_intents/{name}", self._retrieve),
            web.post("/v1/payment_intents/{name}/capture", self._capture),
            web.post("/v1/payment_intents/{name}/cancel", self._cancel),
            web.post("/v1/refunds", self._refund),
            web.get("/v1/refunds", self._refunds),
            web.get("/v1/balance_transactions", self._balance),
        ]

    async def _heard(self, request: web.Request) -> dict[str, str]:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise web.HTTPUnauthorized(text='{"error":{"type":"invalid_request_error"}}')
        self.requests.append(f"{request.method} {request.path}")
        return {name: str(value) for name, value in (await request.post()).items()}

    async def _once(self, request: web.Request, do: Any) -> web.Response:
        """Carry a request out once for each idempotency key; the same key with other parameters is an error."""
        asked = await self._heard(request)
        key, text = request.headers["Idempotency-Key"], json.dumps(asked, sort_keys=True)
        known = self._answered.get(key)
        if known is not None and known[0] != text:
            return web.json_response(
                {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}, status=400
            )
        if known is None:
            status, content = do(asked)
            self._answered[key] = known = (text, status, content)
        return web.json_response(known[2], status=known[1])

    # ------------------------------------------------------------ intents

    async def _create(self, request: web.Request) -> web.Response:
        return await self._once(request, self._new_intent)

    def _new_intent(self, asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
        order = asked["metadata[order]"]
        trade = Trade(
            number=order,
            value=int(asked["amount"]),
            currency=asked["currency"],
            state="waiting",
            reference=f"pi_{len(self.trades):024d}",
            notify_url=self.notify_url,
            more={"by": asked["metadata[by]"], "capture": asked["capture_method"]},
        )
        self.trades[order] = trade
        if asked.get("confirm") != "true":
            return 200, self.intent(trade)
        assert asked["off_session"] == "true"
        assert asked["customer"].startswith("cus_")
        if self.manners.decline or asked["payment_method"] == BROKE:
            trade.state = "declined"
            error = {"type": "card_error", "code": "card_declined", "payment_intent": self.intent(trade)}
            self.tell(trade, "failed")
            return 402, {"error": error}
        self.pay(trade)
        return 200, self.intent(trade)

    def pay(self, trade: Trade) -> None:
        """The buyer pays, or the stored payment method does."""
        if trade.more["capture"] == "manual" and trade.state == "waiting":
            trade.state = "authorized"
            self.tell(trade, "authorized")
            return
        trade.state = "paid"
        self.tell(trade, "captured")

    async def _retrieve(self, request: web.Request) -> web.Response:
        await self._heard(request)
        return web.json_response(self.intent(self._of(request), self.manners.query_lie))

    async def _capture(self, request: web.Request) -> web.Response:
        trade = self._of(request)

        def do(_asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
            if trade.state != "authorized":
                return 400, {"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}}
            self.pay(trade)
            return 200, self.intent(trade)

        return await self._once(request, do)

    async def _cancel(self, request: web.Request) -> web.Response:
        await self._heard(request)
        trade = self._of(request)
        if trade.state == "paid":
            error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}
            return web.json_response({"error": error}, status=400)
        trade.state = "closed"
        return web.json_response(self.intent(trade))

    def _of(self, request: web.Request) -> Trade:
        return next(trade for trade in self.trades.values() if trade.reference == request.match_info["name"])

    def intent(self, trade: Trade, lie: int = 0) -> dict[str, Any]:
        states = {
            "waiting": "requires_payment_method", "declined": "requires_payment_method",
            "authorized": "requires_capture", "paid": "succeeded", "closed": "canceled",
        }  # fmt: skip
        return {
            "id": trade.reference,
            "object": "payment_intent",
            "amount": trade.value,
            "amount_received": trade.value + lie if trade.state == "paid" else 0,
            "currency": trade.currency,
            "status": states[trade.state],
            "client_secret": f"{trade.reference}_secret_x",
            "metadata": {"order": trade.number, "by": trade.more["by"]},
        }

    # ------------------------------------------------------------ refunds, statements

    async def _refund(self, request: web.Request) -> web.Response:
        def do(asked: dict[str, str]) -> tuple[int, dict[str, Any]]:
            trade = next(one for one in self.trades.values() if one.reference == asked["payment_intent"])
            if trade.refunded:
                return 400, {"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}}
            trade.refunded = int(asked["amount"])
            trade.refund_reference = f"re_{trade.reference}"
            self.tell(trade, "refunded")
            return 200, self._refund_of(trade)

        return await self._once(request, do)

    async def _refunds(self, request: web.Request) -> web.Response:
        await self._heard(request)
        wanted = request.query["payment_intent"]
        found = [self._refund_of(one) for one in self.trades.values() if one.reference == wanted and one.refunded]
        return web.json_response({"object": "list", "data": found, "has_more": False, "url": "/v1/refunds"})

    def _refund_of(self, trade: Trade, lie: int = 0) -> dict[str, Any]:
        return {
            "id": trade.refund_reference,
            "object": "refund",
            "amount": trade.refunded + lie,
            "currency": trade.currency,
            "status": "succeeded",
            "metadata": {"order": trade.number},
        }

    async def _balance(self, request: web.Request) -> web.Response:
        await self._heard(request)
        lines: list[dict[str, Any]] = []
        for trade in self.trades.values():
            about = {"id": f"ch_{trade.reference}", "object": "charge", "metadata": {"order": trade.number}}
            if trade.state == "paid":
                lines.append(self._movement(trade, "charge", trade.value, trade.value * 29 // 1000 + 30, about))
            if trade.refunded:
                lines.append(self._movement(trade, "refund", -trade.refunded, 0, self._refund_of(trade)))
        after = request.query.get("starting_after")
        start = next((n + 1 for n, line in enumerate(lines) if line["id"] == after), 0)
        page = lines[start : start + 2]
        more = start + 2 < len(lines)
        return web.json_response({"object": "list", "data": page, "has_more": more, "url": "/v1/balance_transactions"})

    def _movement(self, trade: Trade, kind: str, value: int, fee: int, source: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": f"txn_{kind}_{trade.reference}", "object": "balance_transaction", "type": kind, "amount": value,
            "currency": trade.currency, "fee": fee, "source": source,
        }  # fmt: skip

    # ------------------------------------------------------------ webhooks

    def message(self, trade: Trade, kind: str) -> Message:
        names = {
            "captured": "payment_intent.succeeded", "failed": "payment_intent.payment_failed",
            "authorized": "payment_intent.amount_capturable_updated", "refunded": "refund.updated",
        }  # fmt: skip
        lie = self.manners.lie
        about = self._refund_of(trade, lie) if kind == "refunded" else self.intent(trade, lie)
        return self.event(names[kind], about)

    def event(self, name: str, about: dict[str, Any]) -> Message:
        body = json.dumps(
            {"id": f"evt_{about['id']}_{name}", "object": "event", "type": name, "data": {"object": about}}
        )
        stamp = int(time.time()) - self.manners.age_s
        secret = "whsec_of_a_stranger" if self.manners.forged else self.webhook_secret
        digest = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), "sha256").hexdigest()
        return {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={digest}"}, body.encode()
