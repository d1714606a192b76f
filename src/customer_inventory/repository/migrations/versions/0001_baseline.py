"""The first schema.

Its SQL is frozen in `0001_baseline.sql`: it says what inventories of the first version have, whatever
`sql/schema.sql` becomes.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8").replace("%", "%%"))
