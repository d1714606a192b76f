"""What became of a kind since a place of the feed is told by a function, so that a page comes with its total."""

from alembic import op

revision = "0021"
down_revision = "0020"

_WRITTEN_SINCE = """
create function written_since(p_kind text, p_place bigint) returns text
    language plpgsql stable as $$ -- stable: of the same snapshot as the page in whose statement it is called
declare
    v_horizon bigint := feed_horizon();
begin
    return (
        select concat_ws(' ', count(*), count(*) filter (where kind = p_kind), coalesce(sum(came), 0),
            coalesce(sum(came) filter (where position < v_horizon), 0),
            coalesce(max(position) filter (where position < v_horizon), p_place))
        from (
            select position, kind, case when kind <> p_kind then 0 when operation = 'create' then 1
                when operation = 'delete' then -1 else 0 end as came
            from change_record where position > p_place order by position limit 101
        ) since
    );
end $$;
"""


def upgrade() -> None:
    """Create the function; nothing that is there changes."""
    op.execute(_WRITTEN_SINCE)
