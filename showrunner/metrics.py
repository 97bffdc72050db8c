"""Prometheus metrics: what an operator watches during a show."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from broadcast.ids import ChannelId, Sku
from broadcast.messages import OrderCounters, SkuCounter

CONTENT_TYPE = CONTENT_TYPE_LATEST


class FeedCollector(Collector):
    """Reads what a process that serves the feed knows, when Prometheus asks; nothing is counted on the hot paths."""

    def __init__(self, *, audience: Callable[[], Mapping[ChannelId, int]], seq: Callable[[], int]) -> None:
        self._audience = audience
        self._seq = seq

    def collect(self) -> Iterable[Metric]:
        """Yield the audience and the feed's place."""
        audience = GaugeMetricFamily("snbn_viewers", "Viewers connected, by channel", labels=["channel"])
        for channel, viewers in self._audience().items():
            audience.add_metric([channel], viewers)
        yield audience
        yield GaugeMetricFamily("snbn_feed_seq", "Sequence number of the newest feed message", value=self._seq())


class ShowCollector(FeedCollector):
    """Reads a running show's counters when Prometheus asks; nothing is counted twice and nothing on the hot paths."""

    def __init__(
        self,
        *,
        audience: Callable[[], Mapping[ChannelId, int]],
        seq: Callable[[], int],
        orders: Callable[[], OrderCounters],
        stock: Callable[[], Mapping[Sku, SkuCounter]],
        refusals: Callable[[], Mapping[str, int]],
    ) -> None:
        super().__init__(audience=audience, seq=seq)
        self._orders = orders
        self._stock = stock
        self._refusals = refusals

    def collect(self) -> Iterable[Metric]:
        """Yield every metric as of now."""
        yield from super().collect()
        counters = self._orders()
        orders = GaugeMetricFamily("snbn_orders", "Orders by status", labels=["status"])
        for status in ("reserved", "paid", "fulfilled", "released"):
            orders.add_metric([status], getattr(counters, status))
        yield orders
        yield CounterMetricFamily("snbn_orders_placed", "Orders acknowledged", value=counters.placed)
        refused = CounterMetricFamily("snbn_taps_refused", "Taps refused since start, by reason", labels=["reason"])
        for reason, taps in self._refusals().items():
            refused.add_metric([reason], taps)
        yield refused
        pieces = GaugeMetricFamily("snbn_stock", "Pieces by SKU and place", labels=["sku", "place"])
        for sku, counter in self._stock().items():
            for place in ("left", "reserved", "sold"):
                pieces.add_metric([sku, place], getattr(counter, place))
        yield pieces


def exposition(collector: Collector) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)
