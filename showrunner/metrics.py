"""Prometheus metrics: what an operator watches during a show."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from broadcast.channel_messages import CardErrorView
from broadcast.ids import ChannelId, Sku
from broadcast.messages import OrderCounters, SkuCounter
from showrunner.suspects import Suspects
from showrunner.tap_pace import TapPace

CONTENT_TYPE = CONTENT_TYPE_LATEST


class OrderBook(Protocol):
    """What is told of a desk."""

    refusals: dict[str, int]

    def counters(self) -> OrderCounters:
        """Return orders by status."""

    def stock(self) -> dict[Sku, SkuCounter]:
        """Return every SKU's pieces."""


class FeedCollector(Collector):
    """Reads what a process that serves the feed knows, when Prometheus asks; nothing is counted on the hot paths."""

    def __init__(self, *, audience: Callable[[], Mapping[ChannelId, int]], seq: Callable[[], int]) -> None:
        self._audience = audience
        self._seq = seq

    def collect(self) -> Iterable[Metric]:
        """Yield the audience and the feed's place."""
        yield _by_channel("snbn_viewers", "Viewers connected, by channel", self._audience())
        yield GaugeMetricFamily("snbn_feed_seq", "Sequence number of the newest feed message", value=self._seq())


class CardErrorCollector(Collector):
    """Reads how exact cards are on viewers' screens, as they report."""

    def __init__(
        self, errors: Callable[[], Mapping[ChannelId, CardErrorView]], refused: Callable[[], Mapping[str, int]]
    ) -> None:
        self._errors = errors
        self._refused = refused

    def collect(self) -> Iterable[Metric]:
        """Yield each channel's percentiles, what they rest on, and whether they are past the bound."""
        sizes = GaugeMetricFamily(
            "snbn_card_error_seconds",
            "How far cards were from their frames at the newest takes, by channel and quantile",
            labels=["channel", "quantile"],
        )
        reports = GaugeMetricFamily("snbn_card_error_reports", "Reports that rests on", labels=["channel"])
        early = GaugeMetricFamily("snbn_card_error_early", "Of them, cards before their frame", labels=["channel"])
        alarm = GaugeMetricFamily(
            "snbn_card_error_alarm", "Whether the 95th percentile is past the bound", labels=["channel"]
        )
        for channel, view in self._errors().items():
            for quantile, size_ms in (("0.5", view.p50_ms), ("0.95", view.p95_ms), ("0.99", view.p99_ms)):
                sizes.add_metric([channel, quantile], size_ms / 1000)
            reports.add_metric([channel], view.reports)
            early.add_metric([channel], view.early)
            alarm.add_metric([channel], int(view.alarm))
        yield from (sizes, reports, early, alarm)
        refused = CounterMetricFamily(
            "snbn_card_error_refused", "Reports that do not count, by reason", labels=["reason"]
        )
        for reason, count in self._refused().items():
            refused.add_metric([reason], count)
        yield refused


class ProxyCollector(Collector):
    """Reads how often a proxy of ours did not say readably who calls."""

    def __init__(self, malformed: Callable[[], int]) -> None:
        self._malformed = malformed

    def collect(self) -> Iterable[Metric]:
        """Yield it."""
        yield CounterMetricFamily(
            "snbn_forwarded_unreadable", "Forwarding headers of trusted proxies ignored", value=self._malformed()
        )


class CrowdedCollector(Collector):
    """Reads how many taps waited because their connection brought many buyers' tokens."""

    def __init__(self, taps: Callable[[], int]) -> None:
        self._taps = taps

    def collect(self) -> Iterable[Metric]:
        """Yield it."""
        yield CounterMetricFamily(
            "snbn_taps_crowded", "Taps made to wait on connections with many buyers' tokens", value=self._taps()
        )


class SuspectCollector(Collector):
    """Reads what was odd about taps, and how many waited for it."""

    def __init__(self, suspects: Suspects) -> None:
        self._suspects = suspects

    def collect(self) -> Iterable[Metric]:
        """Yield signals, and taps that waited."""
        odd = CounterMetricFamily("snbn_taps_odd", "Signs of a machine noticed in taps, by signal", labels=["signal"])
        for signal, count in self._suspects.behaviour.noticed.items():
            odd.add_metric([signal], count)
        yield odd
        waited = CounterMetricFamily("snbn_taps_suspect", "Taps made to wait, by grade", labels=["grade"])
        for grade, taps in self._suspects.slowed.items():
            waited.add_metric([str(grade)], taps)
        yield waited
        yield GaugeMetricFamily("snbn_suspect_buyers", "Busy buyers looked at", value=len(self._suspects.behaviour))


class PaceCollector(Collector):
    """Reads how many taps were told to slow down."""

    def __init__(self, pace: TapPace) -> None:
        self._pace = pace

    def collect(self) -> Iterable[Metric]:
        """Yield taps slowed, and how many buyers are remembered."""
        slowed = CounterMetricFamily("snbn_taps_slowed", "Taps told to slow down, by reason", labels=["reason"])
        for reason, taps in self._pace.slowed.items():
            slowed.add_metric([reason], taps)
        yield slowed
        yield GaugeMetricFamily("snbn_tap_buckets", "Buyers whose pace is remembered", value=len(self._pace))


