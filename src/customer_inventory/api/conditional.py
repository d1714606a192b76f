"""Conditional requests (RFC 9110 section 13): the version of a record as its entity tag."""

from __future__ import annotations

import re

from customer_inventory.errors import Failure, InventoryError

_LONGEST = 1000
_TAG = re.compile(r'(W/)?"([^"]*)"')
_LIST = re.compile(rf"{_TAG.pattern}(?:[ \t]*,[ \t]*{_TAG.pattern})*")


class InvalidCondition(InventoryError):
    """If-Match or If-None-Match is not a list of entity tags.

    Send an ETag as it came, quotation marks included, or an asterisk.
    """

    code = "invalid-condition"
    failure = Failure.INVALID


def etag(version: int) -> bytes:
    """Return the entity tag of a version."""
    return b'"%d"' % version


def expected_versions(if_match: str | None) -> frozenset[int] | None:
    """Return the versions that If-Match allows, or None when any will do. Raises InvalidCondition.

    The comparison is strong: a weak tag, or one that is none of ours, allows nothing.
    """
    if if_match is None or if_match == "*":
        return None
    tags = [tag for weak, tag in _tags(if_match) if not weak]
    return frozenset(int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 19)


def check_condition(header: str | None) -> None:
    """Return if a header is absent, an asterisk or a list of entity tags. Raises InvalidCondition.

    For a read, before anything is shown: afterwards the trail would tell of a record that nobody got.
    """
    if header is not None and header != "*":
        _tags(header)


def not_modified(if_none_match: str | None, version: int | str) -> bool:
    """Return whether the client has this version, or a file of this digest, already. Raises InvalidCondition."""
    if if_none_match is None:
        return False
    return if_none_match == "*" or any(tag == str(version) for _, tag in _tags(if_none_match))


def _tags(text: str) -> list[tuple[bool, str]]:
    if len(text) > _LONGEST or not _LIST.fullmatch(text):
        raise InvalidCondition
    return [(bool(weak), opaque) for weak, opaque in _TAG.findall(text)]
