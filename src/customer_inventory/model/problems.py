"""What is wrong with a document or a value: where and why, never the value itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from customer_inventory.errors import Failure, InventoryError

PROBLEMS_SHOWN = 20
"""How many problems of one document are told: enough to mend it, too few to be used as an amplifier."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a document: the path of the attribute, such as `contactMedium[0].emailAddress`, and why.

    A gap is what the document does not say, rather than what it says wrong.
    """

    path: str
    reason: str
    gap: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class InvalidDocument(InventoryError):
    """The document does not say what its class demands; mend the attributes named and send it again."""

    code = "invalid-document"
    failure = Failure.INVALID

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems[:PROBLEMS_SHOWN])
        super().__init__("; ".join(map(str, self.problems)))


class InvalidValue(InventoryError):
    """The value cannot be one of the attribute's; look the attribute's type up in the OpenAPI document."""

    code = "invalid-value"
    failure = Failure.INVALID

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


Said = TypeVar("Said")


def read_as(told: Any, kind: type[Said]) -> Said:
    """Return what is told as an object of a class that is declared. Raises InvalidDocument."""
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise InvalidDocument([Problem("", str(error))]) from error
