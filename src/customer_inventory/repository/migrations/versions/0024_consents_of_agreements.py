"""What privacy agreements (TMF644) say is kept as consent, in the transaction that writes them."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Add the functions and the trigger, and take in what the agreements say that are there."""
    op.execute("alter table consent_fact add column by_agreement boolean not null default false")
    op.execute("create index consent_fact_agreement on consent_fact (agreement_id) where by_agreement")
    op.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    op.execute("update consent_fact set purpose = lower(purpose) where purpose <> lower(purpose)")
    op.execute("delete from consent where purpose <> lower(purpose)")
    op.execute("select resolve_consent(f) from consent_fact f order by said_at, given desc, id")
    op.execute("select keep_agreement_consents(id, change_id) from party_privacy_agreement")
