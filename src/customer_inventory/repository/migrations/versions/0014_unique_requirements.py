"""Requirements can demand that no two records have the same value of an attribute, and doors ask it."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Let a held value tell by which requirement; what classes of entities demand is held by none."""
    op.execute("alter table unique_value add column requirement text not null default ''")
    op.execute("""
        create table unique_requirement (
            id text primary key,
            since timestamptz not null
        )
    """)
