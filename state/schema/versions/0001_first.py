"""The first schema: procedures and their journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the two tables and the two indexes."""
    op.create_table(
        "procedure",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("definition", sa.String(), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("identity", sa.String(), unique=True),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("looked_at", sa.String()),
        sa.Column("wake_at", sa.String()),
        sa.Column("expected_by", sa.String()),
        sa.Column("trouble_code", sa.String()),
        sa.Column("trouble_at", sa.String()),
        sa.Column("trouble_attempts", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
    )
    op.create_index("procedure_open", "procedure", ["ended", "since"])
    op.create_index("procedure_due", "procedure", ["ended", "wake_at"])
    op.create_table(
        "journal",
        sa.Column("procedure_id", sa.String(), sa.ForeignKey("procedure.id"), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("at", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("details", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
    )
