"""Pre-orders, and what is set aside for people in line."""

import sqlalchemy as sa
from alembic import op

revision = "checkout_0002"
down_revision = "checkout_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("payment_due_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "line_offers",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("arrival", sa.BigInteger(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("ck_line_offers_some_pieces")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_line_offers")),
    )


def downgrade() -> None:
    op.drop_table("line_offers")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_column("payment_due_ms")
