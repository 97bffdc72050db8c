"""The cue log on a PostgreSQL that dies, or that is not heard."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cue_logs import SENT_MS, SqlHome, cue, follow, names, seqs
from postgres import PostgresServer

from broadcast.channels.cue_log import LogUnreachableError
from showrunner.databases import control_engine


@pytest.fixture
async def home(postgres_url: str) -> AsyncIterator[SqlHome]:
    home = SqlHome(control_engine(postgres_url))
    yield home
    await home.close()


async def test_a_log_whose_server_was_killed_says_so_and_goes_on_once_it_is_back(
    home: SqlHome, postgres: PostgresServer
) -> None:
    log = home.log()
    await log.open()
    await log.append([cue("one")], SENT_MS)
    postgres.kill()
    with pytest.raises(LogUnreachableError):
        await log.append([cue("two")], SENT_MS)
    with pytest.raises(LogUnreachableError):
        await home.log().open()
    postgres.start()
    assert seqs(await log.append([cue("three")], SENT_MS)) == [2]
    assert names(await follow(log, 0, 2)) == ["one", "three"]


async def test_what_landed_unheard_keeps_its_place_and_followers_get_it(
    home: SqlHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: Any = home.log()
    await log.open()
    store = log._store

    async def unheard(records: Any) -> None:
        await store(records)
        raise OSError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(log, "_store", unheard)
        with pytest.raises(LogUnreachableError):
            await log.append([cue("one"), cue("two")], SENT_MS)
    assert seqs(await log.append([cue("three")], SENT_MS)) == [3]
    assert names(await follow(log, 0, 3)) == ["one", "two", "three"]
    assert names(await home.log().open()) == ["one", "two", "three"]
