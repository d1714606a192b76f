"""A privacy request may name the attributes that are wrong, so that only their change shows that it was answered."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the column; what was asked before named none."""
    op.execute("alter table privacy_request add column wrong_attributes text[]")
