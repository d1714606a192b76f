"""Sessions of the browser: the cookie that carries one, and the proof that a form came from a page of ours.

The session's token lives in an HttpOnly cookie and, hashed, in the register (access.sessions). A form carries an HMAC
keyed with the cookie's value; another site can send the cookie but cannot know the HMAC. No key is kept, so any server
may answer any form.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from customer_inventory.access.sessions import SESSION_LASTS
from customer_inventory.errors import Failure, InventoryError

FORM_FIELD = "proof"
_LONGEST_TOKEN = 100


class ForeignForm(InventoryError):
    """The form did not come from a page of this console, or the page is too old.

    Open the page again and repeat what you did.
    """

    code = "foreign-form"
    failure = Failure.DENIED


@dataclass(frozen=True, slots=True)
class Cookies:
    """The console's two cookies: `session` when signed in, `visit` to tie the sign-in form to a browser."""

    secure: bool

    @property
    def session(self) -> str:
        """The name of the session's cookie; over https no other host of the domain can set it (RFC 6265bis 4.1.3)."""
        return "__Host-inventory-session" if self.secure else "inventory-session"

    @property
    def visit(self) -> str:
        """The name of the visit's cookie."""
        return "__Host-inventory-visit" if self.secure else "inventory-visit"

    @property
    def trip(self) -> str:
        """The name of the cookie that goes along to the OpenID provider and back."""
        return "__Host-inventory-trip" if self.secure else "inventory-trip"

    @classmethod
    def of(cls, request: Request, public_url: str) -> Cookies:
        """Return the cookies as this request can have them: secure when the browser talks https, directly or not."""
        return cls(request.url.scheme == "https" or public_url.startswith("https:"))

    def read(self, request: Request, name: str, *, longest: int = _LONGEST_TOKEN) -> str | None:
        """Return a cookie's value, or None when it is absent or cannot be one of ours."""
        value = request.cookies.get(name)
        usable = value and len(value) <= longest and value.isascii() and value.isprintable()
        return value if usable else None

    def keep(self, response: Response, name: str, value: str, *, seconds: int | None) -> None:
        """Set a cookie on an answer, for so long or until the browser closes."""
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self.secure, httponly=True, samesite="lax")

    def keep_session(self, response: Response, token: str) -> None:
        """Set the session's cookie, for as long as the session lasts."""
        self.keep(response, self.session, token, seconds=int(SESSION_LASTS.total_seconds()))

    def drop(self, response: Response, name: str) -> None:
        """Make the browser forget a cookie."""
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="lax")


def new_visit() -> str:
    """Return a fresh value for the visit's cookie."""
    return secrets.token_urlsafe(24)


def proof(cookie: str) -> str:
    """Return what a form carries to prove that it came from a page that was made for this cookie."""
    return hmac.new(cookie.encode(), b"customer-inventory console form", sha256).hexdigest()


def check_proof(cookie: str | None, form: dict[str, str]) -> None:
    """Return if the form came from a page made for the cookie. Raises ForeignForm."""
    given = form.get(FORM_FIELD, "").encode("utf-8", "surrogatepass")
    if cookie is None or not hmac.compare_digest(proof(cookie).encode(), given):
        raise ForeignForm


def local_path(wanted: str | None) -> str:
    """Return the path to go to after signing in, the search page unless it is a plain path of this console.

    Without its query: a search text is customer data and does not travel in a redirect.
    """
    path = (wanted or "/").partition("?")[0].partition("#")[0]
    plain = path.startswith("/") and path.isascii() and path.isprintable() and len(path) <= 200
    own = not path.startswith(("//", "/sign-")) and not set(path) & set("\\:@ %")
    return path if plain and own else "/"
