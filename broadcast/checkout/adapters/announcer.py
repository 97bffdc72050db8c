"""Tells the house what is durable now. A listener's mistake is reported, and costs no buyer their answer."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from broadcast.checkout.changes import Changes
from broadcast.checkout.orders import Order
from broadcast.checkout.payment import Errand
from broadcast.checkout.port import LineNews, OnLineNews
from broadcast.ids import Sku

ErrandListener = Callable[[Sequence[Errand]], None]

_T = TypeVar("_T")


class Announcer:
    """The listeners of one checkout. A mistake of theirs goes to the event loop's exception handler."""

    def __init__(self, on_stock_changed: Callable[[Sku], None], on_order_changed: Callable[[Order], None]) -> None:
        self._on_stock_changed = on_stock_changed
        self._on_line_news: OnLineNews = lambda _news: None
        self._on_order_changed = on_order_changed
        self._on_errands: ErrandListener | None = None

    def listen_to_errands(self, listener: ErrandListener) -> None:
        """Tell this one, from now on, of errands."""
        self._on_errands = listener

    def listen_to_line(self, listener: OnLineNews) -> None:
        """Tell this one, from now on, what became of people in line."""
        self._on_line_news = listener

    def changes(self, changes: Changes) -> None:
        """Tell of all that a batch changed."""
        self.stock(changes.touched)
        self.orders((*changes.placed.values(), *changes.changed.values()))
        if changes.opened:
            self.errands(changes.opened.values())

    def line(self, news: Iterable[LineNews]) -> None:
        """Tell people in line what became of them."""
        for one in news:
            _call(self._on_line_news, one)

    def orders(self, orders: Iterable[Order]) -> None:
        """Tell that these orders are different, or new."""
        for order in orders:
            _call(self._on_order_changed, order)

    def stock(self, skus: Iterable[Sku]) -> None:
        """Tell that these SKUs' pieces, or what a card says of them, changed."""
        for sku in skus:
            _call(self._on_stock_changed, sku)

    def errands(self, errands: Iterable[Errand]) -> None:
        """Tell what the gateway must be told."""
        if self._on_errands is not None:
            _call(self._on_errands, list(errands))


def _call(listener: Callable[[_T], None], about: _T) -> None:
    try:
        listener(about)
    except Exception as error:  # noqa: BLE001 - whatever a listener raises, the buyers behind it are answered
        context = {"message": "a checkout listener failed", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
