"""What a JSONPath says: a frozen tree of steps and conditions, which the parser makes and others walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from customer_inventory.model.patterns import Pattern

FUNCTIONS = ("length", "min", "max", "avg", "stddev")


@dataclass(frozen=True, slots=True)
class Name:
    """A step to an attribute of an object, or of every object in an array."""

    name: str


@dataclass(frozen=True, slots=True)
class At:
    """A step to the element at an index, counted from the end when it is negative."""

    index: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A step to the elements from an index up to but not including another, each counted as in `At`; None is open."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Several:
    """A step to all that several steps lead to, one after the other."""

    parts: tuple[At | Slice, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """A step to every element of an array."""


@dataclass(frozen=True, slots=True)
class Where:
    """A step to the elements of an array for which a condition holds; an object counts as an array of itself."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class Path:
    """A way through a document: from its root, or from the element that a condition looks at."""

    steps: tuple[Step, ...]
    from_root: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What a function makes of all that a path leads to: one of `FUNCTIONS`."""

    function: str
    path: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that is written out: its type (string, number, boolean or null) and its canonical spelling."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Exists:
    """Whether a path or a function leads to anything but null."""

    of: Path | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """Whether anything that a path or a function leads to compares so with a literal; != is the opposite of ==."""

    left: Path | Call
    sign: str
    right: Literal


@dataclass(frozen=True, slots=True)
class Against:
    """Whether anything that one path leads to compares so with anything that another does; != is the opposite of ==."""

    left: Path
    sign: str
    right: Path


@dataclass(frozen=True, slots=True)
class Fits:
    """Whether a regular expression is found in any text that a path leads to."""

    path: Path
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Not:
    """Whether another expression does not hold."""

    part: Expression


@dataclass(frozen=True, slots=True)
class AllOf:
    """Whether all of several expressions hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Whether any of several expressions holds."""

    parts: tuple[Expression, ...]


Expression = Exists | Compare | Against | Fits | Not | AllOf | AnyOf
Step = Name | At | Slice | Several | Every | Where


def paths_in(expression: Expression | None, *, only_there: bool = True) -> Iterator[Path]:
    """Yield the ways that an expression asks about, in its order; those in conditions on the way are theirs.

    Unless `only_there`, names of which nothing is asked but whether they lead anywhere are left out.
    """
    match expression:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from paths_in(part, only_there=only_there)
        case Not(part=part):
            yield from paths_in(part, only_there=only_there)
        case Exists(of=Path(steps=steps)) if not only_there and all(isinstance(step, Name) for step in steps):
            return
        case Exists(of=of) | Compare(left=of):
            yield of.path if isinstance(of, Call) else of
        case Fits(path=path):
            yield path
        case Against(left=left, right=right):
            yield from (left, right)
