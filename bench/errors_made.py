"""Tables with errors of our own making: who made them knows which cells are wrong."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from datetime import date

SEED = 1316
WRONG = 0.01
"""The share of cells of the customers' table that hold the value of another row."""

Maker = Callable[[random.Random, str, Sequence[Sequence[str]], int], str]
"""Makes a cell wrong: the randomness, what is right, the table, and the column."""

_LETTERS = string.ascii_lowercase + string.digits
_HEADINGS = (
    *("customer_id", "title", "first_name", "last_name", "birth_date", "email", "phone", "street", "postcode", "city"),
    *("county", "country", "currency", "plan_code", "plan_name", "plan_type", "plan_price", "status", "balance"),
    "created",
)


def misspelled(draw: random.Random, cell: str, _rows: Sequence[Sequence[str]], _at: int) -> str:
    """Return a text with a letter left out, put in, replaced, or swapped with the next."""
    at, letter = draw.randrange(len(cell) or 1), draw.choice(_LETTERS)
    left, here, right = cell[:at], cell[at : at + 1], cell[at + 1 :]
    return draw.choice(
        (left + right, left + letter + here + right, left + letter + right, left + right[:1] + here + right[1:])
    )


def misplaced(draw: random.Random, _cell: str, rows: Sequence[Sequence[str]], at: int) -> str:
    """Return what another row has in the column."""
    return draw.choice(rows)[at]


KINDS: dict[str, Maker] = {"letters": misspelled, "values": misplaced}


def customers(rows: int) -> tuple[list[str], list[list[str]]]:
    """Return a table of 20 columns such as a telecom exports, always the same, with some cells misplaced."""
    draw = random.Random(SEED)
    places = [_place(draw, at) for at in range(3000)]
    plans = [_plan(draw, at) for at in range(60)]
    table = [_customer(draw, number, draw.choice(places), draw.choice(plans)) for number in range(rows)]
    for row in table:
        for at, cell in enumerate(row):
            if draw.random() < WRONG:
                row[at] = misplaced(draw, cell, table, at)
    return list(_HEADINGS), table


def _place(draw: random.Random, at: int) -> tuple[str, ...]:
    return f"{at:05}", f"Town {draw.randrange(2500)}", f"County {at % 90}", draw.choice(("GB", "DE", "FR"))


def _plan(draw: random.Random, at: int) -> tuple[str, ...]:
    return f"PL-{at:03}", f"Plan {at}", draw.choice(("mobile", "fixed", "tv")), f"{draw.randrange(500, 9000) / 100}"


def _customer(draw: random.Random, number: int, place: Sequence[str], plan: Sequence[str]) -> list[str]:
    first, last = f"Given{draw.randrange(2000)}", f"Family{draw.randrange(5000)}"
    born = date.fromordinal(draw.randrange(704_000, 732_000)).isoformat()
    since = f"2015-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}T{draw.randrange(24):02}:00:00Z"
    return [
        *(str(100_000 + number), draw.choice(("Mr", "Ms", "Dr", "")), first, last, born),
        f"{first}.{last}{draw.randrange(999)}@example.com".lower(),
        f"+1202555{draw.randrange(10_000):04}",
        f"{draw.randrange(1, 200)} Street {draw.randrange(8000)}",
        *(*place, {"GB": "GBP"}.get(place[3], "EUR"), *plan),
        *(draw.choice(("active", "active", "active", "closed", "suspended")), f"{draw.randrange(5000) / 100}", since),
    ]
