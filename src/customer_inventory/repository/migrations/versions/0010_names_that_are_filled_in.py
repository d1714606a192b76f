"""What v4 shows as the trading name of an organization needs its index; built without holding up writes."""

from alembic import op

revision = "0010"
down_revision = "0009"

_VALUE = """(coalesce((case when jsonb_typeof(coalesce((doc #> '{tradingName}'), (doc #> '{name}'))) = 'string'
    then coalesce((doc #> '{tradingName}'), (doc #> '{name}')) #>> '{}' end collate "C"), '') collate "C")"""


def upgrade() -> None:
    """Build the index; one that an interrupted attempt left behind is dropped first."""
    with op.get_context().autocommit_block():
        op.execute("drop index concurrently if exists organization_by_tradingname_shown")
        op.execute(
            f"create index concurrently organization_by_tradingname_shown on organization ({_VALUE}, bucket, id)"
        )
