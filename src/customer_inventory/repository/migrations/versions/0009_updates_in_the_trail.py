"""The trail calls it an update when a record is replaced whole; imports tell where their files lay.

The function gets one parameter more, with a default: servers of the version before go on calling it as they did. The
SQL is frozen in `0009_updates_in_the_trail.sql`.
"""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"

KINDS = (
    "agreement",
    "agreement_specification",
    "bill_format",
    "bill_presentation_media",
    "billing_account",
    "billing_cycle_specification",
    "communication_message",
    "customer",
    "document",
    "entity",
    "entity_specification",
    "financial_account",
    "individual",
    "organization",
    "party_account",
    "party_interaction",
    "party_privacy_agreement",
    "party_privacy_profile",
    "party_privacy_profile_specification",
    "party_role",
    "party_role_specification",
    "settlement_account",
)


def upgrade() -> None:
    """Replace the function that replaces a record; add the column."""
    frozen = Path(__file__).with_suffix(".sql").read_text("utf-8").replace("%", "%%")
    for kind in KINDS:
        op.get_bind().exec_driver_sql(frozen.replace("{kind}", kind))
    op.execute("alter table import_run add column directory text")
