"""Formats: the named forms of values that requirements ask for, each a pattern in the portable dialect.

They tell what is well-formed, not what exists: `capture/standardise.py` brings values to these forms.
"""

from __future__ import annotations

from customer_inventory.model.patterns import Pattern, pattern
from customer_inventory.model.value_tests import Checked, Fits, ValueTest

_ATOM = r"[^@\s\x01-\x1f\x22(),:;<>\[\]\\.]+"
_SOURCES: dict[str, tuple[str, str]] = {
    # RFC 5321 4.1.2 without quoted local parts, and a domain of at least two labels (RFC 1035 2.3.1), IDNs included.
    "email": (
        rf"{_ATOM}(\.{_ATOM})*@([^@\s._-]([^@\s._]{{0,61}}[^@\s._-])?\.)+[^@\s._0-9-]([^@\s._]{{0,61}}[^@\s._-])?",
        "is no e-mail address",
    ),
    "phone": (r"\+[1-9][0-9]{3,14}", "is no telephone number in international form (E.164)"),
    "uri": (r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\x22{}|\\^`]+", "is no address (RFC 3986)"),
    "country": (r"[A-Z]{2}", "is no country code of two letters (ISO 3166-1)"),
    "currency": (r"[A-Z]{3}", "is no currency code of three letters (ISO 4217)"),
    "language": (
        r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*",
        "is no language tag (RFC 5646)",
    ),
    "postcode": (r"[A-Z0-9]([A-Z0-9 -]{1,10}[A-Z0-9])", "is no postal code"),
    "iban": (r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", "is no IBAN (ISO 13616)"),
    "uuid": (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "is no UUID (RFC 9562)"),
    "mime": (r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}", "is no media type"),
}


def whole(text: str) -> Pattern:
    """Return the pattern that a whole text must follow. Raises InvalidPattern."""
    return pattern(f"^(?:{text})$")


def format_tests(name: str) -> tuple[ValueTest, ...]:
    """Return what is asked of a value in the format of this name, one of `FORMATS`."""
    source, words = _SOURCES[name]
    fits = Fits(whole(source), words)
    return (fits, Checked("mod97")) if name == "iban" else (fits,)


def format_reason(name: str) -> str:
    """Return what is told of a value that does not have the format."""
    return _SOURCES[name][1]
