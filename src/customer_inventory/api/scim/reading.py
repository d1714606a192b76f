"""What a directory sends of a user, read strictly: whole users, and operations that change one (RFC 7644, 3.5.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from customer_inventory.access.provisioning import Stated
from customer_inventory.errors import Failure, InventoryError

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_MOST_OPERATIONS = 50
_TRUTHS = {"true": True, "false": False}
_FILTER = re.compile(r'\s*userName\s+eq\s+("(?:[^"\\]|\\.){0,400}")\s*', re.IGNORECASE)


class ScimRefused(InventoryError):
    """What a directory sent of a user cannot be taken as it is.

    The answer's `scimType` and `detail` say which part of it (RFC 7644 section 3.12).
    """

    code = "scim-refused"
    failure = Failure.INVALID

    def __init__(self, scim_type: str, message: str) -> None:
        super().__init__(message)
        self.scim_type = scim_type


def stated_user(body: Mapping[str, Any]) -> Stated:
    """Return what a whole user states; what it leaves out of name and role is asked for. Raises ScimRefused."""
    if USER not in _schemas(body):
        raise ScimRefused("invalidSyntax", f"schemas must name {USER}.")
    stated = _stated(body)
    if stated.login is None or stated.role is None:
        raise ScimRefused("invalidValue", "A user needs userName and roles with one role.")
    return replace(stated, active=True if stated.active is None else stated.active)


def stated_changes(body: Mapping[str, Any]) -> Stated:
    """Return what the operations of a patch state together, the last of each counting. Raises ScimRefused."""
    if PATCH not in _schemas(body):
        raise ScimRefused("invalidSyntax", f"schemas must name {PATCH}.")
    operations = _member(body, "operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= _MOST_OPERATIONS:
        raise ScimRefused("invalidSyntax", f"Operations must be 1 to {_MOST_OPERATIONS} operations.")
    values: dict[str, Any] = {}
    for operation in operations:
        values |= _values(operation)
    return _stated(values)


def filtered_login(text: str | None) -> str | None:
    """Return the userName that a filter asks for, or None without a filter. Raises ScimRefused for any other filter."""
    if text is None:
        return None
    found = _FILTER.fullmatch(text)
    if found is None:
        raise ScimRefused("invalidFilter", 'The only filter is userName eq "…".')
    try:
        return str(msgspec.json.decode(found[1], type=str))
    except msgspec.DecodeError as error:
        raise ScimRefused("invalidFilter", "The value of the filter is no JSON string.") from error


def _values(operation: Any) -> dict[str, Any]:
    if not isinstance(operation, dict):
        raise ScimRefused("invalidSyntax", "An operation is an object.")
    verb, path, value = (_member(operation, name) for name in ("op", "path", "value"))
    if not isinstance(verb, str) or verb.lower() not in {"add", "replace"}:
        raise ScimRefused("mutability", "A user is changed by the operations add and replace.")
    if path is None:
        if not isinstance(value, dict):
            raise ScimRefused("noTarget", "An operation without a path needs an object as its value.")
        return {str(name).lower(): each for name, each in value.items()}
    if not isinstance(path, str) or path.lower().removeprefix(f"{USER.lower()}:") not in _NAMES:
        raise ScimRefused("invalidPath", f"The paths that can be changed are {', '.join(_NAMES.values())}.")
    return {path.lower().removeprefix(f"{USER.lower()}:"): value}


_NAMES = {
    "username": "userName",
    "displayname": "displayName",
    "roles": "roles",
    "active": "active",
    "password": "password",
}
"""The attributes that are kept; names of attributes know no case (RFC 7643 section 2.1)."""


def _stated(values: Mapping[str, Any]) -> Stated:
    return Stated(
        login=_text(values, "username"),
        display_name=_text(values, "displayname"),
        role=_role(_member(values, "roles")),
        active=_truth(_member(values, "active")),
        password=_text(values, "password"),
    )


def _member(values: Mapping[str, Any], name: str) -> Any:
    return next((each for known, each in values.items() if str(known).lower() == name), None)


def _schemas(body: Mapping[str, Any]) -> list[Any]:
    found = _member(body, "schemas")
    return found if isinstance(found, list) else []


def _text(values: Mapping[str, Any], name: str) -> str | None:
    found = _member(values, name)
    if found is None or isinstance(found, str):
        return found
    raise ScimRefused("invalidValue", f"{_NAMES[name]} is a text.")


def _truth(value: Any) -> bool | None:
    # Some directories write the truth as a text.
    truth = _TRUTHS.get(value.lower()) if isinstance(value, str) else value
    if (truth is None and value is not None) or not isinstance(truth, bool | None):
        raise ScimRefused("invalidValue", "active is true or false.")
    return truth


def _role(value: Any) -> str | None:
    if value is None:
        return None
    entries = value if isinstance(value, list) else [value]
    names = [each.get("value") if isinstance(each, dict) else each for each in entries]
    if len(names) != 1 or not isinstance(names[0], str):
        raise ScimRefused("invalidValue", "A person has one role: roles is a list of one, with the role as its value.")
    return names[0]
