"""Errors: the one base every room's errors derive from, and the kinds of failure the doors know.

An error is defined beside what raises it, as a subclass of `InventoryError`. Its class docstring is the message shown
when none is given, so documentation and error text cannot drift. It carries a *code* (stable, for programs) and a
*failure* (which kind of thing went wrong); a door translates the failure once, into an HTTP status or an exit code.
"""

from __future__ import annotations

from enum import Enum
from inspect import cleandoc


class Failure(Enum):
    """The kinds of failure a door can tell apart: (HTTP status, exit code of the command line)."""

    INVALID = (400, 3)
    USAGE = (400, 2)
    UNAUTHENTICATED = (401, 3)
    DENIED = (403, 3)
    NOT_FOUND = (404, 4)
    METHOD_NOT_ALLOWED = (405, 2)
    NOT_ACCEPTABLE = (406, 2)
    TOO_SLOW = (408, 1)
    CONFLICT = (409, 3)
    PRECONDITION = (412, 3)
    TOO_LARGE = (413, 3)
    UNSUPPORTED_MEDIA = (415, 2)
    RANGE = (416, 3)
    UNPROCESSABLE = (422, 3)
    TOO_MANY = (429, 1)
    INTERNAL = (500, 1)
    NOT_IMPLEMENTED = (501, 2)
    UNAVAILABLE = (503, 5)

    @property
    def status(self) -> int:
        """The HTTP status of this failure (RFC 9110 section 15; TMF630 part 1, status codes)."""
        return self.value[0]

    @property
    def exit_code(self) -> int:
        """The exit code of this failure (DESIGN 9: 1 failed, 2 usage, 3 refused, 4 not found, 5 unreachable)."""
        return self.value[1]


class InventoryError(Exception):
    """Something went wrong in the customer inventory."""

    code = "internal"
    failure = Failure.INTERNAL

    def __init__(self, message: str | None = None) -> None:
        self.message = message or cleandoc(type(self).__doc__ or "").partition("\n\n")[0]
        super().__init__(self.message)

    @property
    def reason(self) -> str:
        """The kind of problem in words: the first sentence of the class docstring, never a value."""
        return cleandoc(type(self).__doc__ or self.code).partition("\n")[0]
