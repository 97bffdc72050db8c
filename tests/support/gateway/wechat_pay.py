"""WeChat Pay's API v3: SHA256-RSA over method, path, time, nonce and body in; over time, nonce and body out."""

import base64
import gzip
import hashlib
import json
import re
import secrets
import time
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from broadcast.checkout.adapters.wechat_pay import WeChatPayAccount
from gateway.trades import LocalGateway, Message, Trade, private_pem, public_pem, rsa_key

MERCHANT, APP, SERIAL = "1900000001", "wx0000000000000001", "4F4B1C00AA"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000000012026"
BROKE = "contract-of-a-buyer-without-money"
_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')


def signature(key: RSAPrivateKey, *parts: str) -> str:
    return base64.b64encode(key.sign("".join(f"{part}\n" for part in parts).encode(), PKCS1v15(), SHA256())).decode()


class LocalWeChatPay(LocalGateway):
    def __init__(self) -> None:
        super().__init__()
        self.merchant_key, self.own_key, self.stranger = rsa_key(), rsa_key(), rsa_key()
        self.api_v3_key = secrets.token_hex(16)

    def account(self, notify_url: str = "http://127.0.0.1/none") -> WeChatPayAccount:
        return WeChatPayAccount(
            merchant_id=MERCHANT,
            app_id=APP,
            private_key=private_pem(self.merchant_key),
            certificate_serial=SERIAL,
            api_v3_key=self.api_v3_key,
            public_key=public_pem(self.own_key),
            public_key_id=PUBLIC_KEY_ID,
            notify_url=notify_url,
            base_url=self.base_url,
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v3/papay/pay/transactions/apply", self._deduct),
            web.post("/v3/pay/transactions/native", self._prepare),
            web.post("/v3/pay/transactions/jsapi", self._prepare),
            web.get("/v3/pay/transactions/out-trade-no/{number}", self._query),
            web.post("/v3/pay/transactions/out-trade-no/{number}/close", self._close),
            web.post("/v3/refund/domestic/refunds", self._refund),
            web.get("/v3/refund/domestic/refunds/{number}", self._query_refund),
            web.get("/v3/bill/tradebill", self._announce_bill),
            web.get("/v3/billdownload/file", self._bill),
        ]

    # ------------------------------------------------------------ signatures

    async def _heard(self, request: web.Request) -> dict[str, Any]:
        body = await request.text()
        scheme, _, rest = request.headers["Authorization"].partition(" ")
        fields = dict(_AUTHORIZATION.findall(rest))
        assert scheme == "WECHATPAY2-SHA256-RSA2048"
        assert (fields["mchid"], fields["serial_no"]) == (MERCHANT, SERIAL)
        text = "".join(
            f"{part}\n" for part in (request.method, request.path_qs, fields["timestamp"], fields["nonce_str"], body)
        )
        try:
            self.merchant_key.public_key().verify(
                base64.b64decode(fields["signature"]), text.encode(), PKCS1v15(), SHA256()
            )
        except InvalidSignature:
            raise web.HTTPUnauthorized(text='{"code":"SIGN_ERROR"}', content_type="application/json") from None
        self.requests.append(request.path)
        return json.loads(body) if body else {}

    def _headers(self, body: str) -> dict[str, str]:
        stamp, nonce = str(int(time.time()) - self.manners.age_s), secrets.token_hex(16)
        key = self.stranger if self.manners.forged else self.own_key
        return {
            "Wechatpay-Serial": PUBLIC_KEY_ID,
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": signature(key, stamp, nonce, body),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def _answer(self, content: dict[str, Any] | None, status: int = 200) -> web.Response:
        text = json.dumps(content) if content is not None else ""
        return web.Response(text=text, status=status, headers=self._headers(text), content_type="application/json")

    # ------------------------------------------------------------ requests

    async def _deduct(self, request: web.Request) -> web.Response:
        asked = await self._heard(request)
        known = self.trades.get(asked["out_trade_no"])
        if known is not None and known.state == "paid":
            return self._answer({"code": "ORDERPAID"}, 400)
        if self.manners.decline or asked["contract_id"] == BROKE:
            return self._answer({"code": "NOT_ENOUGH"}, 403)
        self.pay(self._remember(asked, asked["transaction_notify_url"]))
        return self._answer(None, 204)

    async def _prepare(self, request: web.Request) -> web.Response:
        asked = await self._heard(request)
        trade = self._remember(asked, asked["notify_url"])
        if request.path.endswith("jsapi"):
            return self._answer({"prepay_id": f"wx{trade.number}-{asked['payer']['openid']}"})
        return self._answer({"code_url": f"weixin://wxpay/{trade.number}"})

    async def _query(self, request: web.Request) -> web.Response:
        await self._heard(request)
        trade = self.trades.get(request.match_info["number"])
        if trade is None:
            return self._answer({"code": "ORDER_NOT_EXIST"}, 404)
        return self._answer(self._transaction(trade, self.manners.query_lie))

    async def _close(self, request: web.Request) -> web.Response:
        await self._heard(request)
        trade = self.trades.get(request.match_info["number"])
        if trade is None:
            return self._answer({"code": "ORDER_NOT_EXIST"}, 404)
        if trade.state == "paid":
            return self._answer({"code": "ORDERPAID"}, 400)
        trade.state = "closed"
        return self._answer(None, 204)

    async def _refund(self, request: web.Request) -> web.Response:
        asked = await self._heard(request)
        trade = self.trades.get(asked["out_trade_no"])
        if trade is None or trade.state != "paid":
            return self._answer({"code": "RESOURCE_NOT_EXISTS"}, 404)
        if not trade.refunded:
            trade.refunded = asked["amount"]["refund"]
            trade.refund_reference = f"50{len(self.trades):026d}"
            self.tell(trade, "refunded")
        return self._answer(self._refund_of(trade) | {"status": "PROCESSING"})

    async def _query_refund(self, request: web.Request) -> web.Response:
        await self._heard(request)
        trade = self.trades.get(request.match_info["number"])
        if trade is None or not trade.refunded:
            return self._answer({"code": "RESOURCE_NOT_EXISTS"}, 404)
        return self._answer(self._refund_of(trade) | {"status": "SUCCESS"})

    def _remember(self, asked: dict[str, Any], notify_url: str) -> Trade:
        number = asked["out_trade_no"]
        assert len(number) <= 32
        amount = asked["amount"]
        trade = Trade(
            number=number,
            value=amount["total"],
            currency=amount["currency"],
            state="waiting",
            reference=f"42{len(self.trades):026d}",
            notify_url=notify_url,
        )
        return self.trades.setdefault(number, trade)

    def pay(self, trade: Trade) -> None:
        """The buyer pays."""
        trade.state = "paid"
        self.tell(trade, "captured")

    # ------------------------------------------------------------ what it says

    def _transaction(self, trade: Trade, lie: int) -> dict[str, Any]:
        return {
            "mchid": MERCHANT,
            "appid": APP,
            "out_trade_no": trade.number,
            "transaction_id": trade.reference,
            "trade_state": {"waiting": "NOTPAY", "paid": "SUCCESS", "closed": "CLOSED"}[trade.state],
            "amount": {"total": trade.value + lie, "currency": trade.currency},
        }

    def _refund_of(self, trade: Trade) -> dict[str, Any]:
        amount = {"refund": trade.refunded, "total": trade.value, "currency": trade.currency}
        return {"refund_id": trade.refund_reference, "out_refund_no": trade.number, "amount": amount}

    def message(self, trade: Trade, kind: str) -> Message:
        if kind == "refunded":
            resource = {
                "mchid": MERCHANT,
                "out_trade_no": trade.number,
                "out_refund_no": trade.number,
                "refund_status": "SUCCESS",
                "amount": {"total": trade.value, "refund": trade.refunded + self.manners.lie},
            }
            event = "REFUND.SUCCESS"
        else:
            resource = self._transaction(trade, self.manners.lie)
            event = "TRANSACTION.SUCCESS" if kind == "captured" else "TRANSACTION.FAIL"
        return self.sealed(f"EV-{trade.number}-{kind}", event, resource)

    def sealed(self, name: str, event: str, resource: dict[str, Any]) -> Message:
        nonce, about = secrets.token_hex(6), "transaction"
        sealed = AESGCM(self.api_v3_key.encode()).encrypt(nonce.encode(), json.dumps(resource).encode(), about.encode())
        body = json.dumps(
            {
                "id": name,
                "event_type": event,
                "resource_type": "encrypt-resource",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "nonce": nonce,
                    "associated_data": about,
                    "ciphertext": base64.b64encode(sealed).decode(),
                },
            }
        )
        return {"Content-Type": "application/json", **self._headers(body)}, body.encode()

    # ------------------------------------------------------------ bill

    async def _announce_bill(self, request: web.Request) -> web.Response:
        await self._heard(request)
        digest = hashlib.sha1(self._bill_text().encode(), usedforsecurity=False).hexdigest()
        address = f"{self.base_url}/v3/billdownload/file?token=t"
        return self._answer({"hash_type": "SHA1", "hash_value": digest, "download_url": address})

    async def _bill(self, request: web.Request) -> web.Response:
        await self._heard(request)
        return web.Response(body=gzip.compress(self._bill_text().encode()), content_type="application/x-gzip")

    def _bill_text(self) -> str:
        lines = [
            "\ufeff交易时间,商户订单号,微信订单号,微信退款单号,交易状态,货币种类,应结订单金额,退款金额,手续费",
        ]
        for trade in self.trades.values():
            value, refunded = f"{trade.value / 100:.2f}", f"{trade.refunded / 100:.2f}"
            fee = f"{trade.value * 6 / 100_000:.5f}"
            known = f"`2026-11-11 00:00:01,`{trade.number},`{trade.reference}"
            if trade.state == "paid":
                lines.append(f"{known},`0,`SUCCESS,`{trade.currency},`{value},`0.00,`{fee}")
            if trade.refunded:
                lines.append(f"{known},`{trade.refund_reference},`REFUND,`{trade.currency},`0.00,`{refunded},`0.00000")
        lines += ["总交易单数,应结订单总金额,退款总金额", f"`{len(self.trades)},`0.00,`0.00"]
        return "\r\n".join(lines) + "\r\n"
