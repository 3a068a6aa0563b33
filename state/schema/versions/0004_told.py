"""What notifications told, and an index for what was noticed without a person."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table and the index; nothing that is stored changes."""
    op.create_table(
        "told", sa.Column("key", sa.String(), primary_key=True), sa.Column("at", sa.String(), nullable=False)
    )
    noticed = sa.text("kind = 'noticed'")
    op.create_index("journal_noticed", "journal", ["at"], sqlite_where=noticed, postgresql_where=noticed)
