"""Value rules: how long the value of one attribute is kept in a record that stays, and a document without it after.

Where the time stands in the same entry of a list as the value, each entry is counted by itself: an old paper goes, a
new one stays. What is left of an entry that holds nothing more goes with it: it would tell that there was
something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from customer_inventory.access.retention import LAST_CHANGE, LAST_CONTRACT, Rule, moments_at
from customer_inventory.model import Resource
from customer_inventory.model.places import Place, place
from customer_inventory.repository.erasures import Removal
from customer_inventory.requirements.requirement import InformationRequirement, Retention

Source = Sequence[str] | Sequence[datetime]
"""Where a moment stands, as the steps that lead there, or the moments that stand there."""
_OF_THE_RECORD = frozenset({LAST_CHANGE, LAST_CONTRACT})


class Pruned(NamedTuple):
    """A document without what is past, since when the first of it is, and whether something says not from when on."""

    document: dict[str, Any]
    oldest: datetime | None
    uncounted: bool


def value_rules(resource: Resource, requirements: Iterable[InformationRequirement]) -> list[Removal]:
    """Return the retention of values that go alone, in the order of their attributes."""
    return [
        Removal(
            kind=resource.kind,
            attribute=each.attribute,
            period=each.retention.period,
            trigger=each.retention.trigger,
            counted_from=tuple(each.retention.counted_from or ()),
            year_end=bool(each.retention.year_end),
            ground=each.retention.ground or "",
        )
        for each in sorted(requirements, key=lambda each: each.attribute)
        if isinstance(each.retention, Retention) and each.retention.value_alone and each.obligation == "optional"
    ]


def rule_from(removal: Removal) -> Rule:
    """Return the rule by which the moments of a removal are counted."""
    named = (removal.period, removal.trigger, removal.counted_from, removal.year_end, removal.ground)
    return Rule(removal.kind, *named)


def pruned(
    document: Mapping[str, Any], removal: Removal, of_record: Mapping[str, Sequence[datetime]], *, now: datetime
) -> Pruned:
    """Return a document without the values that are past.

    `of_record` has the moments of `lastChange` and `lastContract`, where the rule counts from these.
    """
    sources: list[Source] = [
        of_record.get(each, ()) if each in _OF_THE_RECORD else each.split(".") for each in removal.counted_from
    ]
    one = _Pruning(place(removal.attribute), rule_from(removal), now)
    left = one.without(document, (*one.at.holder, one.at.name), sources)
    return Pruned(dict(left), one.oldest, one.uncounted)


class _Pruning:
    """The pruning of one document."""

    def __init__(self, at: Place, rule: Rule, now: datetime) -> None:
        self.at = at
        self.oldest: datetime | None = None
        self.uncounted = False
        self._rule = rule
        self._now = now

    def without(self, holder: Mapping[str, Any], steps: Sequence[str], sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return what has the attribute, or leads to it, without what is past; itself where nothing is."""
        name, deeper = steps[0], steps[1:]
        held = holder.get(name)
        if held is None:
            return holder
        inner = [_followed(holder, name, source) for source in sources]
        entries = held if isinstance(held, list) else [held]
        left = list(self._left(entries, deeper, inner))
        if len(left) == len(entries) and all(one is other for one, other in zip(left, entries, strict=True)):
            return holder
        rest = {each: value for each, value in holder.items() if each != name}
        if not left:
            return rest
        return {**holder, name: left if isinstance(held, list) else left[0]}

    def _left(self, entries: Sequence[Any], deeper: Sequence[str], sources: Sequence[Source]) -> Iterator[Any]:
        for each in entries:
            if not deeper:
                if not self._is_meant(each) or not self._is_past(each, sources):
                    yield each
                continue
            left = self.without(each, deeper, sources) if isinstance(each, Mapping) else each
            if left is each or not _is_hollow(left):
                yield left

    def _is_meant(self, entry: Any) -> bool:
        return self.at.named is None or (isinstance(entry, Mapping) and entry.get("name") == self.at.named)

    def _is_past(self, entry: Any, sources: Sequence[Source]) -> bool:
        for source in sources:
            if found := _moments(entry, source):
                due = self._rule.due(max(found))
                if due <= self._now:
                    self.oldest = min(self.oldest or due, due)
                return due <= self._now
        self.uncounted = True
        return False


def _followed(holder: Mapping[str, Any], name: str, source: Source) -> Source:
    """Return where a moment stands as seen from an entry of `name`, or the moments where its way is another."""
    if source and source[0] == name and len(source) > 1:
        return source[1:]
    return _moments(holder, source)


def _moments(holder: Any, source: Source) -> list[datetime]:
    known = [each for each in source if isinstance(each, datetime)]
    return known or moments_at(holder, [each for each in source if isinstance(each, str)])


def _is_hollow(entry: Mapping[str, Any]) -> bool:
    """Whether nothing but words about itself is left of an entry."""
    return all(name.startswith("@") for name in entry)
