"""What there is to be attacked, and what every bad request is made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from tests.journey.hostile_documents import PERSON
from tests.journey.hostile_sending import Case

JSON = ("content-type", "application/json")
MERGE = ("content-type", "application/merge-patch+json")
BODY = json.dumps(PERSON).encode()
BASES = {
    "individual": ("/tmf-api/partyManagement/v5/individual", "/tmf-api/party/v5/individual"),
    "organization": ("/tmf-api/partyManagement/v5/organization", "/tmf-api/party/v5/organization"),
    "customer": ("/tmf-api/customerManagement/v5/customer", "/tmf-api/customer/v5/customer"),
}


@dataclass(frozen=True)
class Ground:
    """What is there to be attacked: a token, a record of each resource, and a cursor with the sort it belongs to."""

    token: str
    ids: dict[str, str]
    cursor: str
    sort: str
    client_id: str
    secret: str

    @property
    def auth(self) -> tuple[str, str]:
        return ("authorization", f"Bearer {self.token}")

    def one(self, random: Random, name: str) -> str:
        return f"{random.choice(BASES[name])}/{self.ids[name]}"


Family = Callable[[Random, Ground], Iterator[Case]]
