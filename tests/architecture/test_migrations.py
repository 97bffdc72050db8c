"""The migrations make exactly the tables the code speaks to."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import PostgresServer
from sqlalchemy import Connection, inspect

from broadcast.checkout.adapters.models import KEYS
from broadcast.checkout.adapters.postgres import postgres_engine
from broadcast.checkout.adapters.sqlite import sqlite_engine
from showrunner.databases import Database, alembic_config, merged, migrate, migrate_postgres, open_checkout


def belongs_in_a_file(_item: Any, name: str | None, *_what: Any) -> bool:
    return name != KEYS


@pytest.mark.parametrize("database", Database)
def test_a_migrated_database_has_the_tables_of_the_models(tmp_path: Path, database: Database) -> None:
    engine = sqlite_engine(tmp_path / "fresh.sqlite3")
    with engine.connect() as connection:
        migrate(connection, database)
        compared = {"compare_type": True, "compare_server_default": True, "include_object": belongs_in_a_file}
        context = MigrationContext.configure(connection, opts={**compared, "render_as_batch": True})
        assert compare_metadata(context, merged(*database.value)) == []
    engine.dispose()


@pytest.mark.parametrize("database", Database)
def test_migrating_again_changes_nothing(tmp_path: Path, database: Database) -> None:
    engine = sqlite_engine(tmp_path / "twice.sqlite3")
    with engine.connect() as connection:
        migrate(connection, database)
        tables = sorted(inspect(connection).get_table_names())
        migrate(connection, database)
        assert sorted(inspect(connection).get_table_names()) == tables
    engine.dispose()


@pytest.mark.parametrize("database", Database)
def test_migrations_are_one_line_without_branches(tmp_path: Path, database: Database) -> None:
    engine = sqlite_engine(tmp_path / "line.sqlite3")
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(database, connection))
        assert scripts.get_heads() == [database.newest_version]
    engine.dispose()


@pytest.mark.parametrize("database", Database)
async def test_postgresql_has_the_tables_of_the_models_in_a_schema_of_their_own(
    postgres_url: str, database: Database
) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, merged(*database.value)))

    engine = postgres_engine(postgres_url, database.schema)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_processes_that_start_at_once_on_an_empty_server_all_find_it_migrated(postgres: PostgresServer) -> None:
    url = postgres.url(postgres.new_database())
    await asyncio.gather(*(migrate_postgres(url) for _ in range(4)))


def test_a_start_with_nothing_to_migrate_does_without_alembic(tmp_path: Path) -> None:
    file = tmp_path / "warm.sqlite3"
    open_checkout(file).dispose()
    program = (
        "import sys, pathlib; from showrunner.databases import open_checkout;"
        f"open_checkout(pathlib.Path({str(file)!r})).dispose(); print('alembic' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"


def test_no_table_is_in_both_databases() -> None:
    control, checkout = (set(merged(*database.value).tables) for database in Database)
    assert control & checkout == set()
