"""Values in forms: what is recorded as it stands in a field, and what is typed as it is recorded."""

from __future__ import annotations

from typing import Any

from customer_inventory.errors import Failure, InventoryError

YES, NO = "yes", "no"


class Unreadable(InventoryError):
    """What was typed is not of the type of the attribute."""

    code = "unreadable-value"
    failure = Failure.INVALID


def shown_text(value: Any) -> str:
    """Return a single value of a document as a field shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    return str(value)


def recorded(text: str, kind: str) -> Any:
    """Return what is typed as a value of a type of the model. Raises Unreadable."""
    match kind:
        case "boolean":
            if text not in (YES, NO):
                raise Unreadable("is yes or no")
            return text == YES
        case "integer" | "number":
            return _number(text, whole=kind == "integer")
        case _:
            return text


def _number(text: str, *, whole: bool) -> int | float:
    plain = text.replace(" ", "")
    try:
        if len(plain) > 40:
            raise Unreadable("has too many digits")
        return int(plain) if whole or plain.lstrip("+-").isdigit() else float(plain)
    except ValueError as error:
        raise Unreadable("is no whole number" if whole else "is no number") from error
