"""People, messages and replies on messaging platforms. Databases that were made before there were migrations have these tables already."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "messaging_call",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("call", sa.JSON()),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_messaging_call_conversation_id", "messaging_call", ["conversation_id"], if_not_exists=True)
    op.create_index("ix_messaging_call_done_at", "messaging_call", ["done_at"], if_not_exists=True)
    op.create_index("ix_messaging_call_next_attempt_at", "messaging_call", ["next_attempt_at"], if_not_exists=True)
    op.create_index("ix_messaging_call_platform", "messaging_call", ["platform"], if_not_exists=True)
    op.create_table(
        "messaging_person",
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
        if_not_exists=True,
    )
    op.create_table(
        "messaging_update",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("update", sa.JSON()),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("platform", "key"),
        if_not_exists=True,
    )
    op.create_index("ix_messaging_update_conversation_id", "messaging_update", ["conversation_id"], if_not_exists=True)
    op.create_index("ix_messaging_update_done_at", "messaging_update", ["done_at"], if_not_exists=True)
    op.create_index("ix_messaging_update_platform", "messaging_update", ["platform"], if_not_exists=True)
