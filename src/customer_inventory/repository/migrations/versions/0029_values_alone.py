"""Erasures that take values alone and leave their records."""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add what tells of such an erasure which values, by which rule."""
    op.execute("alter table erasure add column removal jsonb")
