"""The trail is sealed: its entries have places that no later one can take, and blocks of them are signed."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Give entries a place and a seed; what is there already has place 0 and none, and goes into the first block.

    The columns are added without touching the rows; the defaults hold for those that come.
    """
    op.execute("alter table trail add column position bigint not null default 0, add column seed uuid")
    op.execute("alter table trail alter column position set default feed_position()")
    op.execute("alter table trail alter column seed set default gen_random_uuid()")
    op.execute("""
        create table seal_key (
            id text primary key,
            private_key text not null,
            public_key text not null,
            created_at timestamptz not null
        )
    """)
    op.execute("""
        create table seal (
            number bigint primary key,
            next_position bigint not null,
            signed text not null,
            at timestamptz not null
        )
    """)
    op.execute("""
        create or replace function repository_rebase_positions() returns bigint
            language sql volatile
        begin atomic
            update feed_origin set shift = greatest(
                shift,
                greatest(
                    coalesce((select max(position) from change_record), 0),
                    coalesce((select max(next_position) from seal), 0)
                ) + 1 - pg_current_xact_id()::text::bigint
            ) returning shift;
        end
    """)
