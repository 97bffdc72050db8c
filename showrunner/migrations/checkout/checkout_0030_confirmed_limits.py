"""Whether a consent's limit is the channel's own word."""

import sqlalchemy as sa
from alembic import op

revision = "checkout_0030"
down_revision = "checkout_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # nullable and without a default: added at once, however many consents there are
    op.add_column("payment_agreements", sa.Column("limit_confirmed", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("payment_agreements", schema=None) as batch_op:
        batch_op.drop_column("limit_confirmed")
