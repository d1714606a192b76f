"""Erasures that take values alone and leave their records, and consents of agreements that begin later."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add what tells of such erasures and consents, and take in the agreements that begin after they were written."""
    op.execute("alter table erasure add column removal jsonb")
    op.execute("alter table consent add column ahead tstzmultirange not null default '{}'")
    op.execute(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    op.execute("""
        select keep_agreement_consents(id, change_id) from party_privacy_agreement
        where instant_or_null(doc #>> '{agreementPeriod,startDateTime}') > updated_at
    """)
