"""People have one of six roles, may have a second factor to sign in with, and see and end their sessions.

Servers of the version before know three of them: give the new ones when all servers run this version.
"""

from alembic import op

revision = "0019"
down_revision = "0018"

_ROLES = "'administrator', 'steward', 'auditor', 'privacy-officer', 'owner', 'operator'"

_TABLES = """
    create table second_factor (
        person_id uuid primary key references person on delete cascade,
        secret text not null,
        created_at timestamptz not null,
        confirmed_at timestamptz,
        last_step bigint not null default 0
    );
    create table recovery_code (
        person_id uuid not null references person on delete cascade,
        code_hash bytea not null,
        primary key (person_id, code_hash)
    );
    create table arrival (
        visit_hash bytea primary key,
        person_id uuid not null references person on delete cascade,
        expires_at timestamptz not null
    );
"""

_SESSIONS = """
    alter table session
        add column id uuid not null default gen_random_uuid(),
        add column last_seen_at timestamptz,
        add column network text,
        add column browser text,
        add constraint session_id_key unique (id);
"""

_REVIEWS = """
    create table access_review (
        id uuid primary key,
        person_id uuid not null references person on delete cascade,
        login text not null,
        kind text not null,
        record_id uuid not null,
        reason text not null,
        opened_at timestamptz not null,
        expires_at timestamptz not null,
        closed_at timestamptz,
        closed_by text,
        remark text,
        check (closed_by <> login)
    );
    create index access_review_open on access_review (person_id) where closed_at is null;
"""


def upgrade() -> None:
    """Let a person have any of the six roles; add second factors, what is shown of sessions, and reviews."""
    op.execute("alter table person drop constraint if exists person_role_check")
    op.execute(f"alter table person add constraint person_role_check check (role in ({_ROLES}))")
    op.execute(_TABLES)
    op.execute(_SESSIONS)
    op.execute(_REVIEWS)
