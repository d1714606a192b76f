"""A visit: a request of someone who is signed in, with the access that was opened for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from customer_inventory.access import Access
from customer_inventory.access.break_glass import broken_in
from customer_inventory.access.sessions import SignInRules
from customer_inventory.console.asking import Search
from customer_inventory.console.attempts import Attempts
from customer_inventory.console.rendering import Pages
from customer_inventory.console.requests import form_of, query_of
from customer_inventory.console.sessions import check_proof, proof
from customer_inventory.repository.people import Person, Session

SEE_OTHER = 303
_LONGEST_FORM = 512 * 1024
_MOST_FIELDS = 500


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of someone who is signed in, at one moment."""

    request: Request
    access: Access
    session: Session
    token: str
    pages: Pages
    now: datetime
    rules: SignInRules
    attempts: Attempts

    @property
    def person(self) -> Person:
        """Who is signed in."""
        return self.session.person

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address. Raises RequestTooLong or UnreadableRequest."""
        return query_of(self.request)

    @property
    def posted(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    async def form(self) -> dict[str, str]:
        """Return the fields of a form that came from a page of ours. Raises ForeignForm and what `form_of` raises."""
        form = await form_of(self.request, longest=_LONGEST_FORM, most_fields=_MOST_FIELDS)
        check_proof(self.token, form)
        return form

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page for this person."""
        common = {
            "search": Search(),
            "person": self.person,
            "proof": proof(self.token),
            "broken": broken_in(self.access),
        }
        return self.pages.page(template, status=status, **{**common, **values})

    def see(self, address: str) -> Response:
        """Return the way to the page that shows what was done (RFC 9110 section 15.4.4)."""
        return RedirectResponse(address, status_code=SEE_OTHER)


Answering = Callable[[Visit], Awaitable[Response]]


class Place(NamedTuple):
    """A place of the console: the path of a page, what answers there, and whether it takes a form."""

    path: str
    answer: Answering
    takes_form: bool = False
