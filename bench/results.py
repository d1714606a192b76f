"""Results: what one run found, in numbers; `report` turns them into a page."""

from __future__ import annotations

import msgspec

from bench.rounds import Pair, Round, middle


class Verdict(msgspec.Struct, frozen=True):
    """A budget, what was measured against it, and whether it is met."""

    budget: str
    measured: str
    met: bool


class Figures(msgspec.Struct, frozen=True):
    """The cost of one request: processor milliseconds, requests a second, and milliseconds until the answer."""

    server_ms: float
    database_ms: float
    rate: float
    p50_ms: float
    p99_ms: float
    bytes_each: float

    @property
    def total_ms(self) -> float:
        """Processor time of server and database together."""
        return self.server_ms + self.database_ms


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one sort beside their floor; `ratio` is the median of the pairs' ratios."""

    name: str
    title: str
    ours: Figures
    floor: Figures
    ratio: float
    verdicts: list[Verdict]
    profile: str = ""

    @property
    def met(self) -> bool:
        """Whether every budget is met."""
        return all(verdict.met for verdict in self.verdicts)


class Bare(msgspec.Struct, frozen=True):
    """A bare COPY: of which sort, how many a second, and the database's processor time for one."""

    title: str
    rate: float
    database_us: float


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk verb: how many of what, how fast, at what cost, and the floors beside it."""

    name: str
    title: str
    number: int
    seconds: float
    rate: float
    steady_rate: float
    processor_us: float
    database_us: float
    peak_mib: float
    floors: list[Bare]
    notes: list[str]
    verdicts: list[Verdict]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One resource: processor milliseconds of getting one and of listing twenty, in both versions where it has two."""

    name: str
    get_ms: float
    list_ms: float
    earlier_get_ms: float | None = None
    earlier_list_ms: float | None = None
    verdicts: list[Verdict] = []

    @property
    def get_ratio(self) -> float | None:
        """How many times the cost of getting one the earlier version takes."""
        return self.earlier_get_ms / self.get_ms if self.earlier_get_ms is not None else None

    @property
    def list_ratio(self) -> float | None:
        """How many times the cost of listing twenty the earlier version takes."""
        return self.earlier_list_ms / self.list_ms if self.earlier_list_ms is not None else None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one resource: microseconds of holding one full record against it, and what a preview takes.

    `whole_us` is against all rules of the baseline, `doors_us` against those that doors ask, `reading_us` what reading
    the record from JSON takes; `scan_s` is what a bare scan of the previewed records takes.
    """

    name: str
    rules: int
    whole_us: float
    doors_us: float
    reading_us: float
    previewed: int
    preview_s: float
    scan_s: float
    verdicts: list[Verdict]


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run found."""

    facts: dict[str, str]
    requests: list[Request]
    bulks: list[Bulk]
    lines: list[Line] = []
    asked: list[Asked] = []


def steady_rate(number: int, *, seconds: float, start: float) -> float:
    """Return how many a second once the command runs; with its start where that is most of the time.

    The start is measured apart and varies, so it is taken off only from what is at least half as long again.
    """
    worked = seconds - start
    return number / worked if worked > start / 2 else number / seconds


def figures(one: Round) -> Figures:
    """Return a round as figures for a page."""
    return Figures(
        one.each.server * 1e3, one.each.database * 1e3, one.rate, one.p50 * 1e3, one.p99 * 1e3, one.bytes_each
    )


def judged(name: str, title: str, pair: Pair, *, budget_ms: float, budget_ratio: float | None = None) -> Request:
    """Return a pair judged by its budgets: processor milliseconds, and times the floor's where that is budgeted."""
    ours, floor = figures(middle(pair.ours)), figures(middle(pair.floor))
    verdicts = [Verdict(f"≤ {budget_ms:g} ms", f"{ours.total_ms:.3f} ms", ours.total_ms <= budget_ms)]
    if budget_ratio is not None:
        verdicts.append(Verdict(f"≤ {budget_ratio:g} times the floor", f"{pair.ratio:.2f}", pair.ratio <= budget_ratio))
    return Request(name=name, title=title, ours=ours, floor=floor, ratio=pair.ratio, verdicts=verdicts)
