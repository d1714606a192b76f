"""Requests of people about their data, with every step that was taken, and restrictions of its use."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"

_REQUESTS = """
create table privacy_request (
    id uuid primary key,
    asked_right text not null check (
        asked_right in ('access', 'rectification', 'erasure', 'restriction', 'portability', 'objection')),
    subject_kind text,
    subject_id uuid,
    status text not null
        check (status in ('received', 'verifying', 'inWork', 'done', 'refused', 'withdrawn')),
    received_at timestamptz not null,
    due_at timestamptz not null,
    extended_because text,
    identity text,
    handler text,
    opened_by text not null,
    closed_at timestamptz,
    ground text,
    result text
);
create index privacy_request_due on privacy_request (due_at) where closed_at is null;
create index privacy_request_subject on privacy_request (subject_id) where subject_id is not null;
create table privacy_request_event (
    request_id uuid not null references privacy_request on delete cascade,
    number integer not null check (number > 0),
    verb text not null,
    status text not null,
    by text not null,
    at timestamptz not null,
    note text,
    primary key (request_id, number)
);
"""
_RESTRICTIONS = """
create table restriction (
    id uuid primary key,
    party_id uuid,
    kinds text[] not null,
    purposes text[] not null,
    ground text not null,
    since timestamptz not null,
    until timestamptz,
    restricted_by text not null,
    ended_at timestamptz,
    ended_by text,
    ended_because text
);
create unique index restriction_party on restriction (party_id) where ended_at is null and party_id is not null;
create table restricted_record (
    bucket smallint not null,
    record_id uuid not null,
    restriction_id uuid not null references restriction on delete cascade,
    primary key (bucket, record_id, restriction_id)
);
create index restricted_record_restriction on restricted_record (restriction_id);
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(_REQUESTS)
    op.execute(_RESTRICTIONS)
