"""Questions without an answer. Databases that were made before there were migrations have these tables already."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "insight",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=64)),
        sa.Column("facet", sa.String(length=32)),
        sa.Column("text", sa.Text()),
        sa.Column("handled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index("ix_insight_asked_at", "insight", ["asked_at"], if_not_exists=True)
    op.create_index("ix_insight_kind", "insight", ["kind"], if_not_exists=True)
