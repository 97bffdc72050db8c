"""The timeline's table. Column types are those SQLite and PostgreSQL share."""

from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from broadcast.messages import MAX_KEY_CHARS, MAX_NAME_CHARS

MAX_COMMAND_CHARS = 16
"""The longest name of a command, with room."""

metadata = MetaData()

timeline_entries = Table(
    "timeline_entries",
    metadata,
    Column("show", String(MAX_NAME_CHARS), nullable=False),
    Column("number", Integer, nullable=False, autoincrement=False),
    Column("key", String(MAX_KEY_CHARS), nullable=False),
    Column("command", String(MAX_COMMAND_CHARS), nullable=False),
    Column("decided_at_ms", BigInteger, nullable=False),
    Column("entry", Text, nullable=False),
    PrimaryKeyConstraint("show", "number", name="pk_timeline_entries"),
    UniqueConstraint("show", "key", name="uq_timeline_entries_show_key"),
)
"""One row a decided command. ``entry`` is the whole entry as JSON; the other columns are for looking things up."""
