"""Columns: what the values of one column are, apart from those that are suspected to be wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from customer_inventory.model.comparing import number_of
from customer_inventory.model.spelling import instant_key
from customer_inventory.requirements.headings import meaning_of
from customer_inventory.requirements.profiling.bounds import Bounds, of_days, of_numbers
from customer_inventory.requirements.profiling.forms import Form, form_of, standardised
from customer_inventory.requirements.profiling.personal import Personal, personal
from customer_inventory.requirements.profiling.sample import ABSENT, Values
from customer_inventory.requirements.profiling.shapes import pattern_of, shapes
from customer_inventory.requirements.profiling.types import Typed, kept, type_of

MOST_CODES = 30
"""How many codes a code list has at most that is found in a sample."""
_MOST_NUMBERS = 12
_LONGEST_CODE = 100
_LOOKED_AT = 5_000
"""At how many different values is looked for shapes; a pattern is asked of all of them afterwards."""
_ROWS_PER_CODE = 20
_CODED = 0.98
_FEWEST = 20
_UNIQUE = 0.98
_OPEN = frozenset(
    (
        "source_id", "givenName", "middleName", "familyName", "preferredGivenName", "fullName", "organizationName",
        "tradingName", "email", "email2", "phone", "mobile", "fax", "street1", "street2", "city", "postCode",
        "placeOfBirth", "birthDate", "deathDate",
    )
)  # fmt: skip
"""Meanings whose values are never all known, whatever a sample says."""
_WORDED = frozenset(("name", "address", "form of address", "place of birth"))
"""Personal data that follows no pattern: one would only repeat what people are called."""
_NUMBERED = frozenset(("source_id", "phone", "mobile", "fax", "postCode"))


@dataclass(frozen=True)
class Column:
    """What was found of one column. Counts are of the rows of the sample; `values` holds what stands in them."""

    name: str
    rows: int
    missing: int
    missing_words: tuple[tuple[str, int], ...]
    distinct: int
    typed: Typed
    is_code: bool
    """Whether its digits are a code and count nothing, such as postal codes."""
    form: Form | None
    shortest: int
    longest: int
    codes: tuple[tuple[str, int], ...] = field(repr=False)
    """The values of a code list with the number of their rows, the most frequent first; empty when it is none."""
    shapes: tuple[tuple[str, int], ...] = field(repr=False)
    pattern: str | None
    repeated: int
    """Rows whose value another row has too: none for a key."""
    is_key: bool
    """Whether hardly any value comes twice."""
    bounds: Bounds
    """Between which numbers or days the values lie."""
    personal: Personal | None
    meaning: str | None
    suspected: int
    """Rows whose value is suspected to be wrong because of other columns; the other figures leave them out."""
    values: Values = field(repr=False)
    converts: bool

    @property
    def missing_share(self) -> float:
        """The share of rows without a value."""
        return self.missing / self.rows if self.rows else 0.0

    def kept(self, value: str | float) -> str | float:
        """Return a value as the inventory keeps it once capture has brought it to the type and format."""
        read = kept(value, self.typed if not self.is_code else Typed(), converts=self.converts)
        if self.converts and self.form is not None and type(read) is str:
            return standardised(self.form.name, read)
        return read

    def as_text(self) -> Column:
        """Return the column as one of texts, for an attribute that keeps texts whatever they look like."""
        return replace(self, is_code=True)


def column(values: Values, *, suspected: Collection[int], converts: bool, today: date) -> Column:
    """Return what the values of a column are; `suspected` are the places of the rows to be left out."""
    counts = _without(values, suspected)
    meaning = meaning_of(values.name)
    typed = type_of(values, counts, converts=converts)
    of_texts = typed.type in {"string", "integer"}
    form = form_of(values, counts, meaning=meaning, converts=converts) if of_texts else None
    about = personal(values, counts, meaning=meaning, typed=typed, form=form, today=today)
    numbered = typed.type == "integer" and (form is not None or _is_code(values, counts, meaning, about))
    texts = [text for text, count in zip(values.texts, counts, strict=True) if count]
    often = [count for count in counts if count]
    worded = about is not None and about.kind in _WORDED and meaning != "postCode"
    plain = form is None and (typed.type == "string" or numbered) and not worded
    rows, present = len(values.codes), values.present
    nothing = {ABSENT, *(code for code, value in enumerate(values.values) if value == "")}
    repeated = sum(count for count in values.counts if count > 1)
    return Column(
        name=values.name,
        rows=rows,
        missing=sum(code in nothing for code in values.codes),
        missing_words=values.missing_words,
        distinct=len(texts),
        typed=typed,
        is_code=numbered,
        form=form,
        shortest=min(map(len, texts), default=0),
        longest=max(map(len, texts), default=0),
        codes=_codes(values, counts, meaning, typed, about),
        shapes=shapes(texts[:_LOOKED_AT], often[:_LOOKED_AT]),
        pattern=pattern_of(texts[:_LOOKED_AT], often[:_LOOKED_AT]) if plain and texts else None,
        repeated=repeated,
        is_key=of_texts and present >= _FEWEST and len(values.values) >= _UNIQUE * present,
        bounds=(None, None) if numbered else _bounds(values, counts, typed, about, converts=converts, today=today),
        personal=about,
        meaning=meaning,
        suspected=len(suspected),
        values=values,
        converts=converts,
    )


def _without(values: Values, suspected: Collection[int]) -> Sequence[int]:
    counts = list(values.counts)
    for row in suspected:
        if values.codes[row] != ABSENT:
            counts[values.codes[row]] -= 1
    return counts


def _is_code(values: Values, counts: Sequence[int], meaning: str | None, about: Personal | None) -> bool:
    """Return whether whole numbers count nothing: they are headed so, prove themselves, or are all of one length."""
    if meaning in _NUMBERED or (about is not None and about.kind in {"identification number", "bank account"}):
        return True
    lengths: dict[int, int] = {}
    for text, count in zip(values.texts, counts, strict=True):
        lengths[len(text)] = lengths.get(len(text), 0) + count
    usual = max(lengths, key=lambda each: lengths[each])
    return usual >= 5 and lengths[usual] >= 0.95 * sum(counts)


def _bounds(
    values: Values, counts: Sequence[int], typed: Typed, about: Personal | None, *, converts: bool, today: date
) -> Bounds:
    read = [(kept(value, typed, converts=converts), n) for value, n in zip(values.values, counts, strict=True) if n]
    if typed.type in {"integer", "number"}:
        found = ((number_of(value), n) for value, n in read)
        return of_numbers(sorted((number, n) for number, n in found if number is not None))
    if typed.type in {"date", "date-time"}:
        days = [(value, n) for value, n in read if type(value) is str and instant_key(value) is not None]
        births = about is not None and about.kind == "birth date"
        return of_days(days, births=births, moments=typed.type == "date-time", today=today)
    return None, None


def _codes(
    values: Values, counts: Sequence[int], meaning: str | None, typed: Typed, about: Personal | None
) -> tuple[tuple[str, int], ...]:
    """Return the code list of a column: few values, each often, and hardly any others."""
    total = sum(counts)
    is_open = meaning in _OPEN or typed.type in {"date", "date-time", "number", "boolean"}
    if total < _FEWEST or is_open or (about is not None and about.identifying):
        return ()
    often = max(2, total // 1000)
    found = [(values.texts[at], counts[at]) for at in sorted(range(len(counts)), key=lambda at: -counts[at])]
    codes = [(text, count) for text, count in found if count >= often]
    most = min(MOST_CODES if typed.type == "string" else _MOST_NUMBERS, total // _ROWS_PER_CODE)
    if not 1 < len(codes) <= most or max(len(text) for text, _ in codes) > _LONGEST_CODE:
        return ()
    return tuple(codes) if sum(count for _, count in codes) >= _CODED * total else ()
