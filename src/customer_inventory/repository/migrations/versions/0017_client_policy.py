"""Grants may be limited: to attributes, rows, purposes, amounts and times.

They have a table of their own: a server of the version before reads only the grants that nothing limits, so that while
both run a limited client is refused by the old one, and never shown more than it may see.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the tables: the grants, and what was used of those that say at most how much."""
    op.execute("""
        create table client_policy (
            client_id text not null references client on delete cascade,
            number int not null,
            line text not null,
            primary key (client_id, number)
        )
    """)
    op.execute("""
        create table client_use (
            client_id text not null references client on delete cascade,
            verb text not null,
            kind text not null,
            per text not null,
            since timestamptz not null,
            amount bigint not null,
            primary key (client_id, verb, kind, per)
        )
    """)
