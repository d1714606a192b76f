"""Topics that clients make."""

from alembic import op

revision = "0007"
down_revision = "0006"

_TOPIC = """
create table topic (
    id uuid primary key,
    client_id text not null,
    created_at timestamptz not null,
    document text not null
)
"""


def upgrade() -> None:
    """Make the table of topics."""
    op.execute(_TOPIC)
