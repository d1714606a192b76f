"""Retention: how long records of a kind are kept, as the catalogue says of their attributes, and from when on.

A record is kept as most attributes of its kind are, and longer where it has one that is. What the catalogue says in
words alone (`trigger`) is for people to do; where it says the place too (`countedFrom`), the inventory can.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from customer_inventory.access.subjects import Subject
from customer_inventory.model import Resource
from customer_inventory.model.obligations import obligation
from customer_inventory.repository.erasing import Version
from customer_inventory.repository.kinds import KINDS
from customer_inventory.requirements.requirement import InformationRequirement, Retention

LAST_CONTRACT, LAST_CHANGE = "lastContract", "lastChange"
_CONTRACTS = {"TMF651": ("agreementPeriod", "endDateTime"), "TMF666": ("lastUpdate",)}
"""Where an agreement, and an account that is closed, says when it ended, by the API."""
_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?")
_STEP = re.compile(r"@?[A-Za-z0-9_-]+")


class Rule(NamedTuple):
    """How long records of a kind are kept, from when on, and why; `counted_from` is empty where people count."""

    kind: str
    period: str
    trigger: str
    counted_from: tuple[str, ...]
    year_end: bool
    ground: str
    longer: tuple[tuple[str, Rule], ...] = ()
    """The rules of attributes that are kept longer, by where these stand."""

    def applying(self, document: Mapping[str, Any]) -> Rule:
        """Return the rule of a record: that of its attribute that is kept longest."""
        own = [rule for place, rule in self.longer if _stands(document, place.split("."))]
        return max([self, *own], key=lambda each: (_days(each.period), bool(each.counted_from)))

    def due(self, moment: datetime) -> datetime:
        """Return when a record is past its retention that is counted from a moment."""
        start = datetime(moment.year + 1, 1, 1, tzinfo=UTC) if self.year_end else moment
        return after(start, self.period)


class Kept(Exception):
    """A record is not to be erased by itself; says why, without a word of what it holds."""


def rule_of(resource: Resource, requirements: Iterable[InformationRequirement]) -> Rule | None:
    """Return the retention of a kind: that of most of its attributes, with those that are longer.

    Those whose values go alone (`value_rules.py`) say nothing of the record.
    """
    found = {
        str(each.attribute): _rule(resource.kind, each.retention)
        for each in requirements
        if isinstance(each.retention, Retention) and not each.retention.value_alone
    }
    if not found:
        return None
    (usual, _), *_ = sorted(Counter(found.values()).items(), key=lambda each: (-each[1], -_days(each[0].period)))
    longer = [(place, rule) for place, rule in found.items() if _days(rule.period) > _days(usual.period)]
    return usual._replace(longer=tuple(longer))


def _rule(kind: str, retention: Retention) -> Rule:
    return Rule(
        kind,
        retention.period,
        retention.trigger,
        tuple(retention.counted_from or ()),
        bool(retention.year_end),
        retention.ground or "",
    )


def after(moment: datetime, period: str) -> datetime:
    """Return the moment a period (P3Y, P30D) after another; a month without that day ends it on its last one."""
    years, months, days = _parts(period)
    whole = moment.month - 1 + months + 12 * years
    year, month = min(moment.year + whole // 12, 9998), whole % 12 + 1
    day = min(moment.day, calendar.monthrange(year, month)[1])
    return datetime.fromordinal(
        min(moment.replace(year=year, month=month, day=day).toordinal() + days, 3_652_000)
    ).replace(hour=moment.hour, minute=moment.minute, second=moment.second, tzinfo=UTC)


def before(moment: datetime, period: str) -> datetime:
    """Return a moment that is a little less than a period before another: what is later is not past for sure."""
    years, months, days = _parts(period)
    ordinal = moment.toordinal() - 365 * years - 28 * months - days
    return datetime.fromordinal(max(ordinal, 1)).replace(tzinfo=UTC)


def due_of(rule: Rule, version: Version, found: Subject, *, now: datetime) -> datetime:
    """Return when a record is past its retention. Raises Kept where nothing says from when on it is counted."""
    document = msgspec.json.decode(version.document)
    rule = rule.applying(document)
    for place in rule.counted_from:
        if place == LAST_CHANGE:
            return rule.due(version.since)
        if place == LAST_CONTRACT:
            moments = list(contract_ends(found, now=now))
        else:
            moments = moments_at(document, place.split("."))
        if moments:
            return rule.due(max(moments))
    raise Kept(f"nothing in the {KINDS[rule.kind].name} says from when on: {rule.trigger}")


def jsonpaths(rule: Rule) -> list[str]:
    """Return where the moments of a rule stand, as JSONPath; none where it is counted from anything else."""
    if {LAST_CHANGE, LAST_CONTRACT} & set(rule.counted_from) or not all(map(_is_path, rule.counted_from)):
        return []
    return ["$" + "".join(f'."{step}"' for step in place.split(".")) for place in rule.counted_from]


def moments_at(value: Any, steps: Sequence[str]) -> list[datetime]:
    """Return the moments at a place of a document, through lists; none where there is no place."""
    return [each for text in _values(value, steps) if (each := _instant(text)) is not None] if steps else []


def contract_ends(found: Subject, *, now: datetime) -> Iterable[datetime]:
    """Yield when each agreement and account of a subject ended, shared ones too. Raises Kept where one lasts."""
    own = [(kind, found.versions[each][-1]) for each, kind in found.kinds.items() if found.versions.get(each)]
    shared = [(kind, versions[-1]) for (kind, _), versions in found.others.items()]
    for kind, version in own + shared:
        api = KINDS[kind].api.number
        if api not in _CONTRACTS or not version.current:
            continue
        document = msgspec.json.decode(version.document)
        if (ground := obligation(api, document, now=now)) is not None:
            raise Kept(ground)
        ends = moments_at(document, _CONTRACTS[api])
        if not ends:
            raise Kept(f"the end of an {KINDS[kind].name} is not told")
        yield max(ends)


def _stands(value: Any, steps: Sequence[str]) -> bool:
    """Tell whether a document has a value at a place."""
    if isinstance(value, list):
        return any(_stands(each, steps) for each in value)
    if not steps:
        return value is not None and value not in ({}, "")
    return isinstance(value, Mapping) and steps[0] in value and _stands(value[steps[0]], steps[1:])


def _values(value: Any, steps: Iterable[str]) -> list[str]:
    """Return the texts at a place of a document, through lists."""
    found = [value]
    for step in steps:
        flat = [each for item in found for each in (item if isinstance(item, list) else [item])]
        found = [each[step] for each in flat if isinstance(each, Mapping) and step in each]
    flat = [each for item in found for each in (item if isinstance(item, list) else [item])]
    return [each for each in flat if isinstance(each, str)]


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _is_path(place: str) -> bool:
    return all(_STEP.fullmatch(step) for step in place.split("."))


def _parts(period: str) -> tuple[int, int, int]:
    found = _PERIOD.fullmatch(period)
    years, months, days = (int(each or 0) for each in found.groups()) if found else (9000, 0, 0)
    return years, months, days


def _days(period: str) -> int:
    years, months, days = _parts(period)
    return 365 * years + 30 * months + days
