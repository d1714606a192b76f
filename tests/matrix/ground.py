"""The ground on which every endpoint is tried: records of each kind, and for each endpoint a request that it takes.

`request` makes for a method and a template of `Routes` what a client would send. A route that it does not know yet is
sent an empty object, which most endpoints refuse: then say here what it wants.
"""

from __future__ import annotations

import base64
import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

from customer_inventory.model.contents import may_carry
from customer_inventory.model.events import carried_names, event_types
from customer_inventory.model.view import View
from customer_inventory.model.views import NATIVE, VIEWS
from tests.journey.api_words import create
from tests.journey.test_mirror import MERGE, made
from tests.matrix import downloads

SPECIFIC = "/inventory/v1/"
PROPOSALS = f"{SPECIFIC}informationRequirementProposal"
TOPICS = "/tmf-api/event/v4/topic"
INDIVIDUALS = "/tmf-api/partyManagement/v5/individual"
LISTENER = "/tmf-api/partyManagement/v5/listener/individualCreateEvent"
NOWHERE = "http://127.0.0.1:9/events"
FILE = {"name": "a.txt", "mimeType": "text/plain", "content": base64.b64encode(b"plain words " * 4000).decode()}
REASON = {"x-reason": "matrix"}
_numbers = itertools.count(1)

Document = dict[str, Any]


class Asked(NamedTuple):
    """A request: its path, its body, and its headers."""

    path: str
    body: Any = None
    headers: Mapping[str, str] = MappingProxyType({})


class Place(NamedTuple):
    """What a template says: the view and the base path of a resource, and what follows it."""

    view: View
    base: str
    below: str


PLACES = {
    f"{base}/{view.resource.path}{below}": Place(view, base, below)
    for view in VIEWS
    for base in view.api.paths
    for below in (
        "",
        "/{id}",
        "/{id}/history",
        "/{id}/history/{version}",
        "/{id}/history/{version}/restore",
        "/{id}/attachment/{digest}/content",
    )
}
PARTY = {"id": "p1", "@type": "PartyRef", "@referredType": "Individual"}
ITEMS = [{"@type": "AgreementItem", "id": "1"}]
DEMANDED: dict[str, Document] = {
    "agreement": {"agreementItem": ITEMS},
    "agreementSpecification": {
        "lastUpdate": "2026-01-01T00:00:00Z",
        "lifecycleStatus": "active",
        "specificationCharacteristic": None,
    },
    "financialAccount": {
        "relatedParty": [{"@type": "RelatedPartyOrPartyRole", "role": "owner", "partyOrPartyRole": PARTY}]
    },
    "partyPrivacyAgreement": {"agreementItem": ITEMS},
    "partyPrivacyProfileSpecification": {"name": "Profile", "specCharacteristic": None},
}
"""What v5 demands of a new record and v4 does not, so that a record made there says it otherwise."""
LISTENERS = {
    f"{base}/listener/{kind[0].lower()}{kind[1:]}": (view, kind)
    for view in VIEWS
    for kind in event_types(view)
    for base in view.api.paths
}


EVALUATION = {
    "subject": {"type": "client", "id": "nobody"},
    "action": {"name": "read"},
    "resource": {"type": "customer"},
}
USERS = "/scim/v2/Users"
SCIM = "urn:ietf:params:scim"
REGISTRATIONS = f"{SPECIFIC}registration"
PRIVACY_REQUESTS = f"{SPECIFIC}privacyRequest"
RESTRICTIONS = f"{SPECIFIC}restriction"
_BEFORE = {
    "approve": ("submit",),
    "reject": ("submit",),
    "suspend": ("submit", "approve"),
    "recertify": ("submit", "approve"),
    "resume": ("submit", "approve", "suspend"),
}
"""The steps that lead to where another one is admitted."""


