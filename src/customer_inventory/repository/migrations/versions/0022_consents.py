"""Consent of parties to purposes: every word that was said, and what holds now."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Add the tables."""
    op.execute("""
        create table consent_fact (
            bucket smallint not null,
            id uuid not null,
            party_id uuid not null,
            purpose text not null,
            given boolean not null,
            said_at timestamptz not null,
            expires_at timestamptz,
            document_version text,
            evidence text,
            agreement_id uuid,
            recorded_at timestamptz not null,
            client_id text not null,
            person text,
            primary key (bucket, id)
        )
    """)
    op.execute("create index consent_fact_party on consent_fact (bucket, party_id)")
    op.execute("""
        create table consent (
            bucket smallint not null,
            party_id uuid not null,
            purpose text not null,
            given boolean not null,
            said_at timestamptz not null,
            expires_at timestamptz,
            fact_id uuid not null,
            primary key (bucket, party_id, purpose)
        )
    """)
