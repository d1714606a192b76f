"""A small world for policies: records full of words that stand nowhere else, and policies as Cedar understands them.

Cedar is the oracle: it decides, for one record and one path of an attribute, whether a policy permits it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

import cedarpy
import msgspec

from customer_inventory.access.policy import Grant, parse_policy
from customer_inventory.model import RESOURCES

NOW = datetime.now(UTC)
PURPOSES = ("billing", "care")
STATUSES = {"individual": ("initialized", "validated", "deceased"), "customer": ("Approved", "Pending", "Closed")}
NATIONS = ("NL", "BE", "DE")
Document = dict[str, Any]

ATTRIBUTES = {
    "individual": (
        "givenName",
        "familyName",
        "gender",
        "nationality",
        "placeOfBirth",
        "status",
        "contactMedium",
        "contactMedium.emailAddress",
        "contactMedium.phoneNumber",
        "externalReference",
        "externalReference.externalIdentifierType",
        "partyCharacteristic.value",
        "languageAbility",
    ),
    "customer": (
        "name",
        "status",
        "statusReason",
        "engagedParty",
        "engagedParty.name",
        "contactMedium",
        "contactMedium.emailAddress",
        "characteristic",
        "characteristic.name",
        "creditProfile.creditScore",
    ),
}
ROWS = {
    "individual": {
        "status": STATUSES["individual"],
        "nationality": NATIONS,
        "gender": ("x", "y", "z"),
        "partyCharacteristic.name": ("tier", "region"),
        "partyCharacteristic.valueType": ("code", "text"),
    },
    "customer": {
        "status": STATUSES["customer"],
        "creditProfile.creditScore": ("1", "2", "3"),
        "creditProfile.creditRiskRating": ("4", "5"),
    },
}
PAIRS = {
    "individual": ["partyCharacteristic.name", "partyCharacteristic.valueType"],
    "customer": ["creditProfile.creditScore", "creditProfile.creditRiskRating"],
}
"""Attributes of the elements of one array."""


def word(drawn: random.Random) -> str:
    """A word that stands nowhere else."""
    return f"zq{drawn.getrandbits(60):015x}"


def individual(drawn: random.Random) -> Document:
    found: Document = {
        "@type": "Individual",
        "givenName": word(drawn),
        "familyName": word(drawn),
        "placeOfBirth": word(drawn),
        "status": drawn.choice(STATUSES["individual"]),
        "contactMedium": [
            {"@type": "EmailContactMedium", "contactType": word(drawn), "emailAddress": f"{word(drawn)}@example.org"},
            {"@type": "PhoneContactMedium", "contactType": word(drawn), "phoneNumber": word(drawn)},
        ][: drawn.randint(0, 2)],
        "externalReference": [
            {"@type": "ExternalReference", "id": word(drawn), "externalIdentifierType": word(drawn)}
            for _ in range(drawn.randint(0, 2))
        ],
        "partyCharacteristic": [
            {
                "@type": "StringCharacteristic",
                "name": drawn.choice(ROWS["individual"]["partyCharacteristic.name"]),
                "valueType": drawn.choice(ROWS["individual"]["partyCharacteristic.valueType"]),
                "value": word(drawn),
            }
            for _ in range(drawn.randint(1, 3))
        ],
    }
    found |= {"gender": drawn.choice("xyz")} if drawn.random() < 0.7 else {}
    found |= {"nationality": drawn.choice(NATIONS)} if drawn.random() < 0.7 else {}
    return {name: value for name, value in found.items() if value != []}


def customer(drawn: random.Random, party: str) -> Document:
    found: Document = {
        "@type": "Customer",
        "name": word(drawn),
        "status": drawn.choice(STATUSES["customer"]),
        "statusReason": word(drawn),
        "engagedParty": {"@type": "PartyRef", "id": party, "name": word(drawn), "@referredType": "Individual"},
        "contactMedium": [
            {"@type": "EmailContactMedium", "contactType": word(drawn), "emailAddress": f"{word(drawn)}@example.org"}
        ],
        "characteristic": [{"@type": "StringCharacteristic", "name": word(drawn), "value": word(drawn)}],
    }
    if drawn.random() < 0.7:
        found["creditProfile"] = [
            {
                "@type": "CreditProfile",
                "id": word(drawn),
                "creditScore": drawn.randint(1, 3),
                "creditRiskRating": drawn.randint(4, 5),
            }
            for _ in range(drawn.randint(1, 2))
        ]
    return found


def policy(drawn: random.Random) -> list[str]:
    """Lines of a policy that a person might write."""
    return [_line(drawn, kind) for kind in ATTRIBUTES for _ in range(drawn.choice((0, 1, 1, 2, 3)))]


def _line(drawn: random.Random, kind: str) -> str:
    verbs = ", ".join(
        drawn.choice((["read"], ["read"], ["read", "modify"], ["modify"], ["delete", "read"], ["create"]))
    )
    names = ["*"] if drawn.random() < 0.2 else drawn.sample(ATTRIBUTES[kind], drawn.randint(1, 6))
    line = f"{verbs} {kind} ({', '.join(names)})"
    if drawn.random() < 0.6:
        rows = drawn.choice((PAIRS[kind], drawn.sample(sorted(ROWS[kind]), drawn.randint(1, 2))))
        conditions = [f"{path} in ({', '.join(drawn.sample(ROWS[kind][path], drawn.randint(1, 2)))})" for path in rows]
        line += f" where {' and '.join(conditions)}"
    if set(verbs.split(", ")) == {"read"} and drawn.random() < 0.3:
        line += " with consent"
    if drawn.random() < 0.3:
        line += f" for {drawn.choice(PURPOSES)}"
    if drawn.random() < 0.1:
        line += f" from {drawn.choice(('2020-01-01', '2120-01-01'))}"
    if drawn.random() < 0.1:
        line += f" until {drawn.choice(('2020-01-01', '2120-01-01'))}"
    return line


Consents = Mapping[str, list[str]]
"""The purposes to which parties consent, by their ids."""


def party_of(kind: str, identifier: str, document: Document) -> str:
    """Whose consent it takes to use a record."""
    return identifier if kind == "individual" else str(document["engagedParty"]["id"])


@dataclass(frozen=True)
class Oracle:
    """What Cedar makes of a policy."""

    policies: cedarpy.PolicySet

    @classmethod
    def of(cls, lines: list[str]) -> Oracle:
        return cls(cedarpy.PolicySet.from_str("\n".join(_permit(grant) for grant in parse_policy(lines))))

    def permits(
        self, verb: str, kind: str, records: Mapping[str, Document], purpose: str, consents: Consents
    ) -> dict[str, set[str]]:
        """Of each record the paths that the policy permits, "id" for that it is there at all."""
        every = sorted({"id"}.union(*map(paths, records.values())))
        asked = [(each, path) for each in records for path in every]
        entities = [
            {
                "uid": {"type": "Record", "id": each},
                "attrs": {**held(document), "consents": consents.get(party_of(kind, each, document), [])},
                "parents": [],
            }
            for each, document in records.items()
        ]
        requests = [self._request(verb, kind, each, {"path": above(path)}, purpose) for each, path in asked]
        found: dict[str, set[str]] = {each: set() for each in records}
        for (each, path), answer in zip(asked, self._ask(requests, entities), strict=True):
            if answer:
                found[each].add(path)
        return found

    def lets(
        self, verb: str, kind: str, before: Document | None, after: Document | None, path: str, purpose: str
    ) -> bool:
        """Whether one grant lets a path be written, of a record as it is and as it will be."""
        there = next(each for each in (before, after) if each is not None)
        entities = [{"uid": {"type": "Record", "id": "r"}, "attrs": held(there), "parents": []}]
        context = {"path": above(path), "after": held(after if after is not None else there)}
        return self._ask([self._request(verb, kind, "r", context, purpose)], entities)[0]

    def _request(self, verb: str, kind: str, each: str, context: Document, purpose: str) -> Document:
        return {
            "principal": 'Client::"c"',
            "action": f'Action::"{verb} {kind}"',
            "resource": f'Record::"{each}"',
            "context": {"purpose": purpose, "now": int(NOW.timestamp()), "after": None, **context}
            if "after" in context
            else {"purpose": purpose, "now": int(NOW.timestamp()), **context},
        }

    def _ask(self, requests: list[Document], entities: list[Document]) -> list[bool]:
        handle = cedarpy.Entities.from_json_str(msgspec.json.encode(entities).decode())
        answers = cedarpy.is_authorized_batch(requests, self.policies, handle)
        assert not any(answer.diagnostics.errors for answer in answers)
        return [answer.allowed for answer in answers]


def _permit(grant: Grant) -> str:
    conditions = [f"context.path.containsAny({_set([*(grant.attributes or ()), 'id'])})"] if grant.attributes else []
    conditions += [f"{_set(sorted(grant.purposes))}.contains(context.purpose)"] if grant.purposes else []
    conditions += [f"context.now >= {int(grant.starts.timestamp())}"] if grant.starts else []
    conditions += [f"context.now < {int(grant.ends.timestamp())}"] if grant.ends else []
    conditions += ["resource.consents.contains(context.purpose)"] if grant.consent else []
    asked = {row.path: list(row.values) for row in grant.rows}
    pairs = [pair for pair in PAIRS.get(grant.kind, ()) if pair in asked]
    if len(pairs) > 1:  # one element must hold both
        first, second = asked.pop(pairs[0]), asked.pop(pairs[1])
        asked["&".join(pairs)] = [f"{one}&{other}" for one in first for other in second]
    for path, of_path in asked.items():
        name, values = msgspec.json.encode(path).decode(), _set(of_path)
        conditions.append(f"resource has {name} && resource[{name}].containsAny({values})")
        conditions.append(
            f"(!(context has after) || (context.after has {name} && context.after[{name}].containsAny({values})))"
        )
    when = " && ".join(conditions) or "true"
    return f'permit(principal, action == Action::"{grant.verb} {grant.kind}", resource) when {{ {when} }};'


def _set(values: Any) -> str:
    return msgspec.json.encode(list(values)).decode()


def above(path: str) -> list[str]:
    """A path and those above it."""
    steps = path.split(".")
    return [".".join(steps[: number + 1]) for number in range(len(steps))]


def leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each value of a document that is no object or array, with its path, but for the names of classes."""
    if isinstance(value, dict):
        for name, each in value.items():
            if not name.startswith("@"):
                yield from leaves(each, f"{at}.{name}" if at else name)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, at)
    else:
        yield at, value


