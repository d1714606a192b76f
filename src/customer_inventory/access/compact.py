"""The compact form of what is signed (RFC 7515 section 7.1): three parts of base64url, which is written in one way."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec

_HEAD, _PAYLOAD, _PARTS = 0, 1, 3


def head_of(text: str) -> Any:
    """Return the head of a signed text as its JSON says, true or not. Raises ValueError for what is none."""
    try:
        return msgspec.json.decode(_part(text, _HEAD))
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error


def payload_of(text: str) -> bytes:
    """Return what a signed text says, true or not. Raises ValueError for what is none."""
    return _part(text, _PAYLOAD)


def is_canonical(text: str) -> bool:
    """Whether no other text stands for the same: no padding, and no bits that mean nothing (RFC 4648 section 3.5)."""
    try:
        for part in text.split("."):
            _bytes_of(part)
    except ValueError:
        return False
    return True


def _part(text: str, number: int) -> bytes:
    parts = text.split(".")
    if len(parts) != _PARTS:
        raise ValueError("not three parts")
    return _bytes_of(parts[number])


def _bytes_of(part: str) -> bytes:
    found = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if urlsafe_b64encode(found).rstrip(b"=") != part.encode("ascii"):
        raise ValueError("not base64url as it is written")
    return found
