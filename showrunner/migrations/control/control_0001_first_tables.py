"""First tables: the timeline and the cue log."""

import sqlalchemy as sa
from alembic import op

revision = "control_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cue_log",
        sa.Column("show", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("show", "seq"),
    )
    op.create_table(
        "cue_log_epochs",
        sa.Column("show", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("show"),
    )
    op.create_table(
        "timeline_entries",
        sa.Column("show", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("command", sa.String(length=16), nullable=False),
        sa.Column("decided_at_ms", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("show", "number", name="pk_timeline_entries"),
        sa.UniqueConstraint("show", "key", name="uq_timeline_entries_show_key"),
    )


def downgrade() -> None:
    op.drop_table("timeline_entries")
    op.drop_table("cue_log_epochs")
    op.drop_table("cue_log")
