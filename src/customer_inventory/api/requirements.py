"""The catalogue as resources of our own: the requirements that govern, and the proposals by which that changes.

PATCH and DELETE of a requirement propose: nobody changes the catalogue alone. What the body of a proposal asks is
checked like any document, and refused attribute by attribute.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access import Access
from customer_inventory.access import governing as catalogue
from customer_inventory.access.governing import Proposal, proposal_named
from customer_inventory.api.bodies import asked_of, said_of
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.patching.merging import read_merge_patch
from customer_inventory.api.questions import asked, said
from customer_inventory.api.routing import Routes
from customer_inventory.model import InvalidDocument
from customer_inventory.model.problems import Problem
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.view import native
from customer_inventory.model.viewing import native_view
from customer_inventory.requirements.governance import Proposed, RequirementNotFound
from customer_inventory.requirements.reading import requirement_from
from customer_inventory.requirements.requirement import (
    CATALOGUE,
    INFORMATION_REQUIREMENT,
    INFORMATION_REQUIREMENT_PROPOSAL,
    OF_THE_CATALOGUE,
    InformationRequirement,
)

BASE = CATALOGUE.paths[0]
REQUIREMENT_VIEW = native(INFORMATION_REQUIREMENT)
PROPOSAL_VIEW = native(INFORMATION_REQUIREMENT_PROPOSAL)
SPECIFICATIONS = "requirementSpecification"
CATALOGUE_VIEWS = (REQUIREMENT_VIEW, PROPOSAL_VIEW)
_LARGEST = 1024 * 1024
_MERGING = frozenset({"application/merge-patch+json", "application/json"})


class _Proposing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of a proposal."""

    type: str | UnsetType = msgspec.field(default=UNSET, name="@type")
    requirement: dict[str, Any]
    reason: str
    status: Annotated[str, Meta(pattern="^(draft|proposed)$")] = "proposed"


