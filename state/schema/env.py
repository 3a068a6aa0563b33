"""Alembic's entry: the schema versions run on the connection that the program gives."""

from alembic import context
from sqlmodel import SQLModel

import state.tables  # noqa: F401  (fills the metadata)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
