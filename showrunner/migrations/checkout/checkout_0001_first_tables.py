"""First tables: orders, stock, the payment outbox and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "checkout_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("look", sa.Text(), nullable=True),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("placed_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("hold_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("payment", sa.Text(), nullable=False),
        sa.Column("release_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'released') = (release_reason IS NOT NULL)", name=op.f("ck_orders_released_for_a_reason")
        ),
        sa.CheckConstraint(
            "payment IN ('none', 'captured', 'refund-due', 'refunded')", name=op.f("ck_orders_known_payment")
        ),
        sa.CheckConstraint(
            "status IN ('reserved', 'paid', 'fulfilled', 'released')", name=op.f("ck_orders_known_status")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_orders_show_id_channel_buyer_idempotency_key"),
            ["show_id", "channel", "buyer", "idempotency_key"],
            unique=True,
        )

    op.create_table(
        "record_owners",
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_record_owners")),
    )
    op.create_table(
        "stock",
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("initial", sa.BigInteger(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("sold", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"left" + reserved + sold = initial', name=op.f("ck_stock_every_piece_accounted_for")),
        sa.PrimaryKeyConstraint("show_id", "sku", name=op.f("pk_stock")),
    )
    op.create_table(
        "stock_movements",
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.BigInteger(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("show_id", "sku", "received", name=op.f("pk_stock_movements")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("movement", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_ledger_entries_order_id")),
        sa.PrimaryKeyConstraint("order_id", "movement", "account", name=op.f("pk_ledger_entries")),
    )
    op.create_table(
        "payment_notifications",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("notification_id", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_payment_notifications_order_id")),
        sa.PrimaryKeyConstraint("order_id", "kind", name=op.f("pk_payment_notifications")),
    )
    op.create_table(
        "payment_outbox",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_payment_outbox_order_id")),
        sa.PrimaryKeyConstraint("order_id", "kind", name=op.f("pk_payment_outbox")),
    )


def downgrade() -> None:
    op.drop_table("payment_outbox")
    op.drop_table("payment_notifications")
    op.drop_table("ledger_entries")
    op.drop_table("stock_movements")
    op.drop_table("stock")
    op.drop_table("record_owners")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_orders_show_id_channel_buyer_idempotency_key"))

    op.drop_table("orders")
