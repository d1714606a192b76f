"""Which agreements and accounts keep a party's data from being erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from customer_inventory.model.obligations import obligation

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("api", "document", "obliges"),
    [
        ("TMF651", {"status": "approved"}, True),
        ("TMF651", {"status": "In Force"}, True),
        ("TMF651", {"status": "draft"}, False),
        ("TMF651", {}, False),
        ("TMF651", {"status": "terminated", "agreementPeriod": {"startDateTime": "2026-01-01T00:00:00Z"}}, False),
        ("TMF651", {"agreementPeriod": {"startDateTime": "2026-01-01T00:00:00Z"}}, True),
        ("TMF651", {"status": "approved", "agreementPeriod": {"endDateTime": "2026-11-30T11:59:59Z"}}, False),
        ("TMF651", {"agreementPeriod": {"endDateTime": "2026-11-30T13:00:00+00:30"}}, True),
        ("TMF651", {"agreementPeriod": {"endDateTime": "2026-11-30T12:00:00+00:30"}}, False),
        ("TMF651", {"agreementPeriod": {"endDateTime": "2026-12-01"}}, True),
        ("TMF651", {"agreementPeriod": {"endDateTime": "one day"}}, True),
        ("TMF666", {"state": "active"}, True),
        ("TMF666", {"state": "Suspended"}, True),
        ("TMF666", {"state": "Closed"}, False),
        ("TMF666", {}, False),
        ("TMF632", {"status": "approved", "state": "active"}, False),
    ],
)
def test_what_obliges(api: str, document: dict[str, Any], obliges: bool) -> None:
    assert (obligation(api, document, now=NOW) is not None) == obliges
