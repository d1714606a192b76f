"""Governing the catalogue through an access: who may look, propose and decide, by grants and into the trail.

To propose one needs `create:informationRequirementProposal`, to decide `modify:informationRequirement`. Whoever acts is
known by the person's login, or by the client where a process acts for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from customer_inventory.access.opened import Opened
from customer_inventory.model import RESOURCES, InvalidDocument, Resource
from customer_inventory.model.problems import Problem
from customer_inventory.repository.catalogue import RequirementVersion
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.catalogue import requirement_of
from customer_inventory.requirements.governance import (
    Actor,
    Governance,
    ProposalNotFound,
    Proposed,
    RequirementNotFound,
    differences,
)
from customer_inventory.requirements.requirement import (
    INFORMATION_REQUIREMENT,
    INFORMATION_REQUIREMENT_PROPOSAL,
    InformationRequirement,
)
from customer_inventory.requirements.specification import specification_of

_REQUIREMENT, _PROPOSAL = INFORMATION_REQUIREMENT.kind, INFORMATION_REQUIREMENT_PROPOSAL.kind


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version of a requirement with what it would change: where it stands, what governs, and what it asks."""

    version: RequirementVersion
    status: str
    requirement: InformationRequirement
    governing: InformationRequirement | None

    @property
    def id(self) -> str:
        """The id of the proposal: that of the requirement, and the version."""
        return f"{self.version.id}@{self.version.version}"

    @property
    def difference(self) -> list[dict[str, object]]:
        """What it changes of what governs now, attribute by attribute."""
        return differences(self.governing, None if self.version.change == "retire" else self.requirement)


def proposal_named(identifier: str) -> tuple[str, int]:
    """Return the requirement and the version that the id of a proposal names. Raises ProposalNotFound."""
    name, _, number = identifier.rpartition("@")
    if not name or not (number.isascii() and number.isdigit() and len(number) <= 9) or "\0" in name:
        raise ProposalNotFound
    return name, int(number)


async def requirements(access: Opened, names: Collection[str] | None = None) -> list[InformationRequirement]:
    """Return the requirements that govern now, of the resources of these names or of all. Raises Denied."""
    await access.require("read", _REQUIREMENT)
    catalogue = access.facilities.catalogue
    wanted = (*RESOURCES, *sorted(await catalogue.names() - set(RESOURCES))) if names is None else tuple(names)
    found = [each for name in wanted for each in (await catalogue.requirements(name)).values()]
    await access.note("read", _REQUIREMENT, "shown", ())
    return found