def paths(document: Document) -> set[str]:
    return {path for path, _ in leaves(document)}


def held(document: Document) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path, value in leaves(document):
        found.setdefault(path, []).append(_text(value))
    for one, other in PAIRS.values():
        array, _, first = one.partition(".")
        second = other.partition(".")[2]
        for element in document.get(array, ()):
            pair = f"{_text(element[first])}&{_text(element[second])}"
            found.setdefault(f"{one}&{other}", []).append(pair)
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def only(document: Document, permitted: set[str]) -> Document:
    """A document with what is permitted of it, read off the rules once more: objects that nothing is left of go."""
    kept = _only(document, permitted, "")
    return {**{name: value for name, value in document.items() if name.startswith("@")}, **(kept or {})}


def _only(value: Any, permitted: set[str], at: str) -> Any:
    if isinstance(value, list):
        return [kept for each in value if (kept := _only(each, permitted, at)) is not None] or None
    if not isinstance(value, dict):
        return value if at in permitted else None
    kept = {
        name: below
        for name, each in value.items()
        if not name.startswith("@") and (below := _only(each, permitted, f"{at}.{name}" if at else name)) is not None
    }
    classes = {name: each for name, each in value.items() if name.startswith("@")}
    return {**classes, **kept} if kept else None


def midnight(day: str) -> datetime:
    return datetime.combine(datetime.fromisoformat(day).date(), time.min, UTC)


KINDS = {name: RESOURCES[name] for name in ATTRIBUTES}
