"""Suggestions: what the headings of a file most likely mean, written down as a mapping that its owner can edit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from customer_inventory.capture import standardise
from customer_inventory.capture.mapping import InvalidMapping
from customer_inventory.capture.sources import BOOKKEEPING
from customer_inventory.requirements.headings import meaning_of
from customer_inventory.requirements.profiling.dates import FORMATS

_FEW = 20
"""Below so many rows, a column that is headed as an id is one, whatever stands in it."""

_NOT_IDS = ("phone", "house", "street", "tax", "vat")

_PERSON = ("title", "givenName", "middleName", "familyName", "preferredGivenName", "gender", "birthDate", "deathDate",
           "placeOfBirth", "nationality", "maritalStatus")  # fmt: skip
_PLACE = ("street1", "street2", "city", "postCode", "stateOrProvince", "country")
_MEDIA = (
    ("email", "EmailContactMedium", "emailAddress", ""),
    ("email2", "EmailContactMedium", "emailAddress", "other"),
    ("phone", "PhoneContactMedium", "phoneNumber", ""),
    ("mobile", "PhoneContactMedium", "phoneNumber", "mobile"),
    ("fax", "FaxContactMedium", "faxNumber", ""),
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggested mapping: its TOML, the columns that it leaves out, and what its owner ought to look at."""

    text: str
    unmapped: tuple[str, ...]
    doubts: tuple[str, ...]


def suggest(
    columns: Sequence[str],
    samples: Sequence[Sequence[str]],
    *,
    source: str,
    country: str | None = None,
    delimiter: str = "",
) -> Suggestion:
    """Return the mapping that the headings and some rows suggest; `country` is where numbers without a code are from.

    Raises InvalidMapping when the headings tell neither persons nor organisations, or no column holds an id.
    """
    found = _read(columns, samples)
    if "source_id" not in found:
        raise InvalidMapping(
            f"None of the columns {', '.join(columns)} looks like the source's own id of a row, without which an "
            "import could not be repeated. Write a mapping that names it; docs/how-to/import-customers.md shows how."
        )
    record = _record_of(found, columns)
    doubts: list[str] = []
    days = [meaning for meaning in ("birthDate", "deathDate") if meaning in found]
    formats: dict[str, tuple[str, ...]] = {
        meaning: _date_formats(found[meaning], columns, samples, doubts) for meaning in days
    }
    parts = [
        *_head(found, source, delimiter),
        *(_individual(found, formats) if record == "individual" else _organization(found)),
        *_media(found, record, country),
        *_customer(found),
    ]
    used = {found[meaning] for meaning in found if _is_used(meaning, record)}
    unmapped = tuple(name for name in columns if name not in used and name not in BOOKKEEPING)
    return Suggestion("\n".join([*parts, *_left_out(unmapped, record), ""]), unmapped, tuple(doubts))


def _read(columns: Sequence[str], samples: Sequence[Sequence[str]]) -> dict[str, str]:
    """Which column has which meaning: the first one that has it, and for the id one whose values tell rows apart."""
    found: dict[str, str] = {}
    for at, column in enumerate(columns):
        meaning = meaning_of(column)
        if meaning == "source_id" and not _tells_apart(at, samples, share=0.5):
            continue
        if meaning is not None:
            found.setdefault(meaning, column)
    if "source_id" not in found:
        candidates = [name for at, name in enumerate(columns) if _looks_like_id(name) and _tells_apart(at, samples)]
        found.update({"source_id": candidates[0]} if candidates else {})
    if "source_id" not in found and len(samples) < _FEW:
        # A few rows tell little of a column; that it is headed as an id tells more. Rows that repeat one are rejected.
        headed = next((column for column in columns if meaning_of(column) == "source_id"), None)
        found.update({"source_id": headed} if headed else {})
    return found


def _looks_like_id(column: str) -> bool:
    plain = column.lower()
    return bool(re.search(r"(^|[^a-z])(id|number|no|nr|key|code)$", plain)) and not any(
        word in plain for word in _NOT_IDS
    )


def _tells_apart(at: int, samples: Sequence[Sequence[str]], *, share: float = 1.0) -> bool:
    """Whether more than half of the samples (with a share of 1: all of them) have a value of their own in a column."""
    values = [row[at].strip() for row in samples if at < len(row)]
    different = len(set(filter(None, values)))
    return different == len(values) or different > share * len(values)


def _record_of(found: dict[str, str], columns: Sequence[str]) -> str:
    if "givenName" in found or "familyName" in found:
        return "individual"
    if "organizationName" in found or "fullName" in found:
        found.setdefault("organizationName", found.get("fullName", ""))
        return "organization"
    raise InvalidMapping(
        f"None of the columns {', '.join(columns)} looks like the name of a person or an organisation. "
        "Write a mapping; docs/how-to/import-customers.md shows how."
    )


def _date_formats(
    column: str, columns: Sequence[str], samples: Sequence[Sequence[str]], doubts: list[str]
) -> tuple[str, ...]:
    """The formats that read every sample of a column; several that do are a doubt that only its owner can settle."""
    at = list(columns).index(column)
    values = [row[at] for row in samples if at < len(row) and row[at].strip()]
    shares = {form: sum(_fits(standardise.day((form,)), value) for value in values) for form in FORMATS}
    best = max(shares.values(), default=0)
    fitting = [form for form, share in shares.items() if share == best and best > 0]
    if len(fitting) > 1:
        doubts.append(f"{column} may be written as {' or '.join(fitting)}; {fitting[0]} is taken: check it")
    return (fitting[0] if fitting else "iso",)