def _carrying(name: str) -> Document:
    """Return the attribute in which records of a kind carry a file, with one."""
    file = {"@type": "Attachment", "attachmentType": "text", **FILE}
    match name:
        case "individual" | "organization":
            return {f"{name}Identification": [{"@type": f"{name.title()}Identification", "attachment": file}]}
        case "customer" | "partyRole":
            party = {"@type": "Individual", "givenName": "A", "familyName": "B", **_carrying("individual")}
            related = {"@type": "RelatedPartyOrPartyRole", "role": "friend", "partyOrPartyRole": party}
            return {"relatedParty": [related]}
        case "agreement" | "partyPrivacyAgreement":
            signed = {
                "@type": "AgreementAuthorization",
                "signature": file,
                "state": "s",
                "date": "2026-01-01T00:00:00Z",
            }
            return {"agreementAuthorization": [signed]}
        case "document":
            return {"binaryAttachment": [FILE]}
        case _ if name.endswith("Account"):
            period = {"startDateTime": "2026-01-01T00:00:00Z"}
            return {"taxExemption": [{"@type": "TaxExemptionCertificate", "attachment": file, "validFor": period}]}
        case "communicationMessage" | "entity" | "entitySpecification":
            return {"attachment": [FILE]}
        case _:
            return {"attachment": [file]}


def _digests(value: Any) -> Iterator[str]:
    """Yield the digest of every file that is kept beside a record."""
    if isinstance(value, dict):
        checksum = value.get("checksum")
        if isinstance(checksum, str) and checksum.startswith("sha256:"):
            yield checksum.removeprefix("sha256:")
        yield from _digests(list(value.values()))
    elif isinstance(value, list):
        for each in value:
            yield from _digests(each)


