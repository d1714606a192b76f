"""Who was erased is registered, and the entries of the trail can go without the salts of erased records."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the register of erasures; the column of the trail is added without touching its rows."""
    op.execute("alter table trail add column remains bytea")
    op.execute("""
        create table erasure (
            id uuid primary key,
            begun_at timestamptz not null,
            finished_at timestamptz,
            client_id text not null,
            person text,
            ground text not null,
            rows jsonb not null default '{}'
        )
    """)
    op.execute("""
        create table erasure_record (
            erasure_id uuid not null references erasure on delete cascade,
            kind text not null,
            record_id uuid not null,
            primary key (erasure_id, kind, record_id)
        )
    """)
    op.execute("""
        create table legal_hold (
            record_id uuid primary key,
            since timestamptz not null,
            client_id text not null,
            person text,
            ground text not null
        )
    """)
    op.execute("create table scrub_due (table_name text primary key, since timestamptz not null)")
