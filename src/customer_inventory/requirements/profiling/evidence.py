"""Evidence: what a sample says for each thing that a draft proposes, counted by the very rules that would be asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt

from customer_inventory.model import Resource
from customer_inventory.model.ruling import Rule
from customer_inventory.requirements.profiling.columns import Column
from customer_inventory.requirements.profiling.profile import Profile
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import OBLIGATION, rules_of

_Z = 1.96  # 95 %
_MOST_TELLERS = 3
_WORDS = {
    "type": "the values read as {type}",
    "format": "the values are written as {format}",
    "code-list": "the values are of few codes, each in many rows",
    "pattern": "the values are of one or a few shapes",
    "bounds": "the values lie within",
    "length": "the values are no longer",
    "check-digit": "the check digits are right",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a sample says for one thing that is proposed: of so many rows that were asked, so many break it.

    `code` is that of the value rule, or `obligation`, or the attribute of the requirement that it speaks for; `note`
    marks what a reviewer ought to know. What is not counted asks nobody.
    """

    code: str
    words: str
    asked: int
    broken: int
    confidence: float

    def __str__(self) -> str:
        return f"{self.code}: {self.words}{f' ({self.broken:,} of {self.asked:,} break it)' if self.asked else ''}"


def counted(code: str, words: str, *, asked: int, broken: int) -> Evidence:
    """Return evidence as sure as the share that passes, less what the sample may have got wrong (Wilson 1927)."""
    return Evidence(code, words, asked, broken, round(_lower_bound(asked - broken, asked), 3))


def of_rules(
    column: Column, requirement: InformationRequirement, resource: Resource, *, now: datetime
) -> dict[str, Evidence]:
    """Return the evidence for each value rule by its code; a rule that needs the rest of a record is left out.

    Raises InvalidDocument for what cannot be asked.
    """
    return {
        rule.code: _of_rule(column, rule, requirement, now)
        for rule in rules_of(requirement, resource)
        if rule.code != OBLIGATION and rule.when is None and rule.holds is None
    }


def of_the_rest(profile: Profile, column: Column, requirement: InformationRequirement) -> Iterator[Evidence]:
    """Yield the evidence for what else is proposed, and what a reviewer ought to know."""
    if requirement.obligation != "optional":
        yield counted(OBLIGATION, "rows have a value", asked=column.rows, broken=column.missing)
    if requirement.unique:
        present = column.rows - column.missing
        yield counted("unique", "no value comes twice", asked=present, broken=column.repeated)
    about = column.personal
    if about is not None:
        yield Evidence("sensitivity", f"{about.kind}: {about.reason}", 0, 0, about.confidence)
    yield from (Evidence("note", words, 0, 0, 1.0) for words in _notes(profile, column))


def _of_rule(column: Column, rule: Rule, requirement: InformationRequirement, now: datetime) -> Evidence:
    values = column.values
    broken = sum(
        count
        for value, count in zip(values.values, values.counts, strict=True)
        if not all(test.passes(column.kept(value), now) for test in rule.tests)
    )
    said = next(each for each in requirement.value_rule or () if each.code == rule.code)
    words = _WORDS.get(rule.code, "as it is asked").format(type=said.type, format=said.format)
    return counted(rule.code, words, asked=values.present, broken=broken)


def _notes(profile: Profile, column: Column) -> Iterator[str]:
    for word, count in column.missing_words:
        yield f"“{word}” ({count:,} rows) was read as no value: have it left out when the rows are taken in"
    if column.typed.ambiguous:
        yield f"the days may be written as {' or '.join(column.typed.ambiguous)} as well: check it"
    if column.meaning in {"phone", "mobile", "fax"} and column.form is None:
        yield "the numbers have no country code; once capture knows their country, ask for the format phone instead"
    if column.is_key and not column.repeated:
        yield "every value is different: a key"
    elif column.is_key:
        yield f"nearly a key: {column.repeated:,} rows share their value"
    yield from _keys(profile, column)
    told = [each for each in profile.dependencies if each.dependent == column.name and each.determinant]
    if told:
        best = sorted(told, key=lambda each: -each.confidence)[:_MOST_TELLERS]
        words = "; ".join(f"{' and '.join(each.determinant)} ({each.confidence:.0%})" for each in best)
        yield f"told by {words}{f' and {len(told) - len(best)} more' if len(told) > len(best) else ''}"
    suspected = sum(each.column == column.name for each in profile.suspicions)
    if suspected:
        yield f"{suspected:,} values suspected to be wrong"


def _keys(profile: Profile, column: Column) -> Iterator[str]:
    """Yield the keys of several columns to which a column belongs, the surest."""
    keys = [each for each in profile.keys.found if column.name in each.columns]
    for each in keys[:_MOST_TELLERS]:
        others = " and ".join(name for name in each.columns if name != column.name)
        yield f"with {others} a key: {each.rows:,} rows, {each.distinct:,} distinct ({each.confidence:.0%})"
    if len(keys) > _MOST_TELLERS:
        yield f"with others a key in {len(keys) - _MOST_TELLERS} more ways"


def _lower_bound(passed: int, asked: int) -> float:
    if not asked:
        return 0.0
    share = passed / asked
    middle = share + _Z * _Z / (2 * asked)
    spread = _Z * sqrt(share * (1 - share) / asked + _Z * _Z / (4 * asked * asked))
    return max(0.0, (middle - spread) / (1 + _Z * _Z / asked))


def least_sure(evidence: Sequence[Evidence]) -> float:
    """Return how sure a draft is: as sure as the weakest of what speaks for it."""
    return min((each.confidence for each in evidence), default=0.0)
