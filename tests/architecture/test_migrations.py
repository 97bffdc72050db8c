"""The migrations make exactly the tables the code speaks to."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from broadcast.checkout.adapters.sqlite import sqlite_engine
from showrunner.databases import Database, alembic_config, merged, migrate


@pytest.mark.parametrize("database", Database)
def test_a_migrated_database_has_the_tables_of_the_models(tmp_path: Path, database: Database) -> None:
    engine = sqlite_engine(tmp_path / "fresh.sqlite3")
    migrate(engine, database)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "render_as_batch": True}
        )
        assert compare_metadata(context, merged(*database.value)) == []
    engine.dispose()


@pytest.mark.parametrize("database", Database)
def test_migrating_again_changes_nothing(tmp_path: Path, database: Database) -> None:
    engine = sqlite_engine(tmp_path / "twice.sqlite3")
    migrate(engine, database)
    tables = sorted(inspect(engine).get_table_names())
    migrate(engine, database)
    assert sorted(inspect(engine).get_table_names()) == tables
    engine.dispose()


@pytest.mark.parametrize("database", Database)
def test_migrations_are_one_line_without_branches(tmp_path: Path, database: Database) -> None:
    engine = sqlite_engine(tmp_path / "line.sqlite3")
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(alembic_config(database, connection))
        assert len(scripts.get_heads()) == 1
    engine.dispose()


def test_no_table_is_in_both_databases() -> None:
    control, checkout = (set(merged(*database.value).tables) for database in Database)
    assert control & checkout == set()
