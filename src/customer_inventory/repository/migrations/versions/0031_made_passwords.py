"""The password that was made for somebody is known to be that when they have an own one."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Add the column; what was made before is not known."""
    op.execute("alter table person add column made_password_hash text")
