"""Prometheus metrics of a live picture."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from broadcast.programme.events import EventName
from broadcast.programme.ingest_news import PictureSample
from broadcast.programme.live_segments import LiveSegment

FINDINGS: tuple[EventName, ...] = ("no-input", "black", "frozen", "silent", "low-bitrate")


class PictureCollector(Collector):
    """Reads what a live picture knows of itself when Prometheus asks."""

    def __init__(
        self,
        *,
        counts: Callable[[], Mapping[str, int]],
        findings: Callable[[], Iterable[str]],
        sample: Callable[[], PictureSample | None],
        newest: Callable[[], LiveSegment | None],
        restarts: Callable[[], int],
    ) -> None:
        self._counts = counts
        self._findings = findings
        self._sample = sample
        self._newest = newest
        self._restarts = restarts

    def collect(self) -> Iterable[Metric]:
        """Yield every metric as of now."""
        events = CounterMetricFamily("snbn_programme_events", "Events of the picture, by name", labels=["event"])
        for name, count in self._counts().items():
            events.add_metric([name], count)
        yield events
        found = set(self._findings())
        wrong = GaugeMetricFamily("snbn_programme_wrong", "What is wrong with the picture now", labels=["finding"])
        for finding in FINDINGS:
            wrong.add_metric([finding], int(finding in found))
        yield wrong
        yield CounterMetricFamily("snbn_ingest_restarts", "Reading processes replaced", value=self._restarts())
        sample, newest = self._sample(), self._newest()
        if sample is not None:
            yield GaugeMetricFamily("snbn_programme_bits_per_second", "Bit rate", value=sample.bits_per_second)
        if newest is not None:
            yield GaugeMetricFamily("snbn_programme_error_ms", "Bound of the clock's error", value=newest.error_ms)
            yield GaugeMetricFamily(
                "snbn_programme_end_ms", "Capture of the newest frame, Unix ms", value=newest.end_ms
            )
