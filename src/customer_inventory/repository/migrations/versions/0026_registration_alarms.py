"""What registered processes do that their registrations do not let expect is kept, each once in its period."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the table."""
    op.execute("""
        create table registration_alarm (
            client_id text not null references registration on delete cascade,
            code text not null,
            since timestamptz not null,
            at timestamptz not null,
            said text not null,
            primary key (client_id, code, since)
        )
    """)
    op.execute("create index registration_alarm_at on registration_alarm (at)")
