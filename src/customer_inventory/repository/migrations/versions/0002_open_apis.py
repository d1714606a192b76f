"""Every record of a customer: the kinds of the other Open APIs, the hub, contents of attachments, deleted records.

Its SQL is frozen in `0002_open_apis.sql`.
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what is new; what stands keeps its names and parameters."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8").replace("%", "%%"))
