"""What can be wrong with a JSONPath: it is not well-formed, or has what is not supported here."""

from __future__ import annotations

from customer_inventory.errors import Failure, InventoryError


class InvalidJsonPath(InventoryError):
    """The JSONPath is not well-formed.

    Compare it with `attachment[?(@.name=='x')]`; percent-encode it as a whole.
    """

    code = "invalid-json-path"
    failure = Failure.INVALID


class JsonPathNotSupported(InventoryError):
    """The JSONPath uses an element that is not supported here."""

    code = "json-path-not-supported"
    failure = Failure.NOT_IMPLEMENTED
