"""The embedded log on a file that cannot be written for a while."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cue_logs import SENT_MS, SqlHome, cue, follow, names

from broadcast.channels.cue_log import LogUnreachableError


async def test_a_file_that_cannot_be_written_says_so_and_loses_nothing(sqlite_home: SqlHome, tmp_path: Path) -> None:
    log = sqlite_home.log()
    await log.open()
    await log.append([cue("one")], SENT_MS)
    other = sqlite3.connect(tmp_path / "log.sqlite3", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LogUnreachableError):
            await log.append([cue("two")], SENT_MS)
        with pytest.raises(LogUnreachableError):
            await sqlite_home.log().open()
        other.execute("ROLLBACK")
    finally:
        other.close()
    await log.append([cue("three")], SENT_MS)
    assert names(await follow(log, 0, 2)) == ["one", "three"]


async def test_what_a_caller_gave_up_on_is_on_disk_before_the_log_is_closed(
    sqlite_home: SqlHome, tmp_path: Path
) -> None:
    log = sqlite_home.log()
    await log.open()
    appending = asyncio.ensure_future(log.append([cue("one")], SENT_MS))
    await asyncio.sleep(0)
    appending.cancel()
    await asyncio.gather(appending, return_exceptions=True)
    await log.close()
    with closing(sqlite3.connect(tmp_path / "log.sqlite3")) as reader:
        assert reader.execute("SELECT count(*) FROM cue_log").fetchone() == (1,)
