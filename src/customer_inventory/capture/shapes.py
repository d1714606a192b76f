"""Shapes: rows that fill the same attributes make documents that differ in their texts alone.

Checking, encoding and extracting a document costs the model more time than a bulk load has. So the first row of every
shape goes through the model, once with marks in place of its texts, and what comes out is a template for all rows that
fill the same attributes. A text can be put into a template as it is only when plain: printable, without quotes and
backslashes, short enough to stand in a search term unhashed. Rows with other texts, or of shapes that leave no marks
where they should, go through the model each by itself. The price is a second way to the same result;
`tests/room/test_capture_shapes.py` holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from customer_inventory.capture.drafting import (
    Judge,
    RowRefused,
    Strict,
    Taken,
    documents_of,
    draft,
    seek_party,
    taken_as_it_is,
)
from customer_inventory.capture.judging import Judging, Questions
from customer_inventory.capture.mapping import Leaf, RowMapping, leaves_of
from customer_inventory.capture.standardise import Value
from customer_inventory.model import RESOURCES
from customer_inventory.model.search import LONGEST_VALUE
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.bulk_rows import BulkLink, BulkRow, Entry, copy_text, parts
from customer_inventory.repository.search import fold
from customer_inventory.requirements.unique import Unique, claims_of, no_uniques

_MOST_SHAPES = 500
"""Shapes remembered; a column of free numbers makes a shape of each, and is then no worse off than without."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TERM = re.compile(r'"((?:[^"\\]|\\.)*)"')

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Template:
    """A text with places for values: filled by one formatting, without a call for each place."""

    pattern: str
    pick: Callable[[Sequence[str]], Any]

    def fill(self, values: Sequence[str]) -> str:
        """Return the text with the values in their places."""
        filled: str = self.pattern % self.pick(values)
        return filled


@dataclass(frozen=True, slots=True)
class _EntryTemplate:
    kind: str
    line: _Template
    label: _Template
    links: tuple[BulkLink, ...]
    """Links of the row; a target of `@` stands for the party of the row."""
    dated: tuple[str, ...]
    uniques: tuple[Unique, ...]
    """The attributes of which no two records may have the same value."""

    def fill(self, values: Sequence[str], identifier: str, party: str, source_id: str) -> Entry:
        line = f"{self.line.fill(values)}\t{copy_text(fold(self.label.fill(values)))}"
        links = self.links and tuple(
            BulkLink(at.attribute, party, at.target_kind, at.role, at.strict) for at in self.links
        )
        claims = tuple(claims_of(self.uniques, _TERM.findall(parts(line)[1]))) if self.uniques else None
        return Entry(self.kind, identifier, line, links, source_id, (), self.dated, claims)


@dataclass(frozen=True, slots=True)
class _Shape:
    entries: tuple[_EntryTemplate, ...]
    repeated: tuple[tuple[tuple[int, ...], frozenset[str]], ...]
    """Attributes that occur several times, by the places and constants of their values."""
    composed: tuple[tuple[tuple[int, ...], int], ...]
    """The texts that make one value together, and how many letters that has besides: a long one is hashed."""
    questions: Questions | None
    """What the requirements ask of its rows."""

    def outgrows(self, texts: Sequence[str]) -> bool:
        """Return whether several texts together make a value that is too long to stand in a term unhashed."""
        return any(sum(len(texts[at]) for at in taken) + more > LONGEST_VALUE for taken, more in self.composed)

    def merges(self, places: Sequence[str]) -> bool:
        """Return whether two values of a repeated attribute are equal: their terms would then be one."""
        return any(
            len(constants.union(places[at] for at in taken)) < len(constants) + len(taken)
            for taken, constants in self.repeated
        )


class Shaper:
    """Drafts rows of one mapping, by template where that is sound."""

    def __init__(
        self, mapping: RowMapping, strict: Strict, judging: Judging | None = None, *, files: bool = True
    ) -> None:
        self._mapping = mapping
        self._files = files
        self._strict = strict
        self._judging = judging
        self._judge: Judge = judging or taken_as_it_is
        self._uniques = judging.catalogued.uniques if judging else no_uniques
        leaves: list[Leaf] = [leaf for pattern in mapping.records.values() for leaf in leaves_of(pattern)]
        self._textual = [leaf.textual for leaf in leaves]
        self._all_textual = all(self._textual)
        # What a class of entity demands of values is looked at value by value.
        self._alike = ENTITY.name not in mapping.records
        self._shapes: dict[Any, _Shape | None] = {}
        self._dates = any(RESOURCES[name].stamps.all_names for name in mapping.records)
        self._now: datetime | None = None

    def draft(self, number: int, taken: Taken, ids: Sequence[str], now: datetime) -> BulkRow:
        """Return the row to load, its records dated `now` where the server dates them. Raises RowRefused."""
        if now != self._now:
            if self._dates:
                self._shapes.clear()  # the moment is part of their texts
            self._now = now
        texts = self._texts(taken.values)
        joined = "".join(texts)
        if (
            not joined.isprintable()
            or '"' in joined
            or "\\" in joined
            or (len(joined) > LONGEST_VALUE and max(map(len, texts)) > LONGEST_VALUE)
        ):
            return self._whole(number, taken, ids, now, self._judge)
        shape = self._shape(number, taken, ids, now)
        if shape is None or (len(joined) > LONGEST_VALUE // 2 and shape.outgrows(texts)):
            return self._whole(number, taken, ids, now, self._judge)
        self._judged(shape, taken, texts, ids, now)
        ids = ids[: len(shape.entries)]
        places = (*texts, *ids)
        if shape.repeated and shape.merges(places):
            return self._whole(number, taken, ids, now)  # it was judged above
        source_id, party = taken.source_id, ids[0]
        return BulkRow(
            number,
            tuple(
                template.fill(places, identifier, party, source_id)
                for template, identifier in zip(shape.entries, ids, strict=True)
            ),
        )

    def _texts(self, values: Sequence[Value | None]) -> list[str]:
        if self._all_textual:
            return [value for value in values if value is not None]  # type: ignore[misc]  # every value is a text
        return [str(v) for v, textual in zip(values, self._textual, strict=True) if textual and v is not None]

    def _shape(self, number: int, taken: Taken, ids: Sequence[str], now: datetime) -> _Shape | None:
        values = taken.values
        if not self._alike:
            return None
        if self._all_textual:
            key: Any = tuple([value is None for value in values])
        else:
            key = tuple([v is None if t else (type(v), v) for v, t in zip(values, self._textual, strict=True)])
        if key in self._shapes:
            return self._shapes[key]
        if len(self._shapes) >= _MOST_SHAPES:
            return None
        shape = self._derive(number, taken, ids, now)
        self._shapes[key] = shape
        return shape

    def _derive(self, number: int, taken: Taken, ids: Sequence[str], now: datetime) -> _Shape | None:
        """Make the template from a marked copy of the row, and prove it on the row itself."""
        marks = [
            _mark(value, at) if textual and value is not None else value
            for at, (value, textual) in enumerate(zip(taken.values, self._textual, strict=True))
        ]
        texts = self._texts(marks)
        try:
            whole = self._whole(number, taken, ids, now)
            marked = self._whole(number, Taken("mark", marks), ids, now)
        except RowRefused:
            return None
        places = [*texts, *ids]
        repeated, composed = _repeated(marked.entries, texts), _composed(marked.entries, texts)
        if not _plain_links(marked.entries, ids[0]):
            return None
        records = documents_of(self._mapping, marks, ids)
        questions = None if self._judging is None else self._judging.questions(records, texts, ids, now)
        templates = tuple(
            _entry_template(entry, places, self._uniques(resource))
            for entry, (resource, _) in zip(marked.entries, records, strict=True)
        )
        shape = _Shape(templates, repeated, composed, questions)
        filled = (*self._texts(taken.values), *ids)
        proof = tuple(
            template.fill(filled, identifier, ids[0], taken.source_id)
            for template, identifier in zip(shape.entries, ids, strict=False)
        )
        return shape if proof == whole.entries else None

    def _judged(self, shape: _Shape, taken: Taken, texts: Sequence[str], ids: Sequence[str], now: datetime) -> None:
        """Hold a row that needs no look of the model against the requirements. Raises RowRefused."""
        if self._judging is None or shape.questions is None:
            return
        documents: list[dict[str, Any]] = []
        if shape.questions.of_documents:
            documents = [document for _, document in documents_of(self._mapping, taken.values, ids)]
        self._judging.answer(shape.questions, texts, documents, now)

    def _whole(
        self, number: int, taken: Taken, ids: Sequence[str], now: datetime, judge: Judge = taken_as_it_is
    ) -> BulkRow:
        records = documents_of(self._mapping, taken.values, ids)
        sought = seek_party(records[0][1], ids[-1]) if len(records) == 1 else ()
        return draft(
            number,
            records,
            ids[: len(records)],
            taken.source_id,
            strict=self._strict,
            now=now,
            sought=sought,
            incomplete=self._mapping.incomplete,
            judge=judge,
            uniques=self._uniques,
            files=self._files,
        )


def _mark(value: Value, at: int) -> str:
    """A text that stands out: a day where the value is a day, else letters that nobody uses."""
    if isinstance(value, str) and _DAY.match(value):
        return f"{1000 + at:04d}-10-29{value[10:]}"
    return f"\ue000{at}\ue001"


def _entry_template(entry: Entry, places: Sequence[str], uniques: tuple[Unique, ...]) -> _EntryTemplate:
    document, terms, label = entry.line.split("\t")
    links = tuple(BulkLink(link.attribute, "@", link.target_kind, link.role, link.strict) for link in entry.links)
    line = _template(f"{document}\t{terms}", places)
    return _EntryTemplate(entry.kind, line, _template(label, places), links, entry.dated, uniques)


def _template(text: str, places: Sequence[str]) -> _Template:
    at_mark = {mark: at for at, mark in enumerate(places)}
    found = re.split("(" + "|".join(re.escape(mark) for mark in sorted(places, key=len, reverse=True)) + ")", text)
    slots = [at_mark[part] for part in found[1::2]]
    pattern = "%s".join(part.replace("%", "%%") for part in found[0::2])
    if not slots:
        return _Template(pattern, lambda _: ())
    if len(slots) == 1:
        (only,) = slots
        return _Template(pattern, lambda values: (values[only],))
    return _Template(pattern, itemgetter(*slots))


def _repeated(entries: Sequence[Entry], texts: Sequence[str]) -> tuple[tuple[tuple[int, ...], frozenset[str]], ...]:
    """The attributes with several terms of which at least one is taken from the row."""
    groups = []
    for entry in entries:
        by_path: dict[str, tuple[set[int], set[str]]] = {}
        for term in _TERM.findall(parts(entry.line)[1]):
            path, _, value = term.partition("=")
            places, constants = by_path.setdefault(path, (set(), set()))
            found = {at for at, mark in enumerate(texts) if mark in value}
            places |= found
            constants |= set() if found else {value}
        groups += [
            (tuple(sorted(places)), frozenset(constants))
            for places, constants in by_path.values()
            if places and len(places) + len(constants) > 1
        ]
    return tuple(groups)


def _composed(entries: Sequence[Entry], texts: Sequence[str]) -> tuple[tuple[tuple[int, ...], int], ...]:
    """The values that several texts of the row make, such as a name: which texts, and how many letters besides."""
    found: dict[tuple[int, ...], int] = {}
    for entry in entries:
        for term in _TERM.findall(parts(entry.line)[1]):
            value = term.partition("=")[2]
            at = tuple(number for number, mark in enumerate(texts) if mark in value)
            if len(at) > 1:
                found[at] = max(found.get(at, 0), len(value) - sum(len(texts[number]) for number in at))
    return tuple(found.items())


def _plain_links(entries: Sequence[Entry], party: str) -> bool:
    """Whether every link of the row leads to the row's own party."""
    return all(link.target_id == party for entry in entries for link in entry.links)
