"""Events of other systems are judged: whether the record that they carry would be taken, and what it does not meet.

Those that came before were not judged, and say so by having no status.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns, and the index of what is quarantined, without holding up what is received meanwhile."""
    op.execute("alter table received_event add column if not exists status text")
    op.execute("alter table received_event add column if not exists breaches jsonb not null default '[]'")
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists received_event_quarantined")
        op.execute(
            "create index concurrently received_event_quarantined on received_event (id) where status = 'quarantined'"
        )
