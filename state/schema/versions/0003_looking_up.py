"""Columns and indexes by which procedures are looked up; a row is filled when it is written the next time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add them; nothing that is stored changes."""
    for name in ("person", "stuck_at", "ends_at"):
        op.add_column("procedure", sa.Column(name, sa.String()))
    op.create_index("procedure_stuck", "procedure", ["environment", "ended", "stuck_at"])
    op.create_index("procedure_turn", "procedure", ["ended", "turn", "since"])
    op.create_index("procedure_person", "procedure", ["person"])
    op.create_index("procedure_ends", "procedure", ["environment", "ends_at"])
