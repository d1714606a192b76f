"""Protected downloads: records with pseudonyms, and rows that are like many others, verified in the file itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import IO

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.anonymising import Generalising, first_values, smallest_class
from customer_inventory.access.downloads.making import Anonymised, Verify
from customer_inventory.access.downloads.previewing import requirements_of
from customer_inventory.access.downloads.protecting import CODE, DATE, PSEUDONYM, Way, generalised_ways, ways
from customer_inventory.api.fields import Fields
from customer_inventory.api.parameters import InvalidParameter
from customer_inventory.capture.sinks import Sink, Table
from customer_inventory.capture.table_rows import rows_of
from customer_inventory.model import Resource
from customer_inventory.model.filtering import Condition, Either, Term
from customer_inventory.model.spelling import DAY
from customer_inventory.model.view import View
from customer_inventory.repository.records import Record

MOST_COLUMNS = 20
_LINES_AT_ONCE = 1000
_COMPARING = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "between", "isnull"})
"""Operators that look at values: patterns find the texts that stand where there should be a code."""
Ways = Mapping[str, Way]


async def kept_of(access: Access, resource: Resource, view: View, wanted: Wanted, fields: Fields | None) -> Ways | None:
    """Return what becomes of the attributes of a protected download, else None. Raises InvalidParameter."""
    if wanted.protection == "none":
        return None
    requirements = await requirements_of(access, resource)
    if wanted.protection == "pseudonymised":
        if not all(isinstance(entry, str) for entry in fields or ()):
            raise InvalidParameter(
                "The fields of a pseudonymised download are attributes: a JSONPath could tell whose."
            )
        return ways(view.attributes, requirements)
    found = generalised_ways(view.attributes, requirements)
    if not fields or len(fields) > MOST_COLUMNS:
        raise InvalidParameter(f"Say in fields which attributes an anonymised download has, {MOST_COLUMNS} at most.")
    if wanted.format == "xlsx":
        raise InvalidParameter(
            "An anonymised download is verified by reading it again: ask for csv, parquet or ndjson."
        )
    for entry in fields:
        if not isinstance(entry, str) or entry not in found:
            what = entry if isinstance(entry, str) else "A JSONPath"
            raise InvalidParameter(
                f"{what} cannot be anonymised: only dates, numbers, truths, codes and postcodes can be made coarser."
            )
    return {entry: found[entry] for entry in sorted(map(str, fields))}


def check_filter(kept: Ways, wanted: Wanted, terms: Iterable[Term]) -> None:
    """Return if a protected download is filtered by nothing but what it shows as it is. Raises InvalidParameter.

    Who is in the file would tell the rest: asked for one id after the other, or for each name of a dictionary.
    """
    for term in terms:
        match term:
            case Either(alternatives=alternatives):
                for each in alternatives:
                    check_filter(kept, wanted, each)
            case Condition() if term.path in kept and _is_open(kept[term.path], wanted, term):
                continue
            case Condition(path=path):
                what = (
                    "the fields that it has" if wanted.protection == "anonymised" else "codes, numbers, truths and days"
                )
                raise InvalidParameter(
                    f"A download that is {wanted.protection} cannot be so filtered by {path}: only by values "
                    f"of {what}, since who is in it would tell the rest."
                )
            case _:
                raise InvalidParameter(
                    f"A download that is {wanted.protection} cannot be so filtered: not by a JSONPath."
                )


def _is_open(way: Way, wanted: Wanted, term: Condition) -> bool:
    """Whether a condition asks for no more than the file tells: codes that there are, and of date-times the day."""
    if way.kind == PSEUDONYM or term.operator not in _COMPARING:
        return False
    if term.operator == "isnull":
        return True
    if way.kind == CODE:
        return way.codes.issuperset(term.values)
    return way.kind != DATE or wanted.protection == "anonymised" or all(map(DAY.fullmatch, term.values))


def told_of(kept: Ways | None, wanted: Wanted) -> dict[str, str] | None:
    """Return what is told of the attributes of a protected download."""
    if kept is None:
        return None
    left = "generalised" if wanted.protection == "anonymised" else "whole"
    return {path: "pseudonym" if way.kind == PSEUDONYM else left for path, way in kept.items()}


def plain_table(columns: Sequence[str]) -> Table:
    """Return a table of rows that say no more than their columns."""
    return Table([*columns], lambda document: [document.get(column, "") for column in columns])


class AnonymisedSink:
    """Gathers records as rows, and writes those that are like at least `k` when all are there."""

    def __init__(self, kept: Ways, k: int, sink: Sink) -> None:
        self._paths = [tuple(path.split(".")) for path in kept]
        self._generalising = Generalising(list(kept.values()))
        self._k = k
        self._sink = sink
        self.columns: list[str] | None = list(kept)
        self.anonymised: Anonymised | None = None

    def add(self, records: Sequence[Record]) -> None:
        """Take records in."""
        for each in records:
            self._generalising.add(list(first_values(msgspec.json.decode(each.document), self._paths)))

    def close(self) -> None:
        """Write the rows. Raises OSError and NothingIsAnonymous."""
        classes, left_out = self._generalising.anonymous(self._k)
        for row, number in classes:
            said = {name: text for name, text in zip(self.columns or (), row, strict=True) if text}
            line = msgspec.json.encode(said) + b"\n"
            for start in range(0, number, _LINES_AT_ONCE):
                self._sink.add([line] * min(_LINES_AT_ONCE, number - start))
        self._sink.close()
        numbers = [number for _, number in classes]
        self.anonymised = Anonymised(sum(numbers), min(numbers), left_out)

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more."""
        self._sink.abandon()


def verifying(kept: Ways, form: str) -> Verify:
    """Return what reads an anonymised file again."""
    return partial(_verify, form, list(kept))


def _verify(form: str, columns: Sequence[str], file: IO[bytes]) -> tuple[int, int]:
    return smallest_class(rows_of(file, form, columns))
