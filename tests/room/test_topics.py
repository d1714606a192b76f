"""Pages of topics: whatever lies between, they lead on in both directions to every event, once, and name no other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from customer_inventory.api.events import feed_pages
from customer_inventory.api.events.feed_pages import END, START, EventPage, Look, Mark, mark
from customer_inventory.api.events.interest import Interest
from customer_inventory.api.events.scopes import of_topic
from customer_inventory.repository.changes import FeedEntry, FeedPosition
from customer_inventory.repository.deliveries import Origin

EVERYTHING = of_topic({})
AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)


def entry(position: int, kind: str, *, same: bool = False) -> FeedEntry:
    """An entry; those that are the `same` came about in one bucket at one moment, by one change."""
    record = f"01a209b4-7451-8ead-bee4-{position:012x}"
    return FeedEntry(1 if same else position, 0xEAD, record, 1, kind, "create", record)


class Feed:
    """A feed in memory, and the contents of its entries."""

    def __init__(self, *entries: FeedEntry, document: bytes = b'{"@type":"X","description":"d"}') -> None:
        self.entries = entries
        self.document = document
        self.shown: list[str] = []

    async def after(self, place: FeedPosition, *, limit: int) -> list[FeedEntry]:
        return [each for each in self.entries if each.place > place][:limit]

    async def before(self, place: FeedPosition, *, limit: int) -> list[FeedEntry]:
        return [each for each in self.entries if each.place < place][-limit:]

    async def contents(self, kind: str, versions: Sequence[tuple[str, int]]) -> dict[tuple[str, int], bytes]:
        del kind
        return {version: self.document for version in versions if version[1] == 1}

    async def origins(self, changes: Sequence[str]) -> dict[str, Origin]:
        return {change: Origin(AT, "asked") for change in changes}

    async def note(self, verb: str, kind: str, outcome: str, ids: tuple[str, ...]) -> None:
        del verb, kind
        self.shown += ids if outcome == "shown" else ()

    @property
    def access(self) -> Any:
        facilities = SimpleNamespace(repository=SimpleNamespace(looks=self, changes=self))
        principal = SimpleNamespace(grants=frozenset({"read:*"}))
        asked = {"note": self.note, "window": self.window, "withheld": self.withheld}
        return SimpleNamespace(facilities=facilities, principal=principal, **asked)

    async def window(self, kind: str) -> None:
        del kind

    async def withheld(self, ids: set[str]) -> frozenset[str]:
        del ids
        return frozenset()

    async def page(
        self, start: Mark, kinds: Sequence[str], *, limit: int, back: bool = False, wanted: Interest = EVERYTHING
    ) -> EventPage:
        return await Look(start=start, limit=limit, backwards=back, public_url="").page(self.access, wanted, kinds)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_pages, "READ_AT_ONCE", 3)
    monkeypatch.setattr(feed_pages, "MOST_READ", 2)
    monkeypatch.setattr(feed_pages, "MOST_MADE", 4)


async def walk(feed: Feed, kinds: Sequence[str], *, limit: int, back: bool, wanted: Interest = EVERYTHING) -> list[str]:
    """The ids of the records of every page, one after the other; no edge names a record that was not shown."""
    start, seen = END if back else START, []
    for _ in range(200):
        page = await feed.page(start, kinds, limit=limit, back=back, wanted=wanted)
        assert len(page.events) <= limit
        ids = [here.place.record_id for here, _ in page.events]
        seen += reversed(ids) if back else ids
        if page.edge is None:
            assert sorted(feed.shown) == sorted(seen)
            return seen
        assert mark(page.edge.text) == page.edge
        assert page.edge < start if back else page.edge > start
        named = page.edge.place.record_id
        assert named in seen or named not in {each.record_id for each in feed.entries}
        start = page.edge
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 5, 40])
@pytest.mark.parametrize("far", [1, 17, 30])
async def test_pages_lead_to_an_event_that_is_far_away(far: int, limit: int, back: bool) -> None:
    entries = [entry(number, "customer" if number == far else "individual") for number in range(1, 31)]
    assert await walk(Feed(*entries), ["customer"], limit=limit, back=back) == [entries[far - 1].record_id]


@pytest.mark.parametrize("back", [False, True])
async def test_every_event_comes_once_wherever_pages_end(back: bool) -> None:
    chance = random.Random(20261123)
    for _ in range(200):
        kinds = chance.choices(["customer", "individual", "organization"], k=chance.randrange(40))
        entries = sorted(
            (entry(number, kind) for number, kind in enumerate(kinds, start=1)), key=lambda each: each.place
        )
        expected = [each.record_id for each in entries if each.kind != "individual"]
        limit = chance.randrange(1, 9)
        found = await walk(Feed(*entries), ["customer", "organization"], limit=limit, back=back)
        assert found == (expected[::-1] if back else expected)


@pytest.mark.parametrize("back", [False, True])
async def test_records_of_one_change_are_told_apart(back: bool) -> None:
    """An import writes many records of one bucket in one moment: a place beside one of them lies before others."""
    entries = [entry(number, "customer" if number % 4 == 0 else "individual", same=True) for number in range(1, 30)]
    expected = [each.record_id for each in entries if each.kind == "customer"]
    seen: list[str] = []
    start = END if back else START
    feed = Feed(*entries)
    for _ in range(100):
        page = await feed.page(start, ["customer"], limit=3, back=back)
        ids = [here.place.record_id for here, _ in page.events]
        seen += reversed(ids) if back else ids
        if page.edge is None:
            break
        start = page.edge
    assert seen == (expected[::-1] if back else expected)


@pytest.mark.parametrize("back", [False, True])
async def test_conditions_are_looked_through_in_bounded_steps(back: bool) -> None:
    entries = [entry(number, "customer") for number in range(1, 31)]
    feed = Feed(*entries)
    nothing = of_topic({"contentQuery": "event.customer.description=other"})
    page = await feed.page(END if back else START, ["customer"], limit=5, back=back, wanted=nothing)
    assert (page.events, page.edge is None) == ([], False)
    assert await walk(Feed(*entries), ["customer"], limit=5, back=back, wanted=nothing) == []
    all_of_them = of_topic({"contentQuery": "event.customer.description=d", "headerQuery": "description.contains=crea"})
    found = await walk(Feed(*entries), ["customer"], limit=5, back=back, wanted=all_of_them)
    assert len(found) == 30


async def test_the_end_of_the_feed_is_known_also_when_nothing_is_shown() -> None:
    entries = [entry(number, "individual") for number in range(1, 3)]
    page = await Feed(*entries).page(END, ["customer"], limit=4, back=True)
    assert (page.events, page.edge) == ([], None)
    assert page.met is not None
    assert entries[-2].place < page.met.place < entries[-1].place
    assert await Feed().page(END, ["customer"], limit=4, back=True) == ([], None, None)
