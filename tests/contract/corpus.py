"""Customers made of awkward values, and the plain reading that says which of them a query asks for."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from customer_inventory.model import RESOURCES
from customer_inventory.model.filtering import Condition
from customer_inventory.repository import Repository
from customer_inventory.repository.query import Query

Document = dict[str, Any]
SIZE = 240
KIND = "customer"
RESOURCE = RESOURCES[KIND]
TEXTS = [
    "a", "A", "b", "ä", "é", "z", "Z", "zz", "ß", "日本", "😀", "a b", "a,b", "a=b", "%", "_", "\\", "'", '"', "{}",
    "x" * 199, "x" * 200, "x" * 201, "x" * 202, "0", "1", "10", "9", "true", "null", "$", "a\u0301", "á", " a", "\t",
]  # fmt: skip
INSTANTS = [
    "2024-02-29T12:00:00Z", "2024-02-29T13:00:00+01:00", "2024-02-29T00:00:00-12:00", "2024-02-29T12:00:00.000Z",
    "2024-02-29T12:00:00.000001Z", "2024-02-29T12:00:00.1Z", "2024-02-29T12:00:00.10Z", "2024-03-01T00:00:00Z",
    "2024-02-29T23:59:59.999999Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2024-02-29T11:59:59.999999Z", "2024-03-01T08:00:00+20:00", "2024-02-28T12:29:00-23:31",
    "1900-01-01T00:00:00+0530", "2024-02-29t12:00:00z",
]  # fmt: skip
WHOLE = [0, 1, -1, 9, 10, 11, 99, 100, -10, 2**31 - 1, -(2**31)]
STATUSES = ["active", "approved", "closed", "Closed"]
PATHS = {
    "name": TEXTS,
    "status": STATUSES,
    "description": TEXTS,
    "engagedParty.name": TEXTS,
    "validFor.startDateTime": INSTANTS,
    "contactMedium.emailAddress": TEXTS,
    "contactMedium.city": TEXTS,
    "contactMedium.preferred": ["true", "false"],
    "contactMedium.validFor.endDateTime": INSTANTS,
    "creditProfile.creditScore": [str(number) for number in WHOLE],
    "creditProfile.creditProfileDate": INSTANTS,
    "characteristic.name": TEXTS,
    "characteristic.value": [*TEXTS, "1.5", "-0.5"],
}
UNORDERED = {"characteristic.value", "contactMedium.preferred"}
SORTABLE = ["name", "status", "description", "engagedParty.name", "validFor.startDateTime"]


def some(chance: random.Random, pool: list[Any]) -> Any:
    return chance.choice(pool)


def said(chance: random.Random, pool: list[str]) -> str:
    """A value of a mandatory attribute, which is not blank."""
    return some(chance, [text for text in pool if text.strip()])


def medium(chance: random.Random) -> Document:
    match chance.randrange(4):
        case 0:
            content: Document = {"@type": "EmailContactMedium", "emailAddress": some(chance, TEXTS)}
        case 1:
            content = {"@type": "GeographicAddressContactMedium", "city": some(chance, TEXTS)}
        case 2:
            content = {"@type": "ContactMedium"}
        case _:
            # A class of the client's own may use a word of ours for something else.
            content = {"@type": "CarrierPigeon", "emailAddress": some(chance, [5, None, ["a"], {"a": "b"}, True])}
    if chance.random() < 0.5:
        content["preferred"] = chance.random() < 0.5
    if chance.random() < 0.5:
        content["validFor"] = {"endDateTime": some(chance, INSTANTS)}
    return content


def characteristic(chance: random.Random) -> Document:
    kind, value = some(
        chance,
        [
            ("String", some(chance, TEXTS)),
            ("Integer", some(chance, WHOLE)),
            ("Number", some(chance, [1.0, 1.5, -0.5, 10, 1e3])),
            ("Boolean", chance.random() < 0.5),
            ("StringArray", [some(chance, TEXTS) for _ in range(chance.randrange(3))]),
            ("Object", {"a": {"b": "c"}}),
        ],
    )
    return {"@type": f"{kind}Characteristic", "name": some(chance, TEXTS), "value": value}


def generated(chance: random.Random) -> Document:
    """A customer with each attribute there or not, and values from the pools."""
    party = {"@type": "PartyRef", "id": "elsewhere", "name": some(chance, TEXTS), "@referredType": "Individual"}
    content: Document = {"@type": "Customer", "name": said(chance, TEXTS), "engagedParty": party}
    optional: Document = {
        "status": some(chance, STATUSES),
        "description": some(chance, TEXTS),
        "validFor": {"startDateTime": some(chance, INSTANTS)} if chance.random() < 0.7 else {},
        "contactMedium": [medium(chance) for _ in range(chance.randrange(4))],
        "characteristic": [characteristic(chance) for _ in range(chance.randrange(3))],
        "creditProfile": [
            {
                "@type": "CreditProfile",
                "creditScore": some(chance, WHOLE),
                "creditProfileDate": some(chance, INSTANTS),
                "validFor": {},
            }
            for _ in range(chance.randrange(3))
        ],
    }
    content.update({name: value for name, value in optional.items() if chance.random() < 0.7})
    if chance.random() < 0.2:
        other = {"@type": "Weird", "birthDate": "never", "deathDate": 7}
        content["relatedParty"] = [{"@type": "RelatedPartyOrPartyRole", "role": "friend", "partyOrPartyRole": other}]
    return content


@dataclass(frozen=True, repr=False)
class Corpus:
    """Records that are held, by id, and their store."""

    repository: Repository
    documents: dict[str, Document]
    conninfo: str

    async def find(self, query: Query) -> list[str]:
        """The ids of one page."""
        return [record.id for record in (await self.repository.lists.page(KIND, query)).records]


# ---------------------------------------------------------------- the plain reading


def leaves(value: Any, path: str) -> Iterator[Any]:
    """Every value at a path; arrays on the way and at the end are descended."""
    if isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    elif not path:
        if isinstance(value, str | int | float):
            yield value
    elif isinstance(value, dict):
        first, _, rest = path.partition(".")
        if first in value:
            yield from leaves(value[first], rest)


def instant(text: str) -> datetime | date:
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def canonical(path: str, value: Any) -> Any:
    """What two values share when they are equal: None when the value is not of the attribute's type."""
    kind = RESOURCE.attributes[path].type
    if kind == "date-time":
        return instant(value) if isinstance(value, str) else None
    if kind in {"integer", "number"}:
        return Decimal(str(value))
    if kind == "boolean" or isinstance(value, bool):
        return {True: "true", False: "false"}.get(value, value) if kind != "string" else None
    if kind == "string":
        return value if isinstance(value, str) else None
    return format(Decimal(str(value)).normalize(), "f") if isinstance(value, int | float) else value


def holds(content: Document, condition: Condition) -> bool:
    """Whether any value of the attribute and any value of the condition fulfil it."""
    compare = {
        "eq": lambda held, asked: held == asked,
        "gt": lambda held, asked: held > asked,
        "gte": lambda held, asked: held >= asked,
        "lt": lambda held, asked: held < asked,
        "lte": lambda held, asked: held <= asked,
    }[condition.operator]
    held = [
        found for value in leaves(content, condition.path) if (found := canonical(condition.path, value)) is not None
    ]
    return any(compare(value, canonical(condition.path, asked)) for value in held for asked in condition.values)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    path = draw(st.sampled_from(sorted(PATHS)))
    operators = ["eq"] if path in UNORDERED else ["eq", "eq", "gt", "gte", "lt", "lte"]
    values = draw(st.lists(st.sampled_from(PATHS[path]), min_size=1, max_size=3))
    return Condition(path, draw(st.sampled_from(operators)), tuple(values))


queries = st.lists(conditions(), min_size=1, max_size=3)
often = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
