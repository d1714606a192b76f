"""Who saw a record is told at once, however long the trail is; the index is built without holding up writes."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Build the index; one that an interrupted attempt left behind is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists trail_record_ids")
        op.execute("create index concurrently trail_record_ids on trail using gin (record_ids)")
