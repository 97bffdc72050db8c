"""Who owns a show: whose generation it is, and where the owner is reached."""

import sqlalchemy as sa
from alembic import op

revision = "checkout_0010"
down_revision = "checkout_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_owners",
        sa.Column("show_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_desk_owners")),
    )
    op.add_column("record_owners", sa.Column("holder", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("record_owners", schema=None) as batch_op:
        batch_op.drop_column("holder")
    op.drop_table("desk_owners")
