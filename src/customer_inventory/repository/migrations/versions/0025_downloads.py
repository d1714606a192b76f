"""Downloads: what was asked for, what became of it, and which records its file holds."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

_DOWNLOAD = """
create table download (
    id uuid primary key,
    client_id text not null,
    person text,
    purpose text not null,
    request_id text not null,
    kind text not null,
    wish text not null,
    status text not null,
    preview text not null,
    reasons text[] not null,
    approved text[] not null default '{}',
    requested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    said text,
    attempt integer not null default 0,
    leased_until timestamptz,
    failure text,
    granted bytea,
    taken_at timestamptz,
    position bigint,
    ready_at timestamptz,
    expires_at timestamptz,
    number bigint,
    size bigint,
    sha256 text,
    columns text[],
    smallest_class bigint,
    left_out bigint,
    mark_key bytea not null,
    link_hash bytea,
    link_until timestamptz,
    touched text[]
)
"""


def upgrade() -> None:
    """Add the tables."""
    op.execute(_DOWNLOAD)
    op.execute("create index download_status on download (status, requested_at)")
    op.execute("create index download_client on download (client_id, requested_at)")
    op.execute("""
        create table download_part (
            download_id uuid not null references download on delete cascade,
            number integer not null,
            record_ids uuid[] not null,
            primary key (download_id, number)
        )
    """)
    op.execute("create index download_part_record on download_part using gin (record_ids)")
    op.execute("""
        create table pseudonym_key (
            purpose text primary key,
            key bytea not null,
            at timestamptz not null
        )
    """)
