"""The statement that weighs rules: which rules records of a kind break together, and how many do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customer_inventory.model import jsonpath_tree
from customer_inventory.model.jsonpath_tree import (
    Against,
    AllOf,
    AnyOf,
    Call,
    Compare,
    Exists,
    Expression,
    Not,
    Path,
    Where,
)
from customer_inventory.model.ruling import Rule
from customer_inventory.model.value_tests import Fits
from customer_inventory.model.view import View
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, composed, joined
from customer_inventory.repository.restrictions import UseFor
from customer_inventory.repository.ruling_alone import broken
from customer_inventory.repository.ruling_masks import BITS, IRREGULAR, Masks
from customer_inventory.repository.values import ALWAYS, Clause, conjunction, disjunction

PATTERNS = 24
"""How many regular expressions one scan may ask for: PostgreSQL keeps the last 32 compiled, and with one more each
would be compiled anew for every record. The rest is for those of long texts and those of the schema's functions."""

_SQL = sql.statements("ruling.sql")
_PART = Clause("{part}")


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked beside the rules: of which records, and what is told of those that break some."""

    view: View
    now: datetime
    named: str | None
    by_source: bool
    samples: int
    use: UseFor | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a table: from a block up to but not including another, or to the end."""

    first: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Statement:
    """What rules come to, in a whole table or a part of it.

    Its rows are a source, masks of `BITS` rules each, how many records there are, and the ids of some.
    """

    whole: Clause

    def text(self, part: Part | None) -> str:
        """Return the SQL for a part, or for all."""
        if part is None:
            where = ALWAYS
        elif part.last is None:
            where = composed(_SQL["last_part"], first=part.first)
        else:
            where = composed(_SQL["part"], first=part.first, last=part.last)
        return self.whole.text.replace(_PART.text, where.text)


def weighing(rules: Sequence[Rule], asking: Asking) -> Statement:
    """Return the statement that finds what rules come to. Raises JsonPathNotSupported."""
    compiler = Masks(asking.view, now=asking.now)
    groups = [rules[start : start + BITS] for start in range(0, len(rules), BITS)] or [()]
    masks = [compiler.mask(group) for group in groups]
    masks[0] = composed("({mask} | {irregular})", mask=masks[0], irregular=compiler.irregular())
    names = [f"m{number}" for number in range(len(masks))]
    columns = {"id": "r.id", "doc": "r.doc", "source": "c.source" if asking.by_source else "null::text as source"}
    made = joined([composed(_SQL["column"], made=mask, name=name) for mask, name in zip(masks, names, strict=True)], "")
    whole = composed(
        _SQL["weigh"],
        samples=_samples(asking, len(masks)) if asking.samples else "null::text[]",
        irregular=disjunction([composed(_SQL["is_irregular"], mask=name, irregular=IRREGULAR) for name in names]),
        alone=joined([_alone(group, asking) for group in groups], ", "),
        masks=", ".join(names),
        made=made,
        records=compiler.records(_rows(asking), columns=columns, asked=made.text),
    )
    return Statement(whole)


def _rows(asking: Asking) -> Clause:
    where = [_PART]
    if asking.named is not None:
        where.append(composed(_SQL["of_class"], named=bound(asking.named)))
    if asking.use is not None:
        purpose, at = bound(asking.use.purpose), bound(asking.use.at, "timestamptz")
        where.append(composed(_SQL["of_use"], purpose=purpose, at=at))
    origin = _SQL["origin"] if asking.by_source else ""
    return composed(_SQL["rows"], kind=asking.view.resource.kind, origin=origin, where=conjunction(where))


def _samples(asking: Asking, masks: int) -> Clause:
    clean = "{" + ",".join("0" * masks) + "}"
    return composed(_SQL["samples"], number=bound(asking.samples, "int"), clean=bound(clean, "bigint[]"))


def _alone(rules: Sequence[Rule], asking: Asking) -> Clause:
    """Return the mask of rules that are asked one by one."""
    bits = [
        composed(_SQL["bit"], test=broken(rule, asking.view, now=asking.now), bits=1 << number)
        for number, rule in enumerate(rules)
    ]
    return joined(bits, " | ") if bits else Clause("0")


def patterns_of(rule: Rule) -> set[str]:
    """Return the regular expressions of a rule, those of its conditions among them."""
    found = {test.pattern.portable for test in rule.tests if isinstance(test, Fits)}
    for expression in (rule.when, rule.holds):
        found |= set() if expression is None else _patterns_in(expression)
    return found


def _patterns_in(expression: Expression) -> set[str]:
    match expression:
        case jsonpath_tree.Fits(path=path, pattern=pattern):
            return {pattern.portable, *_patterns_along(path)}
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return {each for part in parts for each in _patterns_in(part)}
        case Not(part=part):
            return _patterns_in(part)
        case Against(left=left, right=right):
            return _patterns_along(left) | _patterns_along(right)
        case Compare(left=of) | Exists(of=of):
            return _patterns_along(of.path if isinstance(of, Call) else of)


def _patterns_along(path: Path) -> set[str]:
    return {each for step in path.steps if isinstance(step, Where) for each in _patterns_in(step.condition)}
