"""A control room whose record fails in the middle of a command."""

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cue_logs import names
from postgres import PostgresServer
from sqlalchemy.ext.asyncio import AsyncEngine

from broadcast.channels.adapters.sql_log import SqlCueLog
from broadcast.channels.cue_log import LogRecord
from broadcast.errors import Refusal
from broadcast.messages import CommandRequest
from broadcast.show import Look
from broadcast.timeline.adapters.sql_store import TimelineStore, TimelineUnreachableError
from broadcast.timeline.entries import Entry
from broadcast.timeline.rundown import Rundown
from showrunner.control import Control
from showrunner.databases import control_engine, open_control

RUNDOWN = Rundown(
    Look(id=name, cue=name, number=name, title=name, titles={}, brand="House", skus=(name,)) for name in ("one", "two")
)


class FailingStore(TimelineStore):
    """A store that fails once where it is told to, and whatever it then did is for ``load`` to say."""

    fails = ""

    async def append(self, entry: Entry) -> None:
        fails, self.fails = self.fails, ""
        if fails != "before":
            await super().append(entry)
        if fails:
            raise TimelineUnreachableError("cut")


async def _known() -> None:
    """Say at once that the desk knows what is on sale."""


class Room:
    """A control room on an engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        ids = (f"id-{number}" for number in itertools.count())
        self.store = FailingStore(engine, "gala")
        self.log = SqlCueLog(engine, "gala", lambda: next(ids))
        self.on_sale: list[Any] = []
        door = SimpleNamespace(
            open_for_sale=lambda skus, _at: self.on_sale.extend(skus),
            withdraw=lambda _skus: None,
            openings_known=_known,
        )
        self.control = Control(
            rundown=RUNDOWN,
            view=lambda _look: None,
            store=self.store,
            cue_log=self.log,
            hub=SimpleNamespace(seq=0),  # type: ignore[arg-type]  # asked for its place alone
            checkout=door,  # type: ignore[arg-type]  # told what to sell, and nothing else
            skus={look: (look,) for look in ("one", "two")},
            usual={},
            now=lambda: 1_509_451_200_000,
            live=lambda: 1_509_451_200_000,
            new_id=lambda: next(ids),
            on_changed=lambda: None,
        )

    async def go(self, key: str) -> str:
        """Press GO; return the look that is taken."""
        answer = await self.control.command(CommandRequest(command="take", key=key), "Méi")
        assert answer.cue is not None
        return str(answer.cue.look)

    async def told(self) -> list[LogRecord]:
        """Return what a restarted process finds in the cue log."""
        return list(await self.log.open())


@pytest.fixture(params=["sqlite", "postgres"])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Room]:
    if request.param == "postgres":
        engine = control_engine(request.getfixturevalue("postgres_url"))
    else:
        engine = open_control(tmp_path / "control.sqlite3")
    room = Room(engine)
    await room.log.open()
    await room.control.start()
    yield room
    await room.control.stop()
    await engine.dispose()


@pytest.mark.parametrize("fails", ["before", "after"])
async def test_a_command_whose_storing_failed_is_given_again_and_carried_out_once(room: Room, fails: str) -> None:
    assert await room.go("a") == "one"
    room.store.fails = fails
    with pytest.raises(Refusal, match="not-ready") as refused:
        await room.go("b")
    assert "same key" in refused.value.problem()["detail"]
    assert await room.go("b") == "two"
    assert [entry.key for entry in await room.store.load()] == ["a", "b"]
    assert len(names(await room.told())) == 2
    assert room.on_sale == ["one", "two"]


async def test_a_command_that_was_stored_unheard_is_not_in_the_way_of_the_next(room: Room) -> None:
    await room.go("a")
    room.store.fails = "after"
    with pytest.raises(Refusal, match="not-ready"):
        await room.go("b")
    await room.control.command(CommandRequest(command="hold", key="c"), "Méi")
    assert [entry.key for entry in await room.store.load()] == ["a", "b", "c"]
    assert len(names(await room.told())) == 2


async def test_commands_go_on_after_postgresql_was_killed_and_came_back(
    postgres_url: str, postgres: PostgresServer
) -> None:
    engine = control_engine(postgres_url)
    room = Room(engine)
    await room.log.open()
    await room.control.start()
    assert await room.go("a") == "one"
    postgres.kill()
    with pytest.raises(Refusal, match="not-ready"):
        await room.go("b")
    postgres.start()
    assert await room.go("b") == "two"
    assert len(names(await room.told())) == 2
    await engine.dispose()
