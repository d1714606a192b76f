"""Pages of topics: whatever lies between, a page leads on to the next event that may be read and names no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from customer_inventory.api.events import topics
from customer_inventory.repository.changes import FeedEntry, FeedPosition


def entry(position: int, kind: str) -> FeedEntry:
    record = f"01a209b4-7451-8ead-bee4-{position:012x}"
    return FeedEntry(position, 0xEAD, record, 1, kind, "create", record)


class Feed:
    """A feed in memory."""

    def __init__(self, *entries: FeedEntry) -> None:
        self.entries = entries

    async def after(self, place: FeedPosition, *, limit: int) -> list[FeedEntry]:
        return [each for each in self.entries if each.place > place][:limit]

    async def before(self, place: FeedPosition, *, limit: int) -> list[FeedEntry]:
        return [each for each in self.entries if each.place < place][-limit:]

    async def entry(self, place: FeedPosition) -> FeedEntry | None:
        return next((each for each in self.entries if each.place == place), None)


def access_to(feed: Feed) -> Any:
    return SimpleNamespace(facilities=SimpleNamespace(repository=SimpleNamespace(deliveries=feed, hub_feed=feed)))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_READ_AT_ONCE", 3)
    monkeypatch.setattr(topics, "_MOST_READ", 2)


async def test_a_page_that_found_nothing_leads_on() -> None:
    far = entry(30, "customer")
    access = access_to(Feed(*(entry(number, "individual") for number in range(1, 30)), far))
    place, pages = FeedPosition(), 0
    while True:
        found, reached = await topics._later(access, place, kinds=["customer"], limit=5)
        if found:
            break
        assert reached is not None
        pages += 1
        assert not any(each.record_id in reached for each in access.facilities.repository.hub_feed.entries)
        before, (place, _) = place, topics._place(reached)
        assert before < place < far.place
    assert (found, reached) == ([far], None)
    assert 4 <= pages <= 6


async def test_a_full_page_of_what_was_purged_leads_on() -> None:
    entries = [entry(number, "individual") for number in range(1, 9)]
    found, reached = await topics._later(access_to(Feed(*entries)), FeedPosition(), kinds=["individual"], limit=4)
    assert found == entries[:5]
    assert reached is not None
    assert topics._place(reached)[0] == entries[4].place


async def test_the_latest_lead_on_to_what_is_to_come() -> None:
    entries = [entry(number, "individual") for number in range(1, 20)]
    found, reached = await topics._latest(access_to(Feed(*entries)), topics._END, kinds=["customer"], limit=4)
    assert found == []
    assert reached is not None
    assert entries[-2].place < topics._place(reached)[0] < entries[-1].place
    assert await topics._latest(access_to(Feed()), topics._END, kinds=["customer"], limit=4) == ([], None)
