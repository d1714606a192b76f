"""Links are dropped, and noted as former ones, in one statement."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Replace the function."""
    op.execute("""
create or replace function drop_links(p_source_id uuid) returns void
    language plpgsql as $$
begin
    with dropped as (
        delete from link where bucket in (
            select bucket_of(target_id) from link where bucket = bucket_of(p_source_id) and source_id = p_source_id
            union select bucket_of(p_source_id)
        ) and source_id = p_source_id
        returning target_id, source_kind
    )
    insert into former_link select distinct bucket_of(target_id), target_id, p_source_id, source_kind from dropped
        on conflict do nothing;
end $$;
""")
