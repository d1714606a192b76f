"""Suspicions: cells that are most likely wrong, with what they most likely should hold. Suggestions, nothing more.

Three kinds of evidence: dependencies (the rows that share a determinant say otherwise), the form of the column (nearly
all other values follow a type, format or pattern), and slips (a rare value that looks like a frequent one).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from customer_inventory.model.value_tests import Between, OfType, ValueTest
from customer_inventory.requirements.formats import whole
from customer_inventory.requirements.profiling.columns import Column
from customer_inventory.requirements.profiling.sample import Sample, Values
from customer_inventory.requirements.profiling.slips import TIMES, nearest, slips
from customer_inventory.requirements.profiling.voting import At, Outvoted, Votes

OUTVOTED, FORM, SLIP = "outvoted", "form", "slip"
"""What a doubt comes from."""
LEAST_SURE = 0.5
"""The least confidence of a slip."""
MOST_WRONG = 0.05
"""Up to which share of values that lack the form of a column they are suspected; with more it is no form."""
MOST = 20_000
"""How many suspicions are kept, the surest first."""
_MOST_LOOKED_AT = 1_000
"""How many different wrong values of a column are looked at for a near right one, among as many right ones."""


_LIKE_TEXTS = frozenset(("string", "boolean"))  # another number or day is near any number or day


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A cell that is most likely wrong. What it holds is a customer's data: it is in no text that this makes."""

    row: int
    """The number of the row in the source, from 1."""
    column: str
    held: str | float = field(repr=False)
    likely: str | float | None = field(repr=False)
    """What it most likely should hold; None when nothing stands out."""
    confidence: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {'; '.join(self.reasons)} ({self.confidence:.0%})"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason to doubt a cell, how sure it is, and what the cell would hold then."""

    by: str
    likely: str | float | None = field(repr=False)
    confidence: float
    reason: str


Doubts = Mapping[At, Sequence[Doubt]]


def doubts_of_cells(sample: Sample, votes: Votes) -> Doubts:
    """Return the doubts that need no knowledge of a column: cells that are outvoted, and slips that no vote upholds."""
    doubts: dict[At, list[Doubt]] = defaultdict(list)
    for (row, y), verdict in votes.wrong.items():
        doubts[row, y].append(_outvoted(sample.columns[y], verdict))
    for y, values in enumerate(sample.columns):
        by_slip = _by_slip(values)
        for row, code in enumerate(values.codes if by_slip else ()):
            if code in by_slip and not votes.upheld((row, y)):
                doubts[row, y].append(by_slip[code])
    return doubts


def suspicions(sample: Sample, columns: Sequence[Column], doubts: Doubts, *, today: date) -> tuple[Suspicion, ...]:
    """Return the suspicious cells of a sample, by row; at most `MOST`, the surest."""
    now = datetime.combine(today, time.max, UTC)
    all_doubts = defaultdict(list, {at: list(found) for at, found in doubts.items()})
    for y, each in enumerate(columns):
        by_form = _by_form(each, now)
        for row, code in enumerate(sample.columns[y].codes if by_form else ()):
            if code in by_form:
                all_doubts[row, y].append(by_form[code])
    found = (_suspicion(sample, at, doubts) for at, doubts in all_doubts.items())
    surest = sorted(found, key=lambda each: -each.confidence)
    return tuple(sorted(surest[:MOST], key=lambda each: each.row))


def _suspicion(sample: Sample, at: At, doubts: Sequence[Doubt]) -> Suspicion:
    row, y = at
    values = sample.columns[y]
    unlikely = 1.0
    for doubt in doubts:
        unlikely *= 1 - doubt.confidence
    return Suspicion(
        row=sample.numbers[row],
        column=values.name,
        held=values.values[values.codes[row]],
        likely=_likely(doubts),
        confidence=round(1 - unlikely, 3),
        reasons=tuple(doubt.reason for doubt in doubts),
    )


def _likely(doubts: Sequence[Doubt]) -> str | float | None:
    """Return what a cell most likely should hold: what the other columns say, else what fits the column best."""
    order = (OUTVOTED, FORM, SLIP)
    return min(doubts, key=lambda doubt: order.index(doubt.by)).likely


def _outvoted(values: Values, verdict: Outvoted) -> Doubt:
    first, *others = verdict.voters
    more = f" and {len(others)} more" if others else ""
    likely = None if verdict.likely is None else values.values[verdict.likely]
    return Doubt(OUTVOTED, likely, verdict.confidence, f"deviates from {first}{more}")


def _by_form(column: Column, now: datetime) -> dict[int, Doubt]:
    """Return the values that lack what nearly all others of the column have, by code."""
    test, words = _form(column, now)
    if test is None:
        return {}
    values = column.values
    wrong = [code for code, value in enumerate(values.values) if not test(value)]
    failed = sum(values.counts[code] for code in wrong)
    share = 1 - failed / values.present if values.present else 0.0
    if share < 1 - MOST_WRONG:
        return {}
    likely = _near_ones(values, wrong) if column.typed.type in _LIKE_TEXTS or column.is_code else {}
    return {
        code: Doubt(FORM, likely.get(code), round(0.9 * share, 3), f"{words}, as {share:.1%} of the values do")
        for code in wrong
    }


def _form(column: Column, now: datetime) -> tuple[Callable[[str | float], bool] | None, str]:
    """Return the test of what a column's values have in common, and the words for a value that fails it."""
    if column.typed.type != "string" and not column.is_code:
        tests: list[ValueTest] = [
            OfType(column.typed.type),
            *([Between(*column.bounds)] if column.bounds != (None, None) else []),
        ]
        words = f"does not read as {column.typed.type}{' within its bounds' if len(tests) > 1 else ''}"
        return lambda value: all(test.passes(column.kept(value), now) for test in tests), words
    if column.form is not None:
        failing = {column.values.values[code] for code in column.form.failing}
        return lambda value: value not in failing, f"is not written as {column.form.name}"
    if column.pattern is not None:
        pattern = whole(column.pattern)
        return lambda value: pattern.found_in(str(value)), "does not follow the pattern"
    return None, ""


def _near_ones(values: Values, wrong: Sequence[int]) -> dict[int, str]:
    """Return for wrong values the right one that is nearest, where one stands out."""
    out = set(wrong)
    right = [code for code in values.by_count if code not in out][:_MOST_LOOKED_AT]
    candidates = {values.texts[code]: values.counts[code] for code in right} | dict(values.missing_words)
    found = nearest([values.texts[code] for code in wrong[:_MOST_LOOKED_AT]], candidates)
    return {code: found[values.texts[code]] for code in wrong if values.texts[code] in found}


def _by_slip(values: Values) -> dict[int, Doubt]:
    """Return the rare values of a column that look like a frequent one, by code."""
    words = [word for word, _ in values.missing_words]
    counts = [*values.counts, *(count for _, count in values.missing_words)]
    texts = [*values.texts, *words]
    found: dict[int, Doubt] = {}
    for code, other in slips(texts, counts).items():
        sure = 0.9 * counts[other] / (counts[other] + TIMES * counts[code])
        if sure >= LEAST_SURE and code < len(values.texts):
            found[code] = Doubt(SLIP, texts[other], round(sure, 3), "is rare and looks like a frequent value")
    return found
