"""The trail is found by place, for its seals, and by record, to tell who saw it; built without holding up writes."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Build the indexes; what an interrupted attempt left behind is dropped first.

    By place with a b-tree, whose last page takes all that comes: BRIN made an entry 7 us dearer to write, this 2.
    """
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists trail_position")
        op.execute("create index concurrently trail_position on trail (position)")
        op.execute("drop index concurrently if exists trail_record_ids")
        op.execute("create index concurrently trail_record_ids on trail using gin (record_ids)")
