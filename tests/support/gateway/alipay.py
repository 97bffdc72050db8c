"""Alipay's gateway.do: RSA2 over sorted parameters in, over the answer's own text out."""

import base64
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from broadcast.checkout.adapters.alipay import AlipayAccount
from gateway.trades import LocalGateway, Message, Trade, private_pem, public_pem, rsa_key

APP, SELLER = "2021000000000001", "2088000000000001"
TITLES = "支付宝交易号,商户订单号,业务类型,商品名称,订单金额（元）,服务费（元）"  # noqa: RUF001 - the columns' names
BROKE = "agreement-of-a-buyer-without-money"


def sorted_text(fields: dict[str, str]) -> bytes:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()


def sign(key: RSAPrivateKey, text: bytes) -> str:
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def yuan(value: int) -> str:
    return f"{value // 100}.{value % 100:02d}"


def fen(text: str) -> int:
    whole, part = text.split(".")
    return int(whole) * 100 + int(part)


class LocalAlipay(LocalGateway):
    def __init__(self) -> None:
        super().__init__()
        self.app_key, self.own_key, self.stranger = rsa_key(), rsa_key(), rsa_key()

    def account(self, notify_url: str = "http://127.0.0.1/none") -> AlipayAccount:
        return AlipayAccount(
            app_id=APP,
            private_key=private_pem(self.app_key),
            public_key=public_pem(self.own_key),
            seller_id=SELLER,
            notify_url=notify_url,
            gateway_url=f"{self.base_url}/gateway.do",
        )

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/gateway.do", self._call), web.get("/bill.zip", self._bill)]

    @property
    def _key(self) -> RSAPrivateKey:
        return self.stranger if self.manners.forged else self.own_key

    async def _call(self, request: web.Request) -> web.Response:
        fields = dict(request.query)
        method = fields["method"]
        self.requests.append(method)
        signature = base64.b64decode(fields.pop("sign"))
        name = method.replace(".", "_") + "_response"
        try:
            self.app_key.public_key().verify(signature, sorted_text(fields), PKCS1v15(), SHA256())
        except InvalidSignature:
            return web.json_response({name: {"code": "40002", "sub_code": "isv.invalid-signature"}})
        assert fields["app_id"] == APP
        answer = self._answer(method, json.loads(fields["biz_content"]), fields.get("notify_url", ""))
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        body = f'{{"{name}":{text},"sign":"{sign(self._key, text.encode())}"}}'
        return web.Response(text=body, content_type="application/json")

    def _answer(  # noqa: C901, PLR0911 - one case a method of the interface
        self, method: str, asked: dict[str, Any], notify_url: str
    ) -> dict[str, str]:
        number = asked.get("out_trade_no", "")
        trade = self.trades.get(number)
        match method:
            case "alipay.trade.pay":
                return self._pay(asked, trade, notify_url)
            case "alipay.trade.precreate":
                self._remember(asked, "waiting", notify_url)
                return {"code": "10000", "out_trade_no": number, "qr_code": f"https://qr.example/{number}"}
            case "alipay.data.dataservice.bill.downloadurl.query":
                return {"code": "10000", "bill_download_url": f"{self.base_url}/bill.zip"}
        if trade is None:
            return {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST"}
        match method:
            case "alipay.trade.query":
                status = {"waiting": "WAIT_BUYER_PAY", "paid": "TRADE_SUCCESS", "closed": "TRADE_CLOSED"}[trade.state]
                return {
                    "code": "10000",
                    "trade_no": trade.reference,
                    "trade_status": status,
                    "total_amount": yuan(trade.value + self.manners.query_lie),
                }
            case "alipay.trade.close":
                if trade.state == "paid":
                    return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
                trade.state = "closed"
                return {"code": "10000", "out_trade_no": number}
            case "alipay.trade.refund":
                return self._refund(trade, asked)
            case "alipay.trade.fastpay.refund.query":
                if not trade.refunded:
                    return {"code": "10000"}
                return {"code": "10000", "refund_status": "REFUND_SUCCESS", "refund_amount": yuan(trade.refunded)}
        raise AssertionError(method)

    def _pay(self, asked: dict[str, Any], trade: Trade | None, notify_url: str) -> dict[str, str]:
        assert asked["product_code"] == "GENERAL_WITHHOLDING"
        if trade is not None and trade.state == "paid":
            return {"code": "40004", "sub_code": "ACQ.TRADE_HAS_SUCCESS"}
        if self.manners.decline or asked["agreement_params"]["agreement_no"] == BROKE:
            return {"code": "40004", "sub_code": "ACQ.BUYER_BALANCE_NOT_ENOUGH"}
        trade = self._remember(asked, "waiting", notify_url)
        self.pay(trade)
        return {"code": "10003", "out_trade_no": trade.number, "trade_no": trade.reference}

    def _refund(self, trade: Trade, asked: dict[str, Any]) -> dict[str, str]:
        if trade.state != "paid":
            return {"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}
        change = "N" if trade.refunded else "Y"
        trade.refunded = fen(asked["refund_amount"])
        if change == "Y":
            self.tell(trade, "refunded")
        return {"code": "10000", "fund_change": change, "refund_fee": yuan(trade.refunded)}

    def _remember(self, asked: dict[str, Any], state: str, notify_url: str) -> Trade:
        number = asked["out_trade_no"]
        value = fen(asked["total_amount"])
        reference = f"2026{len(self.trades):024d}"
        trade = Trade(
            number=number, value=value, currency="CNY", state=state, reference=reference, notify_url=notify_url
        )
        return self.trades.setdefault(number, trade)

    def pay(self, trade: Trade) -> None:
        """The buyer pays."""
        trade.state = "paid"
        self.tell(trade, "captured")

    def message(self, trade: Trade, kind: str) -> Message:
        fields = {
            "notify_id": f"{trade.number}-{kind}",
            "notify_type": "trade_status_sync",
            "notify_time": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "app_id": APP,
            "seller_id": SELLER,
            "charset": "utf-8",
            "version": "1.0",
            "subject": "大衣 & scarf",
            "out_trade_no": trade.number,
            "trade_no": trade.reference,
            "total_amount": yuan(trade.value + self.manners.lie),
            "trade_status": "TRADE_SUCCESS" if kind == "captured" else "TRADE_CLOSED",
        }
        if kind != "failed":
            fields["gmt_payment"] = "2026-11-11 00:00:01"
        if kind == "refunded":
            fields["refund_fee"] = yuan(trade.refunded + self.manners.lie)
        return self.signed(fields)

    def signed(self, fields: dict[str, str]) -> Message:
        body = urlencode({**fields, "sign": sign(self._key, sorted_text(fields)), "sign_type": "RSA2"}).encode()
        return {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, body

    async def _bill(self, _request: web.Request) -> web.Response:
        lines = ["#支付宝业务明细查询", TITLES]
        for trade in self.trades.values():
            if trade.state == "paid":
                fee = yuan(trade.value * 6 // 1000)
                lines.append(f"{trade.reference}\t,{trade.number}\t,交易,大衣,{yuan(trade.value)},-{fee}")
            if trade.refunded:
                lines.append(f"{trade.reference}\t,{trade.number}\t,退款,大衣,-{yuan(trade.refunded)},0.00")
        lines.append("#-----------------------业务明细列表结束------------------------------------")
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(f"{SELLER}_业务明细.csv", "\r\n".join(lines).encode("gb18030"))
            archive.writestr(f"{SELLER}_业务明细(汇总).csv", "#汇总".encode("gb18030"))
        return web.Response(body=content.getvalue(), content_type="application/zip")