@dataclass
class Ground:
    """What is there: `everything` may do all; `subscriber` may read all, and has subscriptions and a dead letter.

    `decider` decides on what the first one asks for; `provisioner` may create people.
    """

    everything: httpx.Client
    subscriber: httpx.Client
    decider: httpx.Client
    provisioner: httpx.Client
    ids: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the id of a record of a kind."""
        if name not in self.ids:
            self.ids[name] = made(self.everything, name)
        return self.ids[name]

    def request(self, method: str, template: str, caller: httpx.Client) -> Asked:
        """Return what `caller` can send to an endpoint, with what must be there for it."""
        if template in PLACES:
            return self._of_record(method, PLACES[template])
        if template in LISTENERS:
            view, kind = LISTENERS[template]
            carried = {carried_names(view)[0]: {"id": f"seen-{next(_numbers)}", "name": "x"}}
            event = {"eventId": f"e-{next(_numbers)}", "eventType": kind, view.api.events.wrapper: carried}
            return Asked(template, event)
        if "/hub" in template:
            return self._hub(method, template, caller)
        if template.startswith(PROPOSALS):
            return self._proposal(method, template, caller)
        if template.startswith(USERS):
            return self._user(method, template)
        if template.startswith(RESTRICTIONS):
            return self._restriction(method, template)
        if template.startswith(PRIVACY_REQUESTS):
            return self._privacy_request(method, template)
        if template.startswith(REGISTRATIONS):
            return self._registration(method, template, caller)
        if downloads.JOB in template:
            return Asked(*downloads.asked_job(method, template, caller, self.everything))
        if template.startswith(downloads.PLACE):
            return Asked(*downloads.asked(method, template, caller, self.everything))
        known = self._known.get(f"{method} {template}") or self._known.get(template)
        if known is not None:
            return Asked(*known) if isinstance(known, tuple) else Asked(known())
        return Asked(template, None if method in {"GET", "DELETE"} else {})

    def _of_record(self, method: str, place: Place) -> Asked:
        name = place.view.resource.name
        address = f"{place.base}/{place.view.resource.path}"
        match method, place.below:
            case "GET", "":
                return Asked(f"{address}?limit=1")
            case "POST", "":
                return Asked(address, self._document(name, address))
            case "PATCH", _:
                path = f"{address}/{self.one(name)}"
                return Asked(path, {"note": [{"text": f"matrix {next(_numbers)}"}]}, MERGE)
            case "PUT", _:
                return Asked(f"{address}/{self.one(name)}", self._document(name, address))
            case "DELETE", _:
                return Asked(f"{address}/{made(self.everything, name)}")
            case _, "/{id}/attachment/{digest}/content":
                return Asked(f"{address}/{self._with_file(place.view)}")
        identifier = self.one(name)
        return Asked(f"{address}{place.below.format(id=identifier, version=1)}", {} if method == "POST" else None)

    def _document(self, name: str, address: str) -> Document:
        shown = self.everything.get(f"{address}/{self.one(name)}")
        assert shown.status_code == 200, shown.text
        own = {key: value for key, value in shown.json().items() if key not in {"id", "href"}}
        demanded = {**own, **(DEMANDED.get(name, {}) if "/v5/" in address else {})}
        return {key: value for key, value in demanded.items() if value is not None}

    def _with_file(self, view: View) -> str:
        """Return the id and the rest of the address of a file that a record of the kind has."""
        name = view.resource.name
        assert may_carry(view.resource)
        if name not in self.digests:
            identifier = made(self.everything, name)
            address = f"{NATIVE[name].collection}/{identifier}"
            answer = self.everything.patch(address, json=_carrying(name), headers=MERGE)
            digest = next(_digests(answer.json()), None)
            assert digest, f"{name} took no file: {answer.text[:500]}"
            self.digests[name] = f"{identifier}/attachment/{digest}/content"
        return self.digests[name]

    def _hub(self, method: str, template: str, caller: httpx.Client) -> Asked:
        address = template.partition("/hub")[0].replace("{topicId}", "individual") + "/hub"
        wish = {"callback": f"{NOWHERE}/{next(_numbers)}", "query": ""}
        if method == "POST":
            return Asked(address, wish)
        if not template.endswith("{id}"):
            return Asked(address)
        own = caller.post(address, json=wish)
        owner = own if own.status_code == 201 else self.subscriber.post(address, json=wish)
        assert owner.status_code == 201, owner.text
        return Asked(f"{address}/{owner.json()['id']}")

    def _proposal(self, method: str, template: str, caller: httpx.Client) -> Asked:
        decision = template.rpartition("/")[2]
        if method == "POST" and template == PROPOSALS:
            return Asked(template, self._proposing())
        if not template.startswith(f"{PROPOSALS}/"):
            return Asked(template)
        wish = self._proposing(**({"status": "draft"} if decision == "submit" else {}))
        # Only who made a draft may submit or withdraw it, and only somebody else may decide.
        own = caller.post(PROPOSALS, json=wish) if decision in {"submit", "withdraw"} else None
        answer = own if own is not None and own.status_code == 201 else self.everything.post(PROPOSALS, json=wish)
        assert answer.status_code == 201, answer.text
        identifier = quote(answer.json()["id"], safe="@.")
        return Asked(template.replace("{id}", identifier), {} if method == "POST" else None)

    def proposal(self) -> str:
        """Return the id of a proposal that waits for its decision."""
        return str(create(self.everything, PROPOSALS, self._proposing())["id"])

    @cached_property
    def waiting_download(self) -> str:
        """The id of a download of a client that waits for its approval."""
        return str(create(self.everything, downloads.PLACE, {"kind": "individual"})["id"])

    @cached_property
    def privacy_request(self) -> str:
        """The id of a privacy request of nobody who is held."""
        return str(create(self.everything, PRIVACY_REQUESTS, {"right": "access"})["id"])

    def _user(self, method: str, template: str) -> Asked:
        user: Document = {
            "schemas": [f"{SCIM}:schemas:core:2.0:User"],
            "userName": f"user-{next(_numbers)}",
            "roles": [{"value": "auditor"}],
        }
        if template == USERS:
            return Asked(USERS, user if method == "POST" else None)
        path = f"{USERS}/{create(self.provisioner, USERS, user)['id']}"
        if method == "PATCH":
            operation = {"op": "replace", "path": "displayName", "value": "Matrix"}
            return Asked(path, {"schemas": [f"{SCIM}:api:messages:2.0:PatchOp"], "Operations": [operation]})
        return Asked(path, user if method == "PUT" else None)

    def _registration(self, method: str, template: str, caller: httpx.Client) -> Asked:
        """What is asked of a registration, in a state that admits it."""
        wish = {
            "name": f"matrix-process-{next(_numbers)}",
            "owner": "matrix",
            "purpose": [{"name": "tests", "lawfulBasis": "contract"}],
            "grant": ["read:customer"],
            "expectedVolume": 1,
        }
        if "{id}" not in template:
            return Asked(template, wish if method == "POST" else None)
        step = template.rpartition("/")[2]
        # Only who made a draft may submit it.
        own = caller.post(REGISTRATIONS, json={**wish, "status": "draft"}) if step == "submit" else None
        if own is not None and own.status_code == 201:
            identifier = str(own.json()["id"])
        else:
            identifier = str(create(self.everything, REGISTRATIONS, {**wish, "status": "draft"})["id"])
        for each in _BEFORE.get(step, ()):
            client = self.everything if each == "submit" else self.decider
            assert client.post(f"{REGISTRATIONS}/{identifier}/{each}", json={}).status_code == 200, each
        return Asked(template.replace("{id}", identifier), {} if method == "POST" else None)

    def _restriction(self, method: str, template: str) -> Asked:
        """What is asked of a restriction, of somebody of its own."""
        wish = {"subjectId": made(self.everything, "individual"), "reason": "matrix"}
        if "{id}" not in template:
            return Asked(template, wish if method == "POST" else None)
        identifier = create(self.everything, RESTRICTIONS, wish)["id"]
        return Asked(template.replace("{id}", identifier), {"reason": "matrix"} if method == "POST" else None)

    def _privacy_request(self, method: str, template: str) -> Asked:
        """What is asked of a privacy request, in a state that admits it."""
        # Nobody was found where it is to be completed, since nothing is done for it here.
        found = {} if template.endswith("/complete") else {"subjectId": self.one("individual")}
        wish = {"right": "access", **found}
        if "{id}" not in template:
            return Asked(template, wish if method == "POST" else None)
        place = f"{PRIVACY_REQUESTS}/{create(self.everything, PRIVACY_REQUESTS, wish)['id']}"
        said = {"identity": "card", "handler": "matrix", "reason": "matrix", "result": "nothing held"}
        if template.endswith("/complete"):
            assert self.everything.post(f"{place}/verify", json=said).status_code == 200
        return Asked(template.replace(f"{PRIVACY_REQUESTS}/{{id}}", place), said if method == "POST" else None)

    def _proposing(self, **more: Any) -> Document:
        asked = {"resource": "individual", "attribute": f"probe{next(_numbers)}", "name": "Probe", "meaning": "Asked."}
        return {"requirement": {**asked, "valueRule": [{"code": "type", "type": "string"}]}, "reason": "matrix", **more}

    @cached_property
    def _known(self) -> dict[str, Any]:
        """What the endpoints of our own want; a function where it must be new each time."""
        customer, person = self.one("customer"), self.one("individual")
        requirement = f"{SPECIFIC}informationRequirement"
        permission = "permission/" + self.everything.headers["x-client"]
        users = ("/tmf-api/userRolePermissionManagement/v4", "/userrolepermission/v4")
        sets = "/tmf-api/rolesAndPermissionsManagement/v5/permissionSpecificationSet"
        return {
            **{f"{base}/permission/{{id}}": (f"{base}/{permission}",) for base in users},
            **{f"{base}/userRole/{{id}}": (f"{base}/userRole/auditor",) for base in users},
            f"{sets}/{{id}}": (f"{sets}/all",),
            f"{SPECIFIC}change/{{id}}": self._change,
            f"POST {SPECIFIC}change/{{id}}/undo": lambda: f"{self._change()}/undo",
            f"{SPECIFIC}deletedRecord": (f"{SPECIFIC}deletedRecord?kind=individual",),
            f"{SPECIFIC}customer360/{{id}}": (f"{SPECIFIC}customer360/{customer}",),
            f"{SPECIFIC}accessReport/{{id}}": (f"{SPECIFIC}accessReport/{customer}",),
            f"{SPECIFIC}trailEntry": (f"{SPECIFIC}trailEntry?recordId={person}",),
            f"{SPECIFIC}partyHierarchy/{{id}}": (f"{SPECIFIC}partyHierarchy/{person}",),
            f"{SPECIFIC}partyPath": (f"{SPECIFIC}partyPath?from={person}&to={person}",),
            f"GET {requirement}/{{id}}": (f"{requirement}/individual.givenName",),
            f"PATCH {requirement}/{{id}}": (
                f"{requirement}/individual.givenName",
                {"meaning": "Said."},
                {**MERGE, **REASON},
            ),
            f"DELETE {requirement}/{{id}}": (f"{requirement}/individual.title", None, REASON),
            f"{requirement}/{{id}}/version": (f"{requirement}/individual.givenName/version",),
            f"{SPECIFIC}requirementSpecification/{{id}}": (f"{SPECIFIC}requirementSpecification/individual",),
            f"{SPECIFIC}requirementGap/{{resource}}": (f"{SPECIFIC}requirementGap/individual",),
            f"GET {TOPICS}/{{topicId}}": self._topic,
            f"DELETE {TOPICS}/{{topicId}}": self._topic,
            f"POST {TOPICS}": (TOPICS, {"@type": "Topic", "name": f"matrix {next(_numbers)}"}),
            f"{TOPICS}/{{topicId}}/event": lambda: f"{self._topic()}/event?limit=2",
            f"{TOPICS}/{{topicId}}/event/{{id}}": (self._event(),),
            f"GET {SPECIFIC}consent": (f"{SPECIFIC}consent?partyId={person}",),
            f"GET {SPECIFIC}consent/{{id}}": (f"{SPECIFIC}consent/{person}",),
            f"POST {SPECIFIC}consent": (
                f"{SPECIFIC}consent",
                {"partyId": person, "purpose": "tests", "status": "given", "evidence": "letter"},
            ),
            f"POST {SPECIFIC}access/v1/evaluation": (f"{SPECIFIC}access/v1/evaluation", EVALUATION),
            f"POST {SPECIFIC}access/v1/evaluations": (f"{SPECIFIC}access/v1/evaluations", EVALUATION),
            f"{SPECIFIC}receivedEvent/{{id}}": (self._received(),),
            f"{SPECIFIC}subscription/{{id}}": (f"{SPECIFIC}subscription/{self._letter()['subscription']}",),
            f"POST {SPECIFIC}subscription/{{id}}/replay": (
                f"{SPECIFIC}subscription/{self._letter()['subscription']}/replay",
                {"from": 0},
            ),
            f"{SPECIFIC}deadLetter/{{id}}": lambda: f"{SPECIFIC}deadLetter/{self._letter()['id']}",
            f"POST {SPECIFIC}deadLetter/{{id}}/replay": lambda: f"{SPECIFIC}deadLetter/{self._letter()['id']}/replay",
        }

    def _change(self) -> str:
        made(self.everything, "individual")
        found = self.everything.get(f"{SPECIFIC}change?operation=create&limit=1").json()
        return f"{SPECIFIC}change/{found[0]['id']}"

    def _topic(self) -> str:
        names = {"@type": "Topic", "name": f"m{next(_numbers)}", "headerQuery": "eventType=IndividualCreateEvent"}
        return str(create(self.everything, TOPICS, names)["href"])

    def _event(self) -> str:
        return str(self._until(self.everything, f"{TOPICS}/individual/event?limit=1")[0]["href"])

    def _received(self) -> str:
        answer = self.everything.post(LISTENER, json=self.request("POST", LISTENER, self.everything).body)
        assert answer.status_code == 204, answer.text
        found = self.everything.get(f"{SPECIFIC}receivedEvent?limit=1").json()
        return f"{SPECIFIC}receivedEvent/{found[0]['id']}"

    def _letter(self) -> Document:
        """Return a dead letter of the subscriber."""
        there = self.subscriber.get(f"{SPECIFIC}deadLetter?limit=1").json()
        if not there:
            self.subscriber.post("/tmf-api/partyManagement/v5/hub", json={"callback": f"{NOWHERE}/dead"})
            made(self.everything, "individual")
            there = self._until(self.subscriber, f"{SPECIFIC}deadLetter?limit=1")
        return dict(there[0])

    @staticmethod
    def _until(client: httpx.Client, path: str) -> list[Document]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found: list[Document] = client.get(path).json()
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"nothing comes at {path}")
