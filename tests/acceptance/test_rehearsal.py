"""A rehearsal against a running show: it passes where every promise is kept, and says so where one is not."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from house import PAYMENT_KEY, PRODUCER_KEY, SHOW, SHOW_FOLDER, House, channel_key
from waiting import until

from broadcast.channels.adapters.tokens import ViewerTokens
from broadcast.errors import Refusal
from broadcast.ids import ChannelId
from broadcast.messages import OrderAnswer
from showrunner.failures import UsageError
from showrunner.feed_parts import wall_clock
from showrunner.rehearsal import Plan, Report
from showrunner.rehearsal.rehearsal import Rehearsal

CHANNELS = ("web", "youku")


def rehearsal(house: House, **more: Any) -> Rehearsal:
    plan = Plan(**{"url": house.base_url, "viewers": 6, "taps": 40, "take": True, "repeat_share": 0.5, **more})
    keys = {ChannelId(channel): channel_key(channel).encode() for channel in CHANNELS}
    return Rehearsal(plan, ViewerTokens(keys, wall_clock), keys.keys(), producer_token=house.producer_token())


async def test_a_show_that_keeps_its_promises_passes(running_show: House) -> None:
    report = await rehearsal(running_show).run()
    assert report.broken == ()
    assert set(report.channels) == set(CHANNELS)
    assert (report.feed.watching, report.feed.cues, report.feed.gaps) == (6, 6, 0)
    assert report.taps.taps == 40
    assert report.taps.outcomes["reserved"] == report.audit.acknowledged == running_show.figures().placed
    assert report.taps.repeats > 0
    assert report.taps.http_ms.count > 0
    assert report.taps.websocket_ms.count > 0


async def test_everybody_is_gone_when_a_rehearsal_is_over(running_show: House) -> None:
    await rehearsal(running_show, viewers=20).run()
    await until(lambda: watching(running_show) == 0, "everybody is gone")


def watching(house: House) -> int:
    return sum(house.running.hub.audience().values())


async def ready_for_go(waiting: Rehearsal) -> asyncio.Task[Report]:
    """Start a rehearsal that waits for its producer."""
    running = asyncio.create_task(waiting.run())
    await until(lambda: waiting.stage == "Waiting for GO in the console", "everybody is there")
    return running


async def test_an_audience_waits_for_the_producer(running_show: House) -> None:
    running = await ready_for_go(rehearsal(running_show, take=False, channel="youku", viewers=3, taps=3))
    await running_show.command("take", look="look-2")
    report = await running
    assert (report.look, report.channels, report.feed.cues, report.broken) == ("look-2", ("youku",), 3, ())


async def test_a_message_left_out_is_a_broken_promise(running_show: House, monkeypatch: pytest.MonkeyPatch) -> None:
    running = await ready_for_go(rehearsal(running_show, take=False, viewers=3))
    with monkeypatch.context() as deaf:
        deaf.setattr(running_show.running.hub, "_deliver", running_show.running.hub._note)
        await running_show.command("take", look="look-1")
    await running_show.command("take", look="look-2")
    report = await running
    assert report.look == "look-2"
    assert report.broken == ("3 gaps in viewers' feeds",)


async def test_a_lost_order_is_a_broken_promise(running_show: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*_asked: object) -> OrderAnswer:
        raise Refusal("no-such-order")

    monkeypatch.setattr(running_show.running.checkout, "order", forgetful)
    report = await rehearsal(running_show).run()
    assert f"{report.audit.acknowledged} acknowledged orders are missing or changed" in report.broken


async def test_a_second_order_for_a_repeated_tap_is_a_broken_promise(
    running_show: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = running_show.running.checkout
    place, tap = checkout.place, checkout.tap

    async def keyless(*, key: str, **asked: Any) -> object:
        return await place(key=f"{key}-{running_show.figures().placed}", **asked)

    def keyless_tap(*, key: str, **asked: Any) -> None:
        tap(key=f"{key}-{running_show.figures().placed}", **asked)

    monkeypatch.setattr(checkout, "place", keyless)
    monkeypatch.setattr(checkout, "tap", keyless_tap)
    report = await rehearsal(running_show).run()
    assert any("repeated taps were not answered as the first time" in broken for broken in report.broken)


async def test_go_that_is_refused_is_told(running_show: House) -> None:
    await running_show.command("hold")
    with pytest.raises(UsageError, match="GO was refused: on-hold"):
        await rehearsal(running_show).run()


async def test_a_server_that_is_not_there_is_told() -> None:
    plan = Plan(url="http://127.0.0.1:9", viewers=1, taps=1)
    with pytest.raises(UsageError, match="does not answer"):
        await Rehearsal(plan, ViewerTokens({}, wall_clock), ()).run()


async def test_a_show_whose_channels_have_no_key_here_is_told(running_show: House) -> None:
    with pytest.raises(UsageError, match="no channel to watch on"):
        await rehearsal(running_show, channel="nowhere").run()


# ---------------------------------------------------------------- the command


@pytest.fixture
def environment(tmp_path: Path, running_show: House) -> Mapping[str, str]:
    """The running show's keys, as a production server's environment carries them."""
    return {
        **os.environ,
        "SHOWRUNNER_SHOW": str(SHOW_FOLDER),
        "SHOWRUNNER_DATA": str(tmp_path),
        "SHOWRUNNER_PRODUCER_KEY": PRODUCER_KEY,
        "SHOWRUNNER_PAYMENT_KEY": PAYMENT_KEY,
        "SHOWRUNNER_CHANNEL_KEYS": msgspec.json.encode({name: channel_key(name) for name in CHANNELS}).decode(),
        "SHOWRUNNER_PRODUCER_TOKEN": running_show.producer_token(),
    }


async def rehearse(environment: Mapping[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("showrunner")), "rehearse", *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def test_the_command_prints_the_report_as_json(running_show: House, environment: Mapping[str, str]) -> None:
    process = await rehearse(
        environment, "--url", running_show.base_url, "--viewers", "4", "--taps", "10", "--take", "--json"
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    report = msgspec.json.decode(out, type=Report)
    assert (report.show, report.feed.viewers, report.taps.taps, report.broken) == (SHOW, 4, 10, ())


async def test_ctrl_c_ends_a_rehearsal_cleanly(running_show: House, environment: Mapping[str, str]) -> None:
    process = await rehearse(environment, "--url", running_show.base_url, "--viewers", "4")
    await until(lambda: watching(running_show) == 4, "everybody is there")
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in err
    await until(lambda: watching(running_show) == 0, "everybody is gone")


async def test_another_machine_is_not_loaded_by_mistake(environment: Mapping[str, str]) -> None:
    process = await rehearse(environment, "--url", "http://192.0.2.1:8080")
    _, err = await process.communicate()
    assert process.returncode == 1
    assert b"--i-own-this-server" in err
