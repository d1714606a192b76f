"""Pages: templates compiled once, the few static files under names that carry their content, and the headers of safety.

Templates escape everything and fail on an unknown name, so a page shows what it was given or a test fails.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from customer_inventory.access.grants import allows
from customer_inventory.access.roles import ROLE_GRANTS
from customer_inventory.console.kinds import KIND_NAMES, KINDS_NAMES, OTHERS, SEARCHED
from customer_inventory.console.words import Shown
from customer_inventory.errors import InventoryError
from customer_inventory.repository.people import Person

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_YEAR = "public, max-age=31536000, immutable"
FIELD_NAMES = {"name": "Name", "email": "E-mail address", "city": "City", "phone": "Phone number"}
_PROBLEMS = {
    400: ("That could not be understood", "Go back, or start from the search page."),
    403: ("You may not see this", "What your role grants does not cover it. Ask the owner of the inventory."),
    404: ("Not found", "The address may be mistyped, or belong to another inventory."),
    405: ("That is not possible here", ""),
    408: ("That took too long to arrive", "Try again."),
    409: ("That is not possible now", "Go back to its page: it says where it stands."),
    413: ("That is too long", "Search for fewer words."),
    422: ("The repository could not answer that", "Search for something narrower."),
    503: (
        "The repository cannot be reached",
        "Nothing is lost. It usually comes back by itself within seconds: reload.",
    ),
}
_OTHER_PROBLEM = (
    "Something went wrong",
    "Try again. If it happens again, tell whoever runs the inventory this request:",
)


class StaticFiles:
    """The console's static files, read once; their names carry a hash of their content, so browsers keep them."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[bytes, str]] = {}
        self._hashed: dict[str, str] = {}
        for entry in files(__package__).joinpath("static").iterdir():
            stem, _, ending = entry.name.rpartition(".")
            content = entry.read_bytes()
            hashed = f"{stem}.{sha256(content).hexdigest()[:12]}.{ending}"
            self._by_name[hashed] = (content, _MEDIA_TYPES[ending])
            self._hashed[entry.name] = f"/static/{hashed}"

    def path(self, name: str) -> str:
        """Return the path under which a file is served. Raises KeyError when there is none."""
        return self._hashed[name]

    def answer(self, hashed: str) -> Response | None:
        """Return the answer to a request for a file, or None when there is none of this name and content."""
        found = self._by_name.get(hashed)
        if found is None:
            return None
        content, media_type = found
        return Response(content, media_type=media_type, headers={"cache-control": _YEAR})


class Pages:
    """Renders pages."""

    def __init__(self, static: StaticFiles) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(str(files(__package__).joinpath("templates"))),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(
            static=static.path,
            kind_name=KIND_NAMES,
            kinds_name=KINDS_NAMES,
            searched=SEARCHED,
            others=OTHERS,
            field_name=FIELD_NAMES,
            number=lambda value: f"{value:,}",
            granted=_granted,
        )
        self._environment.filters["shown"] = _markup
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def page(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page, never kept by browser or proxy."""
        text = self._environment.get_template(template).render(**values)
        return HTMLResponse(text, status_code=status, headers={"cache-control": "no-store"})

    def problem(self, error: InventoryError, **values: Any) -> HTMLResponse:
        """Return the page that says what went wrong and what to do."""
        heading, advice = _PROBLEMS.get(error.failure.status, _OTHER_PROBLEM)
        status = error.failure.status
        return self.page("problem.html", status=status, error=error, heading=heading, advice=advice, **values)


def _granted(person: Person, verb: str, kind: str) -> bool:
    """Whether the role of a person grants a verb on a kind of record, so that a page offers it."""
    return allows(ROLE_GRANTS[person.role], verb, kind)


def _markup(value: Shown) -> Markup:
    """A value as HTML. Isolated in its direction, so that a name cannot turn the text around it."""
    if value.instant is not None:
        return Markup('<time datetime="{}">{}</time>').format(value.instant, value.text)
    if value.link is not None:
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(value.link, value.text)
    return Markup("<bdi>{}</bdi>").format(value.text)