class ShowCollector(FeedCollector):
    """Reads a running show's counters when Prometheus asks; nothing is counted twice and nothing on the hot paths."""

    def __init__(
        self,
        *,
        audience: Callable[[], Mapping[ChannelId, int]],
        whole_audience: Callable[[], Mapping[ChannelId, int]],
        seq: Callable[[], int],
        orders: Callable[[], OrderCounters],
        stock: Callable[[], Mapping[Sku, SkuCounter]],
        refusals: Callable[[], Mapping[str, int]],
    ) -> None:
        super().__init__(audience=audience, seq=seq)
        self._whole_audience = whole_audience
        self._orders = orders
        self._stock = stock
        self._refusals = refusals

    def collect(self) -> Iterable[Metric]:
        """Yield every metric as of now."""
        yield from super().collect()
        yield _by_channel("snbn_audience", "Viewers of the show here and on all edges", self._whole_audience())
        yield from order_metrics(self._orders(), self._refusals(), self._stock())


class CompanionCollector(Collector):
    """Reads what is known of companion devices on DVB-CSS."""

    def __init__(
        self,
        *,
        connected: Callable[[], Mapping[str, int]],
        out_of_reach: Callable[[], int],
        answered: Callable[[], int],
        refused: Callable[[], Mapping[tuple[str, str], int]],
    ) -> None:
        self._connected = connected
        self._out_of_reach = out_of_reach
        self._answered = answered
        self._refused = refused

    def collect(self) -> Iterable[Metric]:
        """Yield who is connected, what was answered and what was refused."""
        connected = GaugeMetricFamily(
            "snbn_dvb_css_companions", "Companion devices connected, by protocol", labels=["protocol"]
        )
        for protocol, companions in self._connected().items():
            connected.add_metric([protocol], companions)
        yield connected
        yield GaugeMetricFamily(
            "snbn_dvb_css_out_of_reach",
            "Companion devices that cannot present when their channel does",
            value=self._out_of_reach(),
        )
        yield CounterMetricFamily(
            "snbn_dvb_css_wall_clock_answers", "Wall clock requests answered", value=self._answered()
        )
        refused = CounterMetricFamily(
            "snbn_dvb_css_refused", "Messages and companions refused", labels=["protocol", "reason"]
        )
        for (protocol, reason), messages in sorted(self._refused().items()):
            refused.add_metric([protocol, reason], messages)
        yield refused


class LinkCollector(Collector):
    """Reads how a process stands with the owner of the desk."""

    def __init__(self, *, connected: Callable[[], bool], waiting: Callable[[], int]) -> None:
        self._connected = connected
        self._waiting = waiting

    def collect(self) -> Iterable[Metric]:
        """Yield whether the other end of the link is there, and what waits for it."""
        yield GaugeMetricFamily(
            "snbn_link_connected", "Whether the process this one asks is there", value=int(self._connected())
        )
        yield GaugeMetricFamily("snbn_link_waiting", "Questions that wait for an answer", value=self._waiting())


class DeskCollector(Collector):
    """Reads whether a checkout process owns the desk."""

    def __init__(self, *, owned: Callable[[], OrderBook | None], turns: Callable[[], int]) -> None:
        self._owned = owned
        self._turns = turns

    def collect(self) -> Iterable[Metric]:
        """Yield the desk's place, and what is on it while it is here."""
        book = self._owned()
        yield GaugeMetricFamily("snbn_desk_owner", "Whether this process owns the desk", value=int(book is not None))
        yield CounterMetricFamily("snbn_desk_turns", "Times this process became the owner", value=self._turns())
        if book is not None:
            yield from order_metrics(book.counters(), book.refusals, book.stock())


class LinkServerCollector(Collector):
    """Reads who is connected to a process that others call."""

    def __init__(self, *, peers: Callable[[], Mapping[str, int]], refused: Callable[[], Mapping[str, int]]) -> None:
        self._peers = peers
        self._refused = refused

    def collect(self) -> Iterable[Metric]:
        """Yield processes by role, and connections cut by reason."""
        peers = GaugeMetricFamily("snbn_link_peers", "Processes connected here, by role", labels=["role"])
        for role, count in self._peers().items():
            peers.add_metric([role], count)
        yield peers
        refused = CounterMetricFamily("snbn_link_refused", "Connections of the link cut, by reason", labels=["reason"])
        for reason, count in self._refused().items():
            refused.add_metric([reason], count)
        yield refused


def _by_channel(name: str, told: str, audience: Mapping[ChannelId, int]) -> Metric:
    gauge = GaugeMetricFamily(name, told, labels=["channel"])
    for channel, viewers in audience.items():
        gauge.add_metric([channel], viewers)
    return gauge


def order_metrics(
    counters: OrderCounters, refusals: Mapping[str, int], stock: Mapping[Sku, SkuCounter]
) -> Iterable[Metric]:
    """Yield orders, refusals and pieces."""
    orders = GaugeMetricFamily("snbn_orders", "Orders by status", labels=["status"])
    for status in ("reserved", "paid", "fulfilled", "released"):
        orders.add_metric([status], getattr(counters, status))
    yield orders
    yield CounterMetricFamily("snbn_orders_placed", "Orders acknowledged", value=counters.placed)
    refused = CounterMetricFamily("snbn_taps_refused", "Taps refused since start, by reason", labels=["reason"])
    for reason, taps in refusals.items():
        refused.add_metric([reason], taps)
    yield refused
    pieces = GaugeMetricFamily("snbn_stock", "Pieces by SKU and place", labels=["sku", "place"])
    for sku, counter in stock.items():
        for place in ("left", "reserved", "sold"):
            pieces.add_metric([sku, place], getattr(counter, place))
    yield pieces


def exposition(collectors: Iterable[Collector]) -> bytes:
    """Return the metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    return generate_latest(registry)
