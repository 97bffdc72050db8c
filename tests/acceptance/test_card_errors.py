"""Viewers tell when a take's card came on their screen: producers and operators see how exact each channel is."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from house import House

PATIENCE_S = 20.0
ENOUGH = 20


async def told_on_console(house: House, channel: str, reports: int) -> dict[str, Any]:
    """Wait until a console is shown so many reports of a channel, and return its figures."""
    async with house.console() as console, asyncio.timeout(PATIENCE_S):
        while True:
            event, state = await console.receive()
            if event == "state" and state["card_errors"].get(channel, {}).get("reports") == reports:
                figures: dict[str, Any] = state["card_errors"][channel]
                return figures


def shown(cue: dict[str, Any], late_ms: int) -> dict[str, Any]:
    at_ms = cue["at_ms"]
    said = {"type": "shown", "cue": cue["id"], "due_ms": at_ms, "shown_ms": at_ms + late_ms}
    return {**said, "source": "frames", "error_ms": 40}


async def report(house: House, late_ms: int, viewers: int) -> None:
    taken = (await house.command("take", look="look-1")).body["cue"]
    async with AsyncExitStack() as watching:
        for _ in range(viewers):
            viewer = await watching.enter_async_context(house.watch("web"))
            await viewer.say(shown(taken, late_ms))
            await viewer.ask({"type": "clock", "t0_ms": 1})  # what was said before is read before


async def test_a_producer_and_an_operator_see_how_exact_a_channels_cards_are(running_show: House) -> None:
    await report(running_show, late_ms=40, viewers=3)
    figures = await told_on_console(running_show, "web", 3)
    assert figures["p50_ms"] == pytest.approx(40, abs=2)
    assert figures["alarm"] is False
    async with running_show.http.get(running_show.base_url + "/metrics") as answer:
        metrics = await answer.text()
    assert 'snbn_card_error_reports{channel="web"} 3.0' in metrics
    assert 'snbn_card_error_alarm{channel="web"} 0.0' in metrics


async def test_cards_that_come_late_to_enough_viewers_raise_an_alarm(running_show: House) -> None:
    await report(running_show, late_ms=900, viewers=ENOUGH)
    assert (await told_on_console(running_show, "web", ENOUGH))["alarm"] is True
    async with running_show.http.get(running_show.base_url + "/metrics") as answer:
        assert 'snbn_card_error_alarm{channel="web"} 1.0' in await answer.text()


async def test_a_viewer_who_repeats_and_invents_reports_counts_once_and_keeps_their_feed(running_show: House) -> None:
    async with running_show.watch("web") as viewer:
        taken = (await running_show.command("take", look="look-1")).body["cue"]
        for late_ms in (40, 60_000, 60_000):
            await viewer.say(shown(taken, late_ms))
        await viewer.say(shown({"id": "made-up", "at_ms": 1}, 60_000))
        assert (await viewer.ask({"type": "clock", "t0_ms": 1}))["type"] == "clock"
    assert (await told_on_console(running_show, "web", 1))["p99_ms"] == pytest.approx(40, abs=2)


async def test_a_report_that_is_none_is_refused_with_its_reason(running_show: House) -> None:
    async with running_show.watch("web") as viewer:
        refused = await viewer.ask({"type": "shown", "cue": "c", "due_ms": -1, "shown_ms": 1, "source": "frames"})
    assert refused["problem"]["errors"][0]["pointer"] == "/due_ms"


async def test_where_few_watch_every_viewer_is_asked_to_report(running_show: House) -> None:
    async with running_show.watch("web") as viewer:
        assert (await viewer.next())["report_share"] == 1.0
