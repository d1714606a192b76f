"""A role that moves to another party takes the consents of its agreements from the one, and gives the other none."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Replace what keeps the consents of agreements."""
    op.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
