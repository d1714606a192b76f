"""The list of changes, newest first, needs its index; built without holding up writes."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Build the index; one that an interrupted attempt left behind is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists change_position")
        op.execute("create index concurrently change_position on change (position, id)")
