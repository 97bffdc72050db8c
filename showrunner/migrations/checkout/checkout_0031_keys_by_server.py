"""Which order a buyer's key names is held by an index where orders come from a server, not in a file."""

from alembic import op

revision = "checkout_0031"
down_revision = "checkout_0030"
branch_labels = None
depends_on = None

INDEX = "ix_orders_show_id_channel_buyer_idempotency_key"
COLUMNS = ["show_id", "channel", "buyer", "idempotency_key"]


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(INDEX, table_name="orders")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(INDEX, "orders", COLUMNS, unique=True)
