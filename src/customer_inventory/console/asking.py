"""What a search asks: the text in the box, what it is taken for, and how it may be spelled where it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urlencode
from uuid import UUID

import phonenumbers

from customer_inventory.console.kinds import KIND_NAMES
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id

FIELDS = ("name", "email", "city", "phone")
LONGEST_TEXT = 200
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_PHONE = re.compile(r"\+?[\d\s()./-]+")
_FEWEST_DIGITS = 5
_SMALL_WORDS = re.compile(
    r"(?<=[\s-])(Am|An|Auf|Bei|De|Del|Della|Der|Des|Di|Du|En|Im|In|La|Le|Les|Of|On|Sur|The|Und|Upon)(?=[\s-])"
)


class SearchTooLong(InventoryError):
    """The search text is longer than 200 characters.

    Search for fewer words.
    """

    code = "search-too-long"
    failure = Failure.INVALID


class UnknownChoice(InventoryError):
    """The address asks for a kind of record or a field that the search does not have.

    Go back to the search page and choose there.
    """

    code = "unknown-choice"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked: a text, in which field ("" = as its shape says), of one kind ("" = all), and which page of it."""

    text: str = ""
    field: str = ""
    kind: str = ""
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, parameters: dict[str, str]) -> Search:
        """Read a search from the page's address. Raises SearchTooLong or UnknownChoice."""
        asked = cls(
            text=" ".join(parameters.get("q", "").split()),
            field=parameters.get("in", ""),
            kind=parameters.get("kind", ""),
            after=parameters.get("after", ""),
            before=parameters.get("before", ""),
        )
        if len(asked.text) > LONGEST_TEXT:
            raise SearchTooLong
        if asked.field not in {"", *FIELDS} or asked.kind not in {"", *KIND_NAMES} or (asked.after and asked.before):
            raise UnknownChoice
        if (asked.after or asked.before) and not asked.kind:
            raise UnknownChoice
        return asked

    @property
    def turned(self) -> bool:
        """Whether a further page of the same search is asked for."""
        return bool(self.after or self.before)

    @property
    def too_short(self) -> bool:
        """Whether the text is too short to search by: one Latin letter is in nearly every name."""
        return len(self.text) == 1 and self.text.isascii()

    def address(self, **changed: str) -> str:
        """Return the address of the same search with other choices; the page starts over unless it is given."""
        wanted = replace(self, **{"after": "", "before": "", **changed})
        named = {
            "q": wanted.text,
            "in": wanted.field,
            "kind": wanted.kind,
            "after": wanted.after,
            "before": wanted.before,
        }
        given = {name: value for name, value in named.items() if value}
        return "/?" + urlencode(given) if given else "/"


def id_in(text: str) -> UUID | None:
    """Return the id that the text is or, as an address of a record, holds last; or None."""
    found = _ID.findall(text.lower()) if " " not in text else []
    return parse_id(found[-1]) if found else None


def field_of(text: str) -> str:
    """Return the field that the shape of a text speaks for."""
    return plausible_fields(text)[0]


def plausible_fields(text: str) -> tuple[str, ...]:
    """Return the fields that a text may stand in, the likeliest first."""
    if "@" in text:
        return "email", "name"
    if _PHONE.fullmatch(text) and sum(letter.isdigit() for letter in text) >= _FEWEST_DIGITS:
        return "phone", "name"
    return "name", "city"


def spellings(text: str, field: str) -> tuple[str, ...]:
    """Return the spellings under which a value may be kept: equality is exact, people are not."""
    match field:
        case "email":
            ways = [text, text.lower()]
        case "city":
            titled = text.title()
            ways = [text, titled, _SMALL_WORDS.sub(lambda word: word[0].lower(), titled), text.upper()]
        case _:
            ways = [text, text.replace(" ", ""), *_international(text)]
    return tuple(dict.fromkeys(ways))


@cache
def _regions() -> tuple[str, ...]:
    # One region for each calling code: a number is written alike in all that share it.
    return tuple(regions[0] for regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.values() if regions[0] != "001")


def _international(text: str) -> list[str]:
    """The E.164 forms of a number, as an import keeps them; of one that lacks its country, those of every country.

    Valid numbers only: a number that merely could be has a hundred forms, which the planner takes for so many hits that
    it reads the whole table.
    """
    if text.startswith("00"):
        text = "+" + text[2:]
    found = []
    for region in ("ZZ",) if text.startswith("+") else _regions():
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            found.append(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return found
