"""The record's tables, portable between SQLite and PostgreSQL.

Orders are the truth; ``stock`` repeats their sums per SKU so that the database itself refuses to oversell (its CHECK
constraints) and a restart can compare the two. Instants are wall time in UTC milliseconds, money is minor units.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, Table, Text

SCHEMA = "checkout"
"""Where the tables are on a server that has schemas."""

CHANGES = {"changes": True}
"""Marks columns that are written again when a row changes; the others stay as they were inserted."""

KEYS = "ix_orders_show_id_channel_buyer_idempotency_key"
"""The index of idempotency keys, which only PostgreSQL has."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("show_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("quantity", Integer, CheckConstraint("quantity > 0", name="some_pieces"), nullable=False),
    Column("look", Text),
    Column("value", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("placed_at_ms", BigInteger, nullable=False),
    Column("hold_until_ms", BigInteger, nullable=False),
    Column("status", Text, nullable=False, info=CHANGES),
    Column("payment", Text, nullable=False, info=CHANGES),
    Column("release_reason", Text, info=CHANGES),
    # a pre-order's payment is not asked for before
    Column("payment_due_ms", BigInteger),
    CheckConstraint("status IN ('reserved', 'paid', 'fulfilled', 'released')", name="known_status"),
    CheckConstraint("payment IN ('none', 'captured', 'refund-due', 'refunded')", name="known_payment"),
    CheckConstraint("(status = 'released') = (release_reason IS NOT NULL)", name="released_for_a_reason"),
    # the last defence against a double order: one buyer's key names one order. Keys are random, so that in SQLite,
    # which writes whole pages, it costs twice the rest of an order's row; there is one process there, and it looks
    # when it reads the record back (decision 0033)
    Index(KEYS, "show_id", "channel", "buyer", "idempotency_key", unique=True).ddl_if(dialect="postgresql"),
)

stock = Table(
    "stock",
    metadata,
    Column("show_id", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("initial", BigInteger, nullable=False),
    Column("left", BigInteger, CheckConstraint('"left" >= 0', name="not_oversold"), nullable=False, info=CHANGES),
    Column(
        "reserved",
        BigInteger,
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        nullable=False,
        info=CHANGES,
    ),
    Column("sold", BigInteger, CheckConstraint("sold >= 0", name="sold_not_negative"), nullable=False, info=CHANGES),
    CheckConstraint('"left" + reserved + sold = initial', name="every_piece_accounted_for"),
)

stock_movements = Table(
    "stock_movements",
    metadata,
    Column("show_id", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    # all that was ever received, this movement included: it only grows, so it names the movement
    Column("received", BigInteger, primary_key=True),
    Column("pieces", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("reason", Text, CheckConstraint("reason IN ('initial', 'restock')", name="known_reason"), nullable=False),
)

record_owners = Table(
    "record_owners",
    metadata,
    Column("show_id", Text, primary_key=True),
    # counts how often the show was taken over; only who did so last may write
    Column("generation", BigInteger, nullable=False),
    # who that was: after a failure it may count on, anybody else's turn is another's
    Column("holder", Text),
)

desk_owners = Table(
    "desk_owners",
    metadata,
    Column("show_id", Text, primary_key=True),
    # where the doors reach the process that decides; true only while that process holds the show's lock
    Column("address", Text, nullable=False),
)

# what the gateway must be told and no order's own row tells: refunds, payments of pre-orders that were asked for
payment_outbox = Table(
    "payment_outbox",
    metadata,
    Column("order_id", Text, ForeignKey("orders.order_id"), primary_key=True),
    Column("kind", Text, CheckConstraint("kind IN ('payment', 'refund')", name="known_kind"), primary_key=True),
    Column("show_id", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
)

payment_notifications = Table(
    "payment_notifications",
    metadata,
    # one order hears each kind of news at most once: whatever id a gateway gives its duplicates
    Column("order_id", Text, ForeignKey("orders.order_id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("notification_id", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("order_id", Text, ForeignKey("orders.order_id"), primary_key=True),
    Column("movement", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
)

line_offers = Table(
    "line_offers",
    metadata,
    Column("offer_id", Text, primary_key=True),
    Column("show_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    # what they wanted when they came, and how much of it is set aside until when
    Column("quantity", Integer, nullable=False),
    Column("arrival", BigInteger, nullable=False),
    Column("pieces", Integer, CheckConstraint("pieces > 0", name="some_pieces"), nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)
