"""Processes are registered before they are clients, and have several credentials at a time, in tables of their own.

Clients that are there already are entered as registrations by the first server that starts (access/recertifying.py).

A server of the version before goes on writing and reading the one secret beside the client's name. It stays there until
no such server runs; what is read since is the table, and the secret beside the name only of who has none in it.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

_CREDENTIALS = """
create table client_credential (
    client_id text not null,
    number integer not null check (number > 0),
    secret_hash bytea,
    public_key jsonb,
    valid_from timestamptz not null,
    valid_until timestamptz,
    created_at timestamptz not null,
    created_by text not null,
    primary key (client_id, number),
    constraint secret_or_key check (num_nonnulls(secret_hash, public_key) = 1)
);
create table used_assertion (
    client_id text not null,
    digest bytea not null check (length(digest) = 32),
    expires_at timestamptz not null,
    primary key (client_id, digest)
);
create index used_assertion_expires on used_assertion (expires_at);
create table revoked_token (
    digest bytea primary key check (length(digest) = 32),
    expires_at timestamptz not null
);
insert into client_credential (client_id, number, secret_hash, valid_from, created_at, created_by)
select client_id, 1, secret_hash, registered_at, registered_at, registered_by from client
where secret_hash is not null;
"""
_REGISTRATIONS = """
create table registration (
    client_id text primary key,
    name text not null,
    document jsonb not null,
    status text not null
        check (status in ('draft', 'submitted', 'approved', 'rejected', 'active', 'due', 'suspended', 'revoked')),
    privileged boolean not null,
    requested_by text not null,
    requested_at timestamptz not null,
    approved_by text,
    due_at timestamptz,
    expires_at timestamptz,
    token_hash bytea
);
create unique index registration_name on registration (name) where status not in ('rejected', 'revoked');
create table registration_decision (
    client_id text not null references registration on delete cascade,
    number integer not null check (number > 0),
    verb text not null,
    status text not null,
    decided_by text not null,
    decided_at timestamptz not null,
    said text,
    primary key (client_id, number)
);
alter table client drop constraint client_status_check;
alter table client add constraint client_status_check check (status in ('active', 'suspended', 'revoked'));
"""


def upgrade() -> None:
    """Create the tables, and copy the secrets that there are; a client may be suspended."""
    op.execute(_CREDENTIALS)
    op.execute(_REGISTRATIONS)
