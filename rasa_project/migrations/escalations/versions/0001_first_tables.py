"""Escalations, notices, deliveries and the sweep's position. Databases that were made before there were migrations have these tables already."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "escalation",
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("conversation_id", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=64)),
        sa.Column("pain_days", sa.Float()),
        sa.Column("taken_back_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.String(length=100)),
        sa.Column("note", sa.Text()),
        sa.PrimaryKeyConstraint("reference"),
        if_not_exists=True,
    )
    op.create_index("ix_escalation_conversation_id", "escalation", ["conversation_id"], if_not_exists=True)
    op.create_index("ix_escalation_created_at", "escalation", ["created_at"], if_not_exists=True)
    op.create_table(
        "escalation_sweep",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("last_event", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
        if_not_exists=True,
    )
    op.create_table(
        "escalation_message",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["escalation.reference"]),
        sa.PrimaryKeyConstraint("message_id"),
        if_not_exists=True,
    )
    op.create_index("ix_escalation_message_reference", "escalation_message", ["reference"], if_not_exists=True)
    op.create_table(
        "escalation_notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["reference"], ["escalation.reference"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("ix_escalation_notice_at", "escalation_notice", ["at"], if_not_exists=True)
    op.create_index("ix_escalation_notice_number", "escalation_notice", ["number"], if_not_exists=True)
    op.create_table(
        "escalation_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text()),
        sa.Column("alarmed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["notice_id"], ["escalation_notice.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id", "target"),
        if_not_exists=True,
    )
    op.create_index("ix_escalation_delivery_delivered_at", "escalation_delivery", ["delivered_at"], if_not_exists=True)
    op.create_index("ix_escalation_delivery_next_attempt_at", "escalation_delivery", ["next_attempt_at"], if_not_exists=True)