def _fits(standard: Callable[[str], object], value: str) -> bool:
    try:
        standard(value)
    except standardise.Unusable:
        return False
    return True


_HEAD = """\
# How the columns of {source} become customers. Suggested from the headings; edit it as you like: a mapping that is
# there is used as it is. Names on the left are attributes of the TM Forum resources, names in quotes on the right are
# columns. A value without `column` is a constant. Each column may say:
#   as = "text" | "email" | "phone" | "date" | "date-time" | "country" | "integer" | "number" | "boolean" | "lower"
#        | "upper"; without it as the requirement of the attribute says
#   formats = ["iso", "%d/%m/%Y"]   how dates are written, the first that fits (with as = "date" or "date-time")
#   country = "GB"                  where telephone numbers without a country code are from
#   otherwise = "..."               what to write where the column is empty; else nothing is written
#   unusable = "reject"             refuse a row whose value cannot be used; else the value is left out and counted,
#                                   an e-mail address or telephone number kept as it is and counted

# The column with the source's own id of a row: by it an import finds again what it brought before.
source_id = {source_id}

# Rows that lack a mandatory attribute (a person's given and family name, an organisation's name): "accept" takes them
# as they are and counts them, "reject" writes them beside with the reason.
incomplete = "accept"
"""


def _head(found: dict[str, str], source: str, delimiter: str) -> Iterator[str]:
    yield (
        _HEAD.rstrip().replace("{source}", " ".join(source.split())).replace("{source_id}", _quoted(found["source_id"]))
    )
    if delimiter not in {"", ","}:
        yield f"delimiter = {_quoted(delimiter)}"
    yield ""


def _individual(found: dict[str, str], formats: dict[str, tuple[str, ...]]) -> Iterator[str]:
    yield "[individual]"
    for mandatory in ("givenName", "familyName"):
        if mandatory not in found:
            yield f"# Every person must have a {mandatory}: name the column, or a constant."
            yield f'{mandatory} = ""'
    for meaning in _PERSON:
        if meaning in formats:
            said = ", ".join(_quoted(form) for form in formats[meaning])
            yield f'{meaning} = {{ column = {_quoted(found[meaning])}, as = "date", formats = [{said}] }}'
        elif meaning in found:
            yield f"{meaning} = {{ column = {_quoted(found[meaning])} }}"


def _organization(found: dict[str, str]) -> Iterator[str]:
    yield "[organization]"
    yield f"name = {{ column = {_quoted(found['organizationName'])} }}"
    for meaning in ("tradingName", "organizationType"):
        if meaning in found:
            yield f"{meaning} = {{ column = {_quoted(found[meaning])} }}"


def _media(found: dict[str, str], record: str, country: str | None) -> Iterator[str]:
    for meaning, class_name, attribute, used_for in _MEDIA:
        if meaning not in found:
            continue
        yield ""
        yield f"[[{record}.contactMedium]]"
        yield f'"@type" = "{class_name}"'
        if used_for:
            yield f'contactType = "{used_for}"'
        kind = "email" if attribute == "emailAddress" else "phone"
        plan = f', country = "{country}"' if country and kind == "phone" else ""
        yield f'{attribute} = {{ column = {_quoted(found[meaning])}, as = "{kind}"{plan} }}'
        if kind == "phone" and not country:
            yield '# Numbers without a country code are left out unless you add country = "GB" (say) to the line above.'
    if any(meaning in found for meaning in _PLACE):
        yield ""
        yield f"[[{record}.contactMedium]]"
        yield '"@type" = "GeographicAddressContactMedium"'
        for meaning in _PLACE:
            if meaning in found:
                kind = ', as = "country"' if meaning == "country" else ""
                yield f"{meaning} = {{ column = {_quoted(found[meaning])}{kind} }}"


def _customer(found: dict[str, str]) -> Iterator[str]:
    yield ""
    yield "# A customer for every row, played by the party above. Without this table only parties are made."
    yield "[customer]"
    yield "# name is the party's, unless you say otherwise."
    if "status" in found:
        yield f"status = {{ column = {_quoted(found['status'])} }}"


def _left_out(unmapped: Sequence[str], record: str) -> Iterator[str]:
    if not unmapped:
        return
    yield ""
    yield "# Columns that go nowhere. To keep one, take the marks away from such a table and repeat it:"
    for column in unmapped:
        yield f"# [[{record}.partyCharacteristic]]"
        yield '# "@type" = "StringCharacteristic"'
        yield f"# name = {_quoted(column)}"
        yield f"# value = {{ column = {_quoted(column)} }}"


def _is_used(meaning: str, record: str) -> bool:
    own = {"individual": set(_PERSON), "organization": {"organizationName", "tradingName", "organizationType"}}[record]
    return meaning in {"source_id", "status", *_PLACE, *(media[0] for media in _MEDIA)} | own


def _quoted(text: str) -> str:
    # A JSON text without solidus escapes is a TOML basic string.
    return msgspec.json.encode(text).decode()
