"""The whole audience, added up from what edges say."""

import pytest

from broadcast.channels.audience import MAX_REPORT_BYTES, report, reported
from broadcast.ids import ChannelId

WEB, YOUKU = ChannelId("web"), ChannelId("youku")


def test_the_audience_is_the_sum_of_what_edges_hold() -> None:
    reports = [report({WEB: 2, YOUKU: 5}), report({WEB: 40, YOUKU: 0})]
    assert reported([WEB, YOUKU], reports) == {WEB: 42, YOUKU: 5}


def test_a_channel_nobody_watches_has_nobody() -> None:
    assert reported([WEB, YOUKU], [report({WEB: 1, YOUKU: 0})]) == {WEB: 1, YOUKU: 0}


def test_an_empty_edge_says_almost_nothing() -> None:
    assert report({WEB: 0, YOUKU: 0}) == b"{}"


def test_a_channel_the_show_does_not_have_counts_nothing() -> None:
    assert reported([WEB], [report({ChannelId("elsewhere"): 7, WEB: 1})]) == {WEB: 1}


@pytest.mark.parametrize(
    "told",
    [b"", b"no report", b"[1]", b'{"web":-1}', b'{"web":"7"}', b'{"web":1e99}', b"{" + b" " * MAX_REPORT_BYTES + b"}"],
)
def test_what_is_no_report_counts_nothing_and_harms_no_other(told: bytes) -> None:
    assert reported([WEB], [told, report({WEB: 3})]) == {WEB: 3}