class _Deciding(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The body of a decision."""

    decision: str | None = None
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None


def add_requirements(routes: Routes, *, public_url: str) -> None:
    """Let the catalogue answer."""
    handlers = RequirementHandlers(public_url=public_url)
    place = f"{BASE}/{INFORMATION_REQUIREMENT.path}"
    label = INFORMATION_REQUIREMENT.name
    routes.add(place, label, GET=handlers.list)
    routes.add(f"{place}/{{id}}", label, GET=handlers.get, PATCH=handlers.patch, DELETE=handlers.retire)
    routes.add(f"{place}/{{id}}/version", label, GET=handlers.versions)
    specifications = SpecificationHandlers(public_url=public_url)
    routes.add(f"{BASE}/{SPECIFICATIONS}", label, GET=specifications.list)
    routes.add(f"{BASE}/{SPECIFICATIONS}/{{id}}", label, GET=specifications.get)
    proposals = ProposalHandlers(public_url=public_url)
    place = f"{BASE}/{INFORMATION_REQUIREMENT_PROPOSAL.path}"
    label = INFORMATION_REQUIREMENT_PROPOSAL.name
    routes.add(place, label, GET=proposals.list, POST=proposals.create)
    routes.add(f"{place}/{{id}}", label, GET=proposals.get)
    for verb, handler in proposals.deciding.items():
        routes.add(f"{place}/{{id}}/{verb}", label, POST=handler)


class SpecificationHandlers:
    """Answers the requests for what is asked of a resource, in the words of TMF662."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the specification of every resource of which something is asked."""
        view = native_view(ENTITY_SPECIFICATION)
        question = asked_of_entries(view, exchange, public_url=self._public_url)
        entries = [self._shown(each) for each in await catalogue.specifications(access)]
        return entries_answer(view, entries, question, path=exchange.path, public_url=self._public_url)

    async def get(self, exchange: Exchange, access: Access, name: str) -> Answer:
        """Answer GET on the specification of one resource."""
        view = native_view(ENTITY_SPECIFICATION)
        question = asked_of_entry(view, exchange)
        for each in await catalogue.specifications(access, [name]):
            return entry_answer(view, self._shown(each), question)
        raise RequirementNotFound(f"Nothing is asked of a resource {name[:100]!r}.")

    def _shown(self, specification: Shown) -> Shown:
        address = f"{self._public_url}{BASE}/{SPECIFICATIONS}/{quote(specification['id'], safe='')}"
        return {"id": specification["id"], "href": address, **specification}


class RequirementHandlers:
    """Answers the requests for requirements."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: every requirement that governs."""
        question = asked_of_entries(REQUIREMENT_VIEW, exchange, public_url=self._public_url)
        entries = [
            shown_requirement(each, public_url=self._public_url) for each in await catalogue.requirements(access)
        ]
        return entries_answer(REQUIREMENT_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one requirement."""
        question = asked_of_entry(REQUIREMENT_VIEW, exchange)
        found = await catalogue.requirement(access, identifier)
        return entry_answer(REQUIREMENT_VIEW, shown_requirement(found, public_url=self._public_url), question)

    async def versions(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET: every version of one requirement that was drafted or proposed here."""
        question = asked_of_entries(PROPOSAL_VIEW, exchange, public_url=self._public_url)
        found = await catalogue.proposals(access, identifier=identifier)
        entries = [shown_proposal(each, public_url=self._public_url) for each in found]
        return entries_answer(PROPOSAL_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def patch(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer PATCH: propose the requirement with these changes, for the reason in X-Reason."""
        if exchange.media_type not in _MERGING:
            raise UnsupportedMediaType("Send the change as application/merge-patch+json.")
        asked(exchange.query_string, ())
        governs = await catalogue.requirement(access, identifier)
        change, _ = await exchange.json_object()
        document = read_merge_patch(change, largest=_LARGEST).apply(_said(governs))
        moved = [name for name in ("resource", "attribute") if document.get(name) != getattr(governs, name)]
        if moved:
            reason = "says which requirement it is: propose another one, and end this"
            raise InvalidDocument([Problem(name, reason) for name in moved])
        made = await _propose(access, requirement_from(document), access.reason or "")
        return _accepted(made, self._public_url)

    async def retire(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer DELETE: propose that the requirement ends, for the reason in X-Reason."""
        asked(exchange.query_string, ())
        governs = await catalogue.requirement(access, identifier)
        made = await catalogue.propose(access, Proposed(governs, access.reason or "", retires=True))
        return _accepted(made, self._public_url)


class ProposalHandlers:
    """Answers the requests for proposals."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url
        self.deciding: dict[str, Callable[..., Awaitable[Answer]]] = {
            "submit": self._submit,
            "approve": self._approve,
            "reject": self._reject,
            "withdraw": self._withdraw,
        }

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: every draft and proposal, and what was decided of it."""
        question = asked_of_entries(PROPOSAL_VIEW, exchange, public_url=self._public_url)
        entries = [shown_proposal(each, public_url=self._public_url) for each in await catalogue.proposals(access)]
        return entries_answer(PROPOSAL_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: propose a requirement, or draft one."""
        body = await asked_of(exchange, _Proposing, "the proposal")
        draft = body.status == "draft"
        made = await _propose(access, requirement_from(body.requirement, "requirement."), body.reason, draft=draft)
        return self._answer(made, status=201).plus((b"location", _address(made, self._public_url)))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one proposal."""
        question = asked_of_entry(PROPOSAL_VIEW, exchange)
        found = await catalogue.proposal(access, *proposal_named(identifier))
        return entry_answer(PROPOSAL_VIEW, shown_proposal(found, public_url=self._public_url), question)

    async def _submit(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        await said_of(exchange, _Deciding)
        return self._answer(await catalogue.submit(access, *proposal_named(identifier)))

    async def _approve(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        body = await said_of(exchange, _Deciding)
        named, since = proposal_named(identifier), body.effective_from
        return self._answer(await catalogue.approve(access, *named, said=body.decision, effective_from=since))

    async def _reject(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        body = await said_of(exchange, _Deciding)
        return self._answer(await catalogue.reject(access, *proposal_named(identifier), said=body.decision))

    async def _withdraw(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        body = await said_of(exchange, _Deciding)
        return self._answer(await catalogue.withdraw(access, *proposal_named(identifier), said=body.decision))

    def _answer(self, proposal: Proposal, status: int = 200) -> Answer:
        return Answer(status, msgspec.json.encode(shown_proposal(proposal, public_url=self._public_url)))


def shown_requirement(requirement: InformationRequirement, *, public_url: str = "") -> Shown:
    """Return a requirement as the API shows it."""
    identifier = str(requirement.id)
    address = f"{public_url}{BASE}/{INFORMATION_REQUIREMENT.path}/{quote(identifier, safe='.')}"
    document: Shown = msgspec.to_builtins(requirement)
    return {**document, "id": identifier, "href": address, "version": requirement.version or 0}


def shown_proposal(proposal: Proposal, *, public_url: str = "") -> Shown:
    """Return a proposal as the API shows it."""
    version = proposal.version
    attributes = {
        "id": proposal.id,
        "href": _address(proposal, public_url).decode(),
        "@type": INFORMATION_REQUIREMENT_PROPOSAL.shape.name,
        "requirementId": version.id,
        "version": version.version,
        "base": version.base if version.base >= 0 else None,
        "change": version.change,
        "status": proposal.status,
        "reason": version.reason,
        "proposedBy": version.proposed_by,
        "proposedAt": version.proposed_at,
        "decidedBy": version.decided_by,
        "decidedAt": version.decided_at,
        "decision": version.decision,
        "effectiveFrom": version.effective_from,
        "requirement": _said(proposal.requirement),
        "difference": proposal.difference,
    }
    return said(attributes)


def _said(requirement: InformationRequirement) -> Shown:
    document: Shown = msgspec.to_builtins(requirement)
    return {name: value for name, value in document.items() if name not in OF_THE_CATALOGUE}


def _address(proposal: Proposal, public_url: str) -> bytes:
    return f"{public_url}{BASE}/{INFORMATION_REQUIREMENT_PROPOSAL.path}/{quote(proposal.id, safe='.@')}".encode()


def _accepted(proposal: Proposal, public_url: str) -> Answer:
    """Return the answer to a change that waits for somebody's decision (RFC 9110 section 15.3.3)."""
    answer = Answer(202, msgspec.json.encode(shown_proposal(proposal, public_url=public_url)))
    return answer.plus((b"location", _address(proposal, public_url)))


async def _propose(
    access: Access, requirement: InformationRequirement, reason: str, *, draft: bool = False
) -> Proposal:
    return await catalogue.propose(access, Proposed(requirement, reason, draft=draft))
