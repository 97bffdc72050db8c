"""What is kept of payments beside the record: consents by reference, which gateway was asked, differences found.

In the same database as the record, portable between SQLite and PostgreSQL, and written off the hot path.
"""

from sqlalchemy import BigInteger, Boolean, Column, Table, Text

from broadcast.checkout.adapters.models import metadata

payment_agreements = Table(
    "payment_agreements",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("buyer", Text, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("limit_value", BigInteger),
    Column("address", Text, nullable=False),
    Column("agreed_at_ms", BigInteger, nullable=False),
    # null in rows from before spending limits: nobody had confirmed anything
    Column("limit_confirmed", Boolean),
)

payment_attempts = Table(
    "payment_attempts",
    metadata,
    # one order is asked for at one gateway, by one agreement: written before asking, never changed after
    Column("order_id", Text, primary_key=True),
    Column("show_id", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("asked_at_ms", BigInteger, nullable=False),
    # what the gateway calls it, and what the buyer has to do: known once it answered
    Column("reference", Text, nullable=False),
    Column("action_kind", Text, nullable=False),
    Column("action_value", Text, nullable=False),
)

payment_differences = Table(
    "payment_differences",
    metadata,
    # the same difference found again is the same difference
    Column("show_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("theirs", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("ours", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("found_at_ms", BigInteger, nullable=False),
    Column("repaired", Boolean, nullable=False),
)
