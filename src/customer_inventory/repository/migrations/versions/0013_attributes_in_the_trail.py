"""The trail tells which attributes were asked for by name, so that it can be seen what is kept and never used."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column; entries from before tell of no attribute."""
    op.execute("alter table trail add column attributes text[]")
