"""Conditions of rules as SQL: what a JSONPath says of the object that has an attribute.

Most conditions speak of one attribute of the object, or of the record, or compare two. Where these are texts, numbers
or truths they are answered by columns that are there anyway; objects and arrays in their place are told as irregular
(`ruling_masks`). All else is compiled as filters are (`selections`), which costs a query within the query.
"""

from __future__ import annotations

from dataclasses import dataclass

from customer_inventory.model.comparing import TYPED, spellings
from customer_inventory.model.jsonpath_tree import (
    Against,
    AllOf,
    AnyOf,
    Compare,
    Exists,
    Expression,
    Fits,
    Name,
    Not,
    Path,
)
from customer_inventory.model.selecting import SIGNS, common_type, path_from
from customer_inventory.model.spelling import read_number
from customer_inventory.model.view import View
from customer_inventory.repository import sql
from customer_inventory.repository.fragments import bound, bound_texts, composed
from customer_inventory.repository.ruling_columns import Held, Object, is_plain_name
from customer_inventory.repository.ruling_moments import plain_second
from customer_inventory.repository.selections import Compiler, Element
from customer_inventory.repository.values import (
    Clause,
    both_compare,
    compares,
    conjunction,
    disjunction,
    negation,
    written,
)

_SQL = sql.statements("ruling.sql")
_SIGNS = {"==": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_TRUTHS = frozenset({"true", "false"})


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as SQL, true or false; one that is not `cheap` asks a query of its own."""

    clause: Clause
    cheap: bool


class Conditions:
    """Compiles the conditions of rules on the documents of one view."""

    def __init__(self, view: View) -> None:
        self._attributes = view.attributes
        self._compiler = Compiler(view, bare=True)

    def condition(self, expression: Expression, of: Object) -> Condition:
        """Return the SQL of a condition on an object. Raises JsonPathNotSupported."""
        match expression:
            case AllOf(parts=parts) | AnyOf(parts=parts):
                made = [self.condition(part, of) for part in parts]
                join = conjunction if isinstance(expression, AllOf) else disjunction
                # What is cheap may spare what is not.
                ordered = sorted(made, key=lambda each: not each.cheap)
                return Condition(join([each.clause for each in ordered]), all(each.cheap for each in made))
            case Not(part=part):
                found = self.condition(part, of)
                return Condition(negation(found.clause), found.cheap)
            case _:
                simple = self._simple(expression, of)
                general = simple or self._compiler.clause(expression, Element(of.column, of.path))
                return Condition(general, simple is not None)

    def _simple(self, expression: Expression, of: Object) -> Clause | None:
        """Return the SQL of what speaks of single attributes, None for what does not."""
        match expression:
            case Exists(of=Path() as path) if _is_single(path):
                return self._there(path, of)
            case Fits(path=path, pattern=pattern) if _is_single(path):
                text = written(self._type(path, of), _held(path, of).value)
                return _true(composed(_SQL["fits"], text=text, pattern=bound(pattern.postgresql)))
            case Compare(left=Path() as path) if _is_single(path):
                return self._compares(path, expression, of)
            case Against(left=left, right=right) if _is_single(left) and _is_single(right):
                return self._against(expression, of)
            case _:
                return None

    def _there(self, path: Path, of: Object) -> Clause:
        if self._type(path, of) not in {"object", "array"}:
            return composed(_SQL["there"], text=_held(path, of).text)
        return composed(_SQL["holds_some"], value=(of.document if path.from_root else of).value(_name(path)))

    def _compares(self, path: Path, expression: Compare, of: Object) -> Clause:
        sign, right = expression.sign, expression.right
        if sign == "!=":
            return negation(self._compares(path, Compare(path, "==", right), of))
        if right.type == "null":
            return negation(self._there(path, of))
        kind, held = self._type(path, of), _held(path, of)
        equal = _equals(kind, held, right.text) if sign == "==" else None
        return _true(equal or compares(kind, held.value, SIGNS[sign], (right.text,)))

    def _against(self, expression: Against, of: Object) -> Clause:
        if expression.sign == "!=":
            return negation(self._against(Against(expression.left, "==", expression.right), of))
        left, right = _held(expression.left, of), _held(expression.right, of)
        kind = common_type(self._type(expression.left, of), self._type(expression.right, of))
        general = both_compare(kind, left.value, right.value, SIGNS[expression.sign])
        if kind == "date-time":
            return _true(_moments(left.text, right.text, _SIGNS[expression.sign], general))
        return _true(general)

    def _type(self, path: Path, of: Object) -> str:
        attribute = self._attributes.get(path_from(path, of.path))
        return attribute.type if attribute else "any"


def _true(clause: Clause) -> Clause:
    return composed(_SQL["true"], clause=clause)


def _is_single(path: Path) -> bool:
    """Tell whether a path leads to one attribute of what it starts from."""
    return len(path.steps) == 1 and isinstance(path.steps[0], Name) and is_plain_name(path.steps[0].name)


def _name(path: Path) -> str:
    return next(step.name for step in path.steps if isinstance(step, Name))


def _held(path: Path, of: Object) -> Held:
    return (of.document if path.from_root else of).held(_name(path))


def _equals(kind: str, held: Held, text: str) -> Clause | None:
    """Return the clause that a value of a type fulfils which is equal to a literal; None where others know better."""
    if kind not in TYPED:
        return composed(_SQL["one_of"], text=held.text, codes=bound_texts(list(spellings(text))))
    if kind not in {"string", "boolean"}:
        return None
    if kind == "string" and text not in _TRUTHS and read_number(text) is None:
        return composed(_SQL["equal"], text=held.text, literal=bound(text))
    return composed(_SQL["equal_typed"], text=held.text, literal=bound(text), value=held.value, type=bound(kind))


def _moments(left: str, right: str, sign: str, read: Clause) -> Clause:
    return composed(
        _SQL["moments"],
        left=left,
        right=right,
        left_plain=plain_second(left),
        right_plain=plain_second(right),
        sign=sign,
        read=read,
    )
