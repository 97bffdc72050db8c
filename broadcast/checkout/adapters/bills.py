"""The bills gateways give out, read into statement lines: Alipay's zipped CSV (GB 18030), WeChat Pay's CSV."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from broadcast.checkout.adapters.sdk_threads import SDK_TIMEOUT_S
from broadcast.checkout.payment import GatewayUnavailableError, StatementLine
from broadcast.checkout.trade_numbers import order_of
from broadcast.money import Money, parse_major

MAX_BILL_BYTES = 256 * 1024 * 1024
"""A day's bill, unpacked: more than a million trades."""

MAX_LINES = 2_000_000

_SUMMARY = "汇总"
"""In the name of the file that only sums the others up."""


def fetch_bill(address: str) -> bytes:
    """Download a bill from the address a gateway's signed answer gave. Blocking.

    Raises:
        GatewayUnavailableError: no such address, no answer, or too large.
    """
    if urlsplit(address).scheme not in {"http", "https"}:
        raise GatewayUnavailableError("the bill has no address")
    try:
        with urlopen(address, timeout=SDK_TIMEOUT_S) as answer:  # noqa: S310 - the scheme is looked at above
            content: bytes = answer.read(MAX_BILL_BYTES + 1)
    except (URLError, OSError) as error:
        raise GatewayUnavailableError(f"the bill cannot be had: {type(error).__name__}") from None
    if len(content) > MAX_BILL_BYTES:
        raise GatewayUnavailableError("the bill is larger than any day's")
    return content


def read_alipay_bill(archive: bytes) -> list[StatementLine]:
    """Read a trade bill: a ZIP of CSV files, comment lines begin with ``#``.

    Raises:
        GatewayUnavailableError: it is no such bill.
    """
    lines: list[StatementLine] = []
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as files:
            if sum(file.file_size for file in files.infolist()) > MAX_BILL_BYTES:
                raise GatewayUnavailableError("the bill is larger than any day's")
            for file in files.infolist():
                if _SUMMARY not in file.filename:
                    text = files.read(file).decode("gb18030")
                    lines += _alipay_lines(row for row in text.splitlines() if not row.startswith("#"))
    except (zipfile.BadZipFile, UnicodeDecodeError, KeyError, ValueError, InvalidOperation) as wrong:
        raise GatewayUnavailableError(f"the bill cannot be read: {wrong!r}") from None
    return lines


def read_wechat_bill(text: str) -> list[StatementLine]:
    """Read a trade bill of type ALL: every cell behind a backtick, a summary of two lines at the end.

    Raises:
        GatewayUnavailableError: it is no such bill.
    """
    try:
        return list(_wechat_lines(text.removeprefix("\ufeff").splitlines()))
    except (KeyError, ValueError, InvalidOperation, csv.Error) as wrong:
        raise GatewayUnavailableError(f"the bill cannot be read: {wrong!r}") from None


def _rows(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Return rows by column title, cells stripped of the tabs and backticks they are guarded with."""
    titles: list[str] | None = None
    for number, cells in enumerate(csv.reader(lines)):
        if number > MAX_LINES:
            raise GatewayUnavailableError("the bill is larger than any day's")
        stripped = [cell.strip().lstrip("`").strip() for cell in cells]
        if titles is None:
            titles = stripped
        elif len(stripped) >= len(titles):
            yield dict(zip(titles, stripped, strict=False))
        else:
            return  # the summary below the trades has its own, fewer columns


def _alipay_lines(lines: Iterable[str]) -> Iterator[StatementLine]:
    for row in _rows(lines):
        refund = row["业务类型"] == "退款"
        amount = Decimal(row["订单金额（元）"])  # noqa: RUF001 - the column's name
        yield StatementLine(
            order=order_of(row["商户订单号"]),
            kind="refunded" if refund else "captured",
            amount=parse_major(str(abs(amount)), "CNY"),
            fee=-_minor(row["服务费（元）"], "CNY"),  # noqa: RUF001 - the column's name
            reference=row["支付宝交易号"],
        )


def _wechat_lines(lines: Iterable[str]) -> Iterator[StatementLine]:
    for row in _rows(lines):
        refund = row["交易状态"] == "REFUND"
        currency = row["货币种类"]
        yield StatementLine(
            order=order_of(row["商户订单号"]),
            kind="refunded" if refund else "captured",
            amount=_amount(row, "退款金额" if refund else "应结订单金额", currency),
            fee=_minor(row["手续费"], currency),
            reference=row["微信退款单号" if refund else "微信订单号"],
        )


def _amount(row: Mapping[str, str], title: str, currency: str) -> Money:
    return parse_major(row[title], currency)


def _minor(text: str, currency: str) -> int:
    """Read a signed amount of at most five decimals (fees), rounded half up to the minor unit."""
    value = Decimal(text or "0")
    sign = -1 if value < 0 else 1
    return sign * parse_major(str(abs(value).quantize(Decimal("0.01"), ROUND_HALF_UP)), currency).value
