"""Alarms of registered processes, each once in its period; and as whom OpenID providers know people."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the tables, and whether a session began with several factors at a provider."""
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
    op.execute("""
        create table person_identity (
            person_id uuid not null references person on delete cascade,
            issuer text not null,
            subject text not null,
            linked_at timestamptz not null,
            primary key (issuer, subject),
            unique (person_id, issuer)
        )
    """)
    op.execute("alter table session add column several_factors boolean not null default false")