async def specifications(access: Opened, names: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return what is asked of resources in the words of TMF662, of those of which something is. Raises Denied."""
    await access.require("read", _REQUIREMENT)
    catalogue, classes = access.facilities.catalogue, await access.facilities.classes.by_name()
    known = {**RESOURCES, **{name: classes[name] for name in await catalogue.names() if name in classes}}
    wanted = known if names is None else {name: known[name] for name in names if name in known}
    asked = {name: (await catalogue.requirements(name)).values() for name in wanted}
    await access.note("read", _REQUIREMENT, "shown", ())
    return [specification_of(resource, asked[name]) for name, resource in wanted.items() if asked[name]]


async def requirement(access: Opened, identifier: str) -> InformationRequirement:
    """Return the requirement that governs under an id. Raises Denied and RequirementNotFound."""
    await access.require("read", _REQUIREMENT)
    found = await _governing(access, identifier)
    await access.note("read", _REQUIREMENT, "shown" if found else "absent", ())
    if found is None:
        raise RequirementNotFound(f"No requirement {identifier[:200]} governs.")
    return found


async def proposals(
    access: Opened, *, identifier: str | None = None, statuses: Collection[str] | None = None
) -> list[Proposal]:
    """Return every version that was drafted or proposed here, or those of one requirement or of some statuses.

    The statuses are those of the register: draft, proposed, approved, rejected, withdrawn. Raises Denied.
    """
    await access.require("read", _PROPOSAL)
    if "\0" in (identifier or ""):  # which no text of the register can hold
        return []
    found = await access.facilities.catalogue.store.versions(identifier=identifier, statuses=statuses)
    await access.note("read", _PROPOSAL, "shown", ())
    return [await _proposal(access, each) for each in found]


async def proposal(access: Opened, identifier: str, number: int) -> Proposal:
    """Return one version of a requirement. Raises Denied and ProposalNotFound."""
    await access.require("read", _PROPOSAL)
    found = await access.facilities.catalogue.store.versions(identifier=identifier, version=number)
    await access.note("read", _PROPOSAL, "shown" if found else "absent", ())
    if not found:
        raise ProposalNotFound
    return await _proposal(access, found[0])


async def check(access: Opened, proposed: Proposed) -> None:
    """Return if what is proposed can be asked. Raises Denied and what `Governance.check` raises."""
    await access.require("create", _PROPOSAL)
    resource = None if proposed.retires else await resource_named(access, proposed.requirement.resource)
    _governance(access).check(proposed, resource)


async def propose(access: Opened, proposed: Proposed) -> Proposal:
    """Propose a requirement, or draft one. Raises Denied and what `Governance.propose` raises."""
    await access.require("create", _PROPOSAL)
    # What is asked of a class that is not specified any more can still be ended.
    resource = None if proposed.retires else await resource_named(access, proposed.requirement.resource)
    made = await _governance(access).propose(proposed, resource, by=_actor(access))
    await access.note("create", _PROPOSAL, "done", ())
    return await _proposal(access, made)


async def submit(access: Opened, identifier: str, number: int) -> Proposal:
    """Make one's own draft a proposal. Raises Denied and what `Governance.submit` raises."""
    await access.require("create", _PROPOSAL)
    await _governance(access).submit(identifier, number, by=_actor(access))
    await access.note("modify", _PROPOSAL, "done", ())
    return await proposal(access, identifier, number)


async def withdraw(access: Opened, identifier: str, number: int, *, said: str | None) -> Proposal:
    """Take one's own draft or proposal back. Raises Denied and what `Governance.withdraw` raises."""
    await access.require("create", _PROPOSAL)
    version = await _governance(access).withdraw(identifier, number, by=_actor(access), said=said)
    return await _settled(access, version)


async def approve(
    access: Opened, identifier: str, number: int, *, said: str | None, effective_from: datetime | None
) -> Proposal:
    """Let a proposal govern, now or from a later moment. Raises Denied and what `Governance.approve` raises."""
    await access.require("modify", _REQUIREMENT)
    governance, by = _governance(access), _actor(access)
    version = await governance.approve(identifier, number, by=by, said=said, effective_from=effective_from)
    return await _settled(access, version)


async def reject(access: Opened, identifier: str, number: int, *, said: str | None) -> Proposal:
    """Turn a proposal down. Raises Denied and what `Governance.reject` raises."""
    await access.require("modify", _REQUIREMENT)
    version = await _governance(access).reject(identifier, number, by=_actor(access), said=said)
    return await _settled(access, version)


async def resource_named(access: Opened, name: str) -> Resource:
    """Return the resource, or the class of entity, of which a requirement speaks. Raises InvalidDocument."""
    classes = await access.facilities.classes.by_name()
    found = RESOURCES.get(name) or classes.get(name)
    if found is None:
        near = get_close_matches(name, [*RESOURCES, *classes], n=1)
        reason = f"names no resource{f'; did you mean {near[0]}?' if near else ''}"
        raise InvalidDocument([Problem("resource", reason)])
    return found


async def _settled(access: Opened, version: RequirementVersion) -> Proposal:
    """Let what was decided govern here at once, and tell the trail."""
    await access.facilities.catalogue.anew()
    await access.note("modify", _REQUIREMENT, "done", ())
    return await _proposal(access, version)


async def _proposal(access: Opened, version: RequirementVersion) -> Proposal:
    now = access.facilities.clock()
    governs = await _governing(access, version.id)
    status = version.status
    if status == "approved" and version.effective_from is not None and version.effective_from <= now:
        number = None if governs is None else governs.version
        retired = governs is None and version.change == "retire"
        status = "effective" if number == version.version or retired else "superseded"
    return Proposal(version, status, requirement_of(version), governs)


async def _governing(access: Opened, identifier: str) -> InformationRequirement | None:
    known: Mapping[str, InformationRequirement] = await access.facilities.catalogue.requirements(
        identifier.partition(".")[0]
    )
    return known.get(identifier)


def _governance(access: Opened) -> Governance:
    return Governance(access.facilities.catalogue.store, shipped)


def _actor(access: Opened) -> Actor:
    return Actor(access.principal.person or access.principal.client_id, access.facilities.clock())
