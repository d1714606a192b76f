"""Words of SQL that rules use; points in time are read in a fifth of the time, by functions of the same meaning.

The SQL is frozen in `0012_words_of_rules.sql`.
"""

from pathlib import Path

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Replace the functions that read points in time; add those of rules."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text("utf-8").replace("%", "%%"))
