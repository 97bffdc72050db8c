import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from broadcast.show import Look
from broadcast.timeline.adapters.models import metadata, timeline_entries
from broadcast.timeline.adapters.sql_store import TimelineConflictError, TimelineStore, UnreadableEntryError
from broadcast.timeline.cues import Command, decide, opening, rebuild
from broadcast.timeline.entries import Entry
from broadcast.timeline.rundown import Rundown
from broadcast.timeline.state import TimelineState
from showrunner.databases import control_engine

NOW = 1_509_451_200_000
RUNDOWN = Rundown(
    Look(id=name, cue=name, number=name, title=name, titles={}, brand="House", skus=(name,)) for name in ("一", "two")
)


@pytest.fixture(params=["sqlite", "postgres"])
async def engines(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], AsyncEngine]]:
    """What another process on the same database makes, and another."""
    made: list[AsyncEngine] = []

    def engine() -> AsyncEngine:
        if request.param == "postgres":
            made.append(control_engine(request.getfixturevalue("postgres_url")))
        else:
            made.append(create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'show.sqlite3'}"))
        return made[-1]

    yield engine
    for one in made:
        await one.dispose()


@pytest.fixture
async def engine(engines: Callable[[], AsyncEngine]) -> AsyncEngine:
    engine = engines()
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return engine


async def run_show(store: TimelineStore) -> TimelineState:
    """Give four commands, storing each; return the state decided last."""
    state = opening(RUNDOWN)
    for place, (name, at_ms) in enumerate([("take", None), ("take", NOW + 5_000), ("undo", None), ("hold", None)]):
        command = Command(name=name, key=f"key {place}", at_ms=at_ms, by="Méi", note="走")
        decision = decide(command, state, RUNDOWN, NOW + place, f"cue-{place}")
        await store.append(decision.entry)
        state = decision.state
    return state


async def test_a_show_is_rebuilt_from_what_another_process_stored(
    engine: AsyncEngine, engines: Callable[[], AsyncEngine]
) -> None:
    state = await run_show(TimelineStore(engine, "gala"))
    entries = await TimelineStore(engines(), "gala").load()
    assert rebuild(entries, RUNDOWN) == state


async def test_a_new_show_has_no_entries(engine: AsyncEngine) -> None:
    assert await TimelineStore(engine, "gala").load() == []


async def test_shows_do_not_see_each_others_entries(engine: AsyncEngine) -> None:
    await run_show(TimelineStore(engine, "gala"))
    await run_show(TimelineStore(engine, "finale"))
    assert len(await TimelineStore(engine, "gala").load()) == 4


def entry(key: str, number: int = 1) -> Entry:
    """Return a clear decided as the entry of that number."""
    state = opening(RUNDOWN)
    for place in range(1, number):
        state = decide(Command(name="hold", key=f"hold {place}"), state, RUNDOWN, NOW, "unused").state
    decided = decide(Command(name="clear", key=key), state, RUNDOWN, NOW, "cue").entry
    assert decided is not None
    return decided


async def test_an_entry_another_process_has_decided_first_is_a_conflict_and_changes_nothing(
    engine: AsyncEngine,
) -> None:
    store = TimelineStore(engine, "gala")
    await store.append(entry("ours"))
    with pytest.raises(TimelineConflictError, match="entry 1"):
        await TimelineStore(engine, "gala").append(entry("theirs"))
    assert [stored.key for stored in await store.load()] == ["ours"]


async def test_a_key_another_process_has_stored_is_a_conflict(engine: AsyncEngine) -> None:
    store = TimelineStore(engine, "gala")
    await store.append(entry("go"))
    with pytest.raises(TimelineConflictError, match="entry 2"):
        await store.append(entry("go", number=2))
    assert len(await store.load()) == 1


async def test_of_processes_that_decide_at_once_one_is_stored(engine: AsyncEngine) -> None:
    stores = [TimelineStore(engine, "gala") for _ in range(4)]
    outcomes = await asyncio.gather(
        *(store.append(entry(f"key {place}")) for place, store in enumerate(stores)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes].count(TimelineConflictError) == 3
    assert len(await stores[0].load()) == 1


async def test_a_damaged_entry_is_named_and_not_skipped(engine: AsyncEngine) -> None:
    store = TimelineStore(engine, "gala")
    await run_show(store)
    async with engine.begin() as connection:
        await connection.execute(update(timeline_entries).where(timeline_entries.c.number == 2).values(entry="{"))
    with pytest.raises(UnreadableEntryError, match="entry 2 of show 'gala'"):
        await store.load()
