"""Judging: rows of an import are held against the requirements of the moment at which it began.

Rows that fill the same attributes are asked the same questions, so these are worked out once for a shape: what the
shape alone decides is decided, what a single value decides is asked of that value, what a few texts decide together is
asked of a document in which they alone are those of the row, and every answer is remembered; the rest is asked of the
documents. Asking every document everything cost half as much as the whole import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from customer_inventory.capture.drafting import unmet
from customer_inventory.capture.marked import Marked, Slot, deciding
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.ruling import Breach, Rule, Ruling, tests_of
from customer_inventory.model.value_tests import Asked, OneOf
from customer_inventory.requirements.catalogue import Catalogued
from customer_inventory.requirements.verdict import decided, verdict

Document = Mapping[str, Any]
_REMEMBERED = 20_000
"""So many answers are remembered for one question; most columns have few values or as many as rows."""


@dataclass(slots=True)
class _OfValue:
    """A rule that one value of the row decides, with the answers that it gave."""

    value: Callable[[Sequence[str]], str]
    breach: Breach
    passes: Asked
    answers: dict[str, bool] = field(default_factory=dict)

    def breaches(self, texts: Sequence[str], now: datetime) -> Sequence[Breach]:
        value = self.value(texts)
        known = self.answers.get(value)
        if known is None:
            if len(self.answers) >= _REMEMBERED:
                self.answers.clear()
            known = self.answers[value] = self.passes(value, now)
        return () if known else (self.breach,)


@dataclass(slots=True)
class _OfTexts:
    """Rules that a few texts of the row decide together, asked of a document that has these in their places."""

    at: tuple[int, ...]
    ruling: Ruling
    document: dict[str, Any]
    slots: tuple[Slot, ...]
    answers: dict[tuple[str, ...], tuple[Breach, ...]] = field(default_factory=dict)

    def breaches(self, texts: Sequence[str], now: datetime) -> Sequence[Breach]:
        key = tuple([texts[at] for at in self.at])
        known = self.answers.get(key)
        if known is None:
            if len(self.answers) >= _REMEMBERED:
                self.answers.clear()
            for slot in self.slots:
                slot.fill(texts)
            known = self.answers[key] = tuple(self.ruling.breaches(self.document, now=now))
        return known


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of the rows of one shape."""

    settled: tuple[Breach, ...]
    """What every row of the shape breaks."""
    asked: tuple[_OfValue | _OfTexts, ...]
    whole: tuple[Ruling, ...]
    """The rules that only a whole document decides, for each record of the row; without rules it is not asked."""

    @property
    def of_documents(self) -> bool:
        """Whether the documents of a row are needed to judge it."""
        return any(ruling.rules for ruling in self.whole)


@dataclass(frozen=True, slots=True)
class Judging:
    """Holds documents against the requirements of one moment, and counts what is taken all the same."""

    catalogued: Catalogued
    warnings: Counter[str] = field(default_factory=Counter)

    def __call__(self, resource: Resource, document: Document, now: datetime) -> None:
        """Count what a document does not meet. Raises RowRefused for what is refused."""
        try:
            self._count(verdict(self.catalogued.ruling(resource), document, now=now))
        except InvalidDocument as error:
            raise unmet(error) from None

    def questions(
        self, records: Sequence[tuple[Resource, Document]], marks: Sequence[str], ids: Sequence[str], now: datetime
    ) -> Questions:
        """Return what is asked of rows that make documents like these, in which `marks` stand for their texts.

        `ids` are others in every row as well.
        """
        found = _Found([], [], [])
        for resource, document in records:
            ruling = self.catalogued.ruling(resource)
            _Sorting(Marked(document, marks, ids), ruling, now, found).sort()
        return Questions(tuple(found.settled), tuple(found.asked), tuple(found.whole))

    def answer(self, questions: Questions, texts: Sequence[str], documents: Sequence[Document], now: datetime) -> None:
        """Judge one row of a shape. Raises RowRefused for what is refused."""
        found = [*questions.settled]
        for question in questions.asked:
            found += question.breaches(texts, now)
        for ruling, document in zip(questions.whole, documents, strict=False):
            found += ruling.breaches(document, now=now)
        if not found:
            return
        try:
            self._count(decided(found))
        except InvalidDocument as error:
            raise unmet(error) from None

    def _count(self, breaches: Sequence[Breach]) -> None:
        for breach in breaches:
            rule = breach.rule
            self.warnings[f"{rule.requirement} {rule.reason} ({rule.code})"] += 1


@dataclass(frozen=True, slots=True)
class _Found:
    """What `Questions` are made of."""

    settled: list[Breach]
    asked: list[_OfValue | _OfTexts]
    whole: list[Ruling]


@dataclass(frozen=True, slots=True)
class _Sorting:
    """Sorts the rules of one record by what decides them."""

    marked: Marked
    ruling: Ruling
    now: datetime
    found: _Found

    def sort(self) -> None:
        whole: list[Rule] = []
        together: dict[frozenset[int], list[Rule]] = {}
        for rule in self.ruling.rules:
            deciders = deciding(rule, self.marked)
            if deciders is None:
                whole.append(rule)
                continue
            found, applying = deciders
            if rule.tests and not applying:
                self._by_value(rule)
            else:
                together.setdefault(found, []).append(rule)
        for texts, rules in together.items():
            self._by_texts(texts, rules)
        self.found.whole.append(Ruling(whole, self.ruling.attributes))

    def _by_value(self, rule: Rule) -> None:
        """Ask each value by itself: whether a rule applies is the same in all rows."""
        # Asked for a code that nothing is, the rule tells every place where its values stand.
        everywhere = Ruling((replace(rule, tests=(OneOf(frozenset()),)),), self.ruling.attributes)
        passes = tests_of(rule)
        for breach in everywhere.breaches(self.marked.document, now=self.now):
            value, meant = self.marked.value_at(breach.path), Breach(rule, breach.path)
            taken = self.marked.taken(value)
            if taken is not None:
                self.found.asked.append(_OfValue(taken, meant, passes))
            elif not passes(value, self.now):
                self.found.settled.append(meant)

    def _by_texts(self, texts: frozenset[int], rules: Sequence[Rule]) -> None:
        ruling = Ruling(rules, self.ruling.attributes)
        if not texts:
            self.found.settled.extend(ruling.breaches(self.marked.document, now=self.now))
            return
        document, slots = self.marked.copied(texts)
        self.found.asked.append(_OfTexts(tuple(sorted(texts)), ruling, document, slots))
