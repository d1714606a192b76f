"""Judging: rows of an import are held against the requirements of the moment at which it began.

Rows that fill the same attributes are asked the same questions, so these are worked out once for a shape: what the
shape alone decides is decided, what a single text decides is asked of that text, and its answer remembered; the rest is
asked of the documents. Asking every document everything cost half as much as the whole import.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from customer_inventory.capture.drafting import unmet
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.jsonpath_tree import AllOf, AnyOf, Compare, Exists, Expression, Name, Not, Path
from customer_inventory.model.ruling import Breach, Rule, Ruling
from customer_inventory.model.value_tests import OneOf
from customer_inventory.requirements.catalogue import Catalogued
from customer_inventory.requirements.verdict import decided, verdict

Document = Mapping[str, Any]
_REMEMBERED = 20_000
"""So many answers are remembered for one rule; most columns have few values or as many as rows."""


@dataclass(slots=True)
class _Asked:
    """A rule that the text at a place of the row decides, with the answers that it gave."""

    at: int
    breach: Breach
    answers: dict[str, bool] = field(default_factory=dict)

    def passes(self, text: str, now: datetime) -> bool:
        known = self.answers.get(text)
        if known is None:
            if len(self.answers) >= _REMEMBERED:
                self.answers.clear()
            known = self.answers[text] = all(test.passes(text, now) for test in self.breach.rule.tests)
        return known


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of the rows of one shape."""

    settled: tuple[Breach, ...]
    """What every row of the shape breaks."""
    asked: tuple[_Asked, ...]
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

    def questions(self, records: Sequence[tuple[Resource, Document]], marks: Sequence[str], now: datetime) -> Questions:
        """Return what is asked of rows that make documents like these, in which `marks` stand for their texts."""
        settled: list[Breach] = []
        asked: list[_Asked] = []
        whole: list[Ruling] = []
        for resource, document in records:
            ruling = self.catalogued.ruling(resource)
            of_document: list[Rule] = []
            for rule in ruling.rules:
                own = _of_shape(Ruling((rule,), ruling.attributes), document, marks, now) if _by_shape(rule) else None
                if own is None:
                    of_document.append(rule)
                else:
                    settled += own[0]
                    asked += own[1]
            whole.append(Ruling(of_document, ruling.attributes))
        return Questions(tuple(settled), tuple(asked), tuple(whole))

    def answer(self, questions: Questions, texts: Sequence[str], documents: Sequence[Document], now: datetime) -> None:
        """Judge one row of a shape. Raises RowRefused for what is refused."""
        found = [*questions.settled]
        found += [each.breach for each in questions.asked if not each.passes(texts[each.at], now)]
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


def _of_shape(
    ruling: Ruling, document: Document, marks: Sequence[str], now: datetime
) -> tuple[list[Breach], list[_Asked]] | None:
    """Return what one rule settles for every row of a shape, and what it asks of single texts.

    None for a rule that speaks of a value which is made of texts of the row, such as the name of a customer.
    """
    (rule,) = ruling.rules
    if rule.present:
        return ruling.breaches(document, now=now), []
    settled: list[Breach] = []
    asked: list[_Asked] = []
    # Asked for a code that nothing is, the rule tells every place where its values stand.
    everywhere = Ruling((replace(rule, tests=(OneOf(frozenset()),)),), ruling.attributes)
    for breach in everywhere.breaches(document, now=now):
        value, meant = _value_at(document, breach.path), Breach(rule, breach.path)
        if value in marks:
            asked.append(_Asked(marks.index(value), meant))
        elif isinstance(value, str) and any(mark in value for mark in marks):
            return None
        elif not all(test.passes(value, now) for test in rule.tests):
            settled.append(meant)
    return settled, asked


def _value_at(document: Document, path: str) -> Any:
    """Return what stands at the path of a breach."""
    value: Any = document
    for name, index in _STEP.findall(path):
        value = value[int(index)] if index else value[name]
    return value


_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def _by_shape(rule: Rule) -> bool:
    """Whether the shape of a row, and single texts, decide a rule."""
    return rule.holds is None and (rule.when is None or _constant(rule.when))


def _constant(expression: Expression) -> bool:
    """Whether an expression is the same for all documents with the same attributes: of what is there, or of classes."""
    match expression:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return all(map(_constant, parts))
        case Not(part=part):
            return _constant(part)
        case Exists(of=Path(steps=steps)):
            return all(isinstance(step, Name) for step in steps)
        case Compare(left=Path(steps=(*above, Name(name="@type")))):
            return all(isinstance(step, Name) for step in above)
        case _:
            return False
