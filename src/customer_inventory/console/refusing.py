"""Refusing: a form that is refused comes back with what was typed, and the field that is wrong marked and in focus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from customer_inventory.console.visit import Visit
from customer_inventory.errors import Failure, InventoryError


class WrongField(InventoryError):
    """A field of the form was filled in so that it cannot be kept.

    The message says which field it is and what may stand there; what was typed stays in the form.
    """

    code = "wrong-field"
    failure = Failure.INVALID

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Refused:
    """What was typed into one of the forms of a page, and why it was refused, if it was.

    `about` is what the form is about, such as the id of a review; a form for something new is about nothing.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    field: str = ""
    problem: str = ""
    status: int = 200
    lost: tuple[str, ...] = ()
    """What was typed into a form that is not on the page any more."""

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by the field that it is wrong in."""
        return {self.field: self.problem} if self.field else {}

    @property
    def place(self) -> str:
        """The id of the field that is wrong."""
        return f"f-{self.field}{'-' if self.about else ''}{self.about}"

    def of(self, about: str = "") -> Refused:
        """Return what belongs to one form of the page: nothing where another one was sent."""
        return self if about == self.about else Refused()

    def among(self, abouts: Collection[str], texts: Collection[str]) -> Refused:
        """Return the same; where the form is not on the page any more, with the texts that were typed into it."""
        if not self.problem or self.about in abouts:
            return self
        typed = tuple(text for name in texts if (text := self.typed.get(name, "").strip()))
        return Refused(problem=self.problem, status=self.status, lost=typed, about=self.about)


Doing = Callable[[Visit, Mapping[str, str]], Awaitable[str]]
"""Does what a form says, and returns the address at which that is seen."""


async def answered(
    visit: Visit, do: Doing, refuses: Mapping[type[InventoryError], str], *, about: str = ""
) -> Response | Refused:
    """Do what a form says and lead to what was done, or return why it was refused and what was typed.

    `refuses` are the errors that are told beside the form, with the field that each is about (none for the whole form),
    `about` is the field that says what the form is about. Raises ForeignForm, and every other error.
    """
    form = await visit.form()
    told: tuple[type[InventoryError], ...] = (WrongField, *refuses)
    try:
        return visit.see(await do(visit, form))
    except told as error:
        wrong = error.field if isinstance(error, WrongField) else refuses[_kind(error, refuses)]
        typed = {name: text for name, text in form.items() if name != "proof"}
        return Refused(typed, form.get(about, ""), wrong, error.message, error.failure.status)


def text_of(form: Mapping[str, str], name: str, what: str, *, longest: int, needed: bool = True) -> str:
    """Return a text of a form in one line. `what` is the label of its field. Raises WrongField."""
    text = " ".join(form.get(name, "").split())
    if needed and not text:
        raise WrongField(name, f"{what} is needed, in 1 to {longest:,} characters.")
    if len(text) > longest:
        raise WrongField(name, f"{what} has {len(text):,} characters; at most {longest:,} are kept.")
    if "\0" in text:
        raise WrongField(name, f"{what} has a character that cannot be kept.")
    return text


def _kind(error: InventoryError, refuses: Mapping[type[InventoryError], str]) -> type[InventoryError]:
    return next(kind for kind in type(error).__mro__ if kind in refuses)
