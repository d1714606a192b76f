"""The catalogue of information requirements: their versions, and the stamp that tells servers of a change."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

_TABLES = """
create table requirement_version (
    id text not null,
    version integer not null check (version > 0),
    base integer not null,
    resource text not null,
    change text not null check (change in ('create', 'modify', 'retire')),
    document jsonb not null,
    status text not null check (status in ('draft', 'proposed', 'approved', 'rejected', 'withdrawn')),
    reason text not null,
    proposed_by text not null,
    proposed_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    decision text,
    effective_from timestamptz,
    primary key (id, version),
    constraint decided_by_another check (status not in ('approved', 'rejected') or decided_by <> proposed_by),
    constraint approved_from_a_moment check ((status = 'approved') = (effective_from is not null))
);
create table catalogue_stamp (
    only_one boolean primary key default true check (only_one),
    number bigint not null
);
insert into catalogue_stamp (number) values (0);
"""


def upgrade() -> None:
    """Create the tables."""
    op.execute(_TABLES)
