"""Rows that fit: what is a few bytes too long for a page goes out of line, where it was refused."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Lower the target of every table of records and their history; rows that are there stay as they are."""
    op.execute("""
        do $$
        declare
            of_records regclass;
        begin
            for of_records in
                select oid from pg_class where reloptions @> array['toast_tuple_target=8160']
            loop
                execute format('alter table %s set (toast_tuple_target = 8128)', of_records);
            end loop;
        end
        $$
    """)
