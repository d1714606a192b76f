"""What a grant can ever let through: one that can let nothing through is refused, and one that adds nothing is told.

Who writes a line believes that it does something. Refused is only what is provably so, whatever is recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from customer_inventory.access.grants import OWN_VERBS, named
from customer_inventory.access.policy.counting import covers_wherever
from customer_inventory.access.policy.grant import Grant, Row
from customer_inventory.access.policy.language import InvalidPolicy, written
from customer_inventory.access.policy.rows import array_above
from customer_inventory.ids import parse_id
from customer_inventory.model import Resource
from customer_inventory.model.search import sought
from customer_inventory.model.shapes import Position
from customer_inventory.repository.kinds import KINDS


class ImpossibleGrant(InvalidPolicy):
    """The grant can never let anything through: parts of it exclude each other, or it never applies.

    The message says what cannot be. Mend the line, or leave it out.
    """

    code = "impossible-grant"


def refuse_impossible(grants: Iterable[Grant], *, purposes: Collection[str], now: datetime) -> None:
    """Return if each grant may let something through, to who is registered for these purposes, from now on.

    Raises ImpossibleGrant.
    """
    for grant in grants:
        _check_applies(grant, purposes, now)
        if grant.verb not in OWN_VERBS.get(grant.kind, (grant.verb,)):
            verbs = ", ".join(OWN_VERBS[grant.kind])
            raise ImpossibleGrant(f"Nobody can {grant.verb} {named(grant.kind)}: of that one can {verbs}.")
        if grant.rows:
            _check_rows(KINDS[grant.kind], grant.rows)


def doubts(whole: frozenset[str], grants: Sequence[Grant]) -> Iterator[str]:
    """Yield what is odd about grants beside verbs on `whole` kinds, a sentence each: most likely they are a mistake."""
    for number, grant in enumerate(grants):
        line, kind = written(grant), named(grant.kind)
        others = [each for at, each in enumerate(grants) if at != number and _beside(each, grant, first=at < number)]
        if {f"{grant.verb}:{grant.kind}", f"{grant.verb}:*"} & whole:
            yield f"{line}: limits nothing, for {grant.verb} is granted on all of {kind} besides."
        elif wider := next((each for each in others if covers_wherever([each], grant)), None):
            yield f"{line}: adds nothing to {written(wider)}."
        if grant.verb == "delete" and grant.attributes is not None:
            yield f"{line}: what is deleted goes whole. Write delete {kind} (*)."
        unsaid = [row.path for row in grant.rows if not grant.covers(row.path)]
        if grant.verb == "create" and unsaid:
            yield f"{line}: lets nothing be created by itself, for it takes {unsaid[0]}, which it does not grant."


def _check_applies(grant: Grant, purposes: Collection[str], now: datetime) -> None:
    if grant.starts is not None and grant.ends is not None and grant.ends <= grant.starts:
        raise ImpossibleGrant(
            f"A grant from {grant.starts.date()} until {grant.ends.date()} ends before it begins. "
            "Write the earlier date after from."
        )
    if grant.ends is not None and grant.ends <= now:
        raise ImpossibleGrant(f"A grant until {grant.ends.date()} is over: it ended as that day began.")
    if grant.purposes and not grant.purposes & set(purposes):
        raise ImpossibleGrant(
            f"A grant for {', '.join(sorted(grant.purposes))} never applies: the process is registered for "
            f"{', '.join(purposes)}. Write one of these after for, or register it for that purpose too."
        )


def _check_rows(resource: Resource, rows: Sequence[Row]) -> None:
    together: dict[str, set[str]] = {}
    for row in rows:
        values = _alike(resource, row)
        if not values:
            raise ImpossibleGrant(f"No {resource.name} has such an id. Write the ids as the API shows them.")
        if _one_value(resource, row.path):
            together[row.path] = together.get(row.path, values) & values
            if not together[row.path]:
                raise ImpossibleGrant(
                    f"{row.path} holds one value, and the conditions on it ask for different ones. "
                    f"For either, write where {row.path} in (…, …)."
                )


def _alike(resource: Resource, row: Row) -> set[str]:
    """The values that a condition is met by, spelled in one way."""
    if row.path == "id":
        return {str(found) for value in row.values if (found := parse_id(value)) is not None}
    return {spelled for value in row.values for spelled in sought(resource, row.path, value)}


def _one_value(resource: Resource, path: str) -> bool:
    """Whether an attribute holds one value where conditions on it look together: in a record, or an element."""
    if not resource.attributes[path].many:
        return True
    return array_above(resource, path) is not None and not _is_list(resource, path.split("."))


def _is_list(resource: Resource, names: Sequence[str]) -> bool:
    """Whether an attribute may hold several values itself, whatever stands above it."""
    shapes = [resource.shape]
    for name in names[:-1]:
        contents = [shape.fields[name].content for shape in shapes if name in shape.fields]
        shapes = [one for content in contents if isinstance(content, Position) for one in content.choices.values()]
    return any(shape.fields[names[-1]].many for shape in shapes if names[-1] in shape.fields)


def _beside(other: Grant, grant: Grant, *, first: bool) -> bool:
    """Whether another grant applies whenever a grant does, and lets as much of it through; of two alike the `first`."""
    if other.verb != grant.verb or other.kind not in {grant.kind, "*"}:
        return False
    if replace(other, kind=grant.kind) == grant:
        return first or other.kind != grant.kind
    lasts = (other.starts is None or (grant.starts is not None and other.starts <= grant.starts)) and (
        other.ends is None or (grant.ends is not None and grant.ends <= other.ends)
    )
    serves = not other.purposes or (bool(grant.purposes) and grant.purposes <= other.purposes)
    amounts = [(other.daily, grant.daily), (other.per_second, grant.per_second)]
    return lasts and serves and all(own is None or (less is not None and less <= own) for own, less in amounts)
