"""Governance: how a requirement comes to govern. One person proposes, another decides, and it holds from a date on.

Every version is kept with who proposed it, why, and who decided. What is only drafted, proposed, rejected, withdrawn or
approved for later changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.problems import Problem
from customer_inventory.repository.catalogue import CatalogueStore, CatalogueTurn, RequirementVersion
from customer_inventory.requirements.catalogue import Shipped, order, requirement_of
from customer_inventory.requirements.contradictions import check_contradictions
from customer_inventory.requirements.indexes import check_searchable
from customer_inventory.requirements.reading import NOT_KEPT, is_kept
from customer_inventory.requirements.removable import check_removable
from customer_inventory.requirements.requirement import OF_THE_CATALOGUE, InformationRequirement
from customer_inventory.requirements.rules import identifier_of, rules_of
from customer_inventory.requirements.unique import check_unique

MOST_OPEN = 1000
"""So many drafts and proposals may wait for a decision."""
_LONGEST_WORDS = 2000
_LATEST = 366 * 10  # days
_SKEW = timedelta(seconds=1)
"""By so much the clocks of servers may differ."""


class RequirementNotFound(InventoryError):
    """No such requirement governs.

    List the requirements of the resource; an id is the resource and the attribute, such as individual.birthDate.
    """

    code = "requirement-not-found"
    failure = Failure.NOT_FOUND


class ProposalNotFound(InventoryError):
    """There is no such proposal.

    List the proposals; an id is that of the requirement and a version, such as individual.birthDate@3.
    """

    code = "proposal-not-found"
    failure = Failure.NOT_FOUND


class ProposalDecided(InventoryError):
    """The proposal is not open any more.

    Nothing was changed. Look at it again; a new proposal can be made of it.
    """

    code = "proposal-decided"
    failure = Failure.CONFLICT


class ProposalOutdated(InventoryError):
    """The requirement was changed since the proposal was made.

    Nothing was changed. Withdraw it and propose again on what governs now, so that nobody's change is lost.
    """

    code = "proposal-outdated"
    failure = Failure.CONFLICT


class VersionWaits(InventoryError):
    """Another version of the requirement was approved and does not govern yet.

    Nothing was changed. Withdraw that one, or propose again once it governs, so that nobody's change is lost.
    """

    code = "version-waits"
    failure = Failure.CONFLICT


class SecondPersonNeeded(InventoryError):
    """Who proposed a change cannot approve or reject it.

    Ask somebody else to decide; whoever proposed may withdraw.
    """

    code = "second-person-needed"
    failure = Failure.DENIED


class NotTheProposer(InventoryError):
    """Only who made a draft or proposal may submit or withdraw it.

    Reject it instead.
    """

    code = "not-the-proposer"
    failure = Failure.DENIED


class NothingProposed(InventoryError):
    """The proposal changes nothing of the requirement that governs.

    Nothing was kept. Change something, or leave the requirement as it is.
    """

    code = "nothing-proposed"
    failure = Failure.CONFLICT


class TooManyProposals(InventoryError):
    """Too many drafts and proposals wait for a decision.

    Decide on some, or withdraw them.
    """

    code = "too-many-proposals"
    failure = Failure.CONFLICT


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in governance, and when: the person, or the process that acts for none."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposed:
    """What somebody proposes: a requirement as it is to be, why, and whether it is a draft yet or ends it."""

    requirement: InformationRequirement
    reason: str
    draft: bool = False
    retires: bool = False


@dataclass(frozen=True, slots=True)
class Governance:
    """The governance of one catalogue."""

    store: CatalogueStore
    shipped: Shipped

    def check(self, proposed: Proposed, resource: Resource | None) -> None:
        """Return if the requirement can be asked of the resource, which one that ends need not have.

        Raises InvalidDocument with every problem.
        """
        if not proposed.reason.strip() or len(proposed.reason) > _LONGEST_WORDS:
            raise InvalidDocument([Problem("reason", "says in 1 to 2,000 characters why it is proposed")])
        if not is_kept(proposed.reason):
            raise InvalidDocument([Problem("reason", NOT_KEPT)])
        if resource is not None:
            rules_of(proposed.requirement, resource)
            check_contradictions(proposed.requirement, resource)
            check_searchable(proposed.requirement, resource)
            check_unique(proposed.requirement, resource)
            check_removable(proposed.requirement, resource)

    async def propose(self, proposed: Proposed, resource: Resource | None, *, by: Actor) -> RequirementVersion:
        """Keep a draft or proposal; return it with its number.

        Raises InvalidDocument, RequirementNotFound (for one that ends what does not govern), NothingProposed,
        VersionWaits and TooManyProposals.
        """
        self.check(proposed, resource)
        identifier = identifier_of(proposed.requirement)
        document = msgspec.json.encode(_asked(proposed.requirement)).decode()
        waiting = await self.store.versions(statuses=("draft", "proposed"))
        if len(waiting) >= MOST_OPEN:
            raise TooManyProposals
        async with self.store.turn() as turn:
            latest = await self._latest(turn, identifier, proposed.requirement.resource)
            latest.check_governs(by.at)
            now = latest.requirement
            version = RequirementVersion(
                id=identifier,
                version=0,
                base=latest.base,
                resource=proposed.requirement.resource,
                change="retire" if proposed.retires else "create" if now is None else "modify",
                document=document,
                status="draft" if proposed.draft else "proposed",
                reason=proposed.reason.strip(),
                proposed_by=by.name,
                proposed_at=by.at,
            )
            if proposed.retires and now is None:
                raise RequirementNotFound(f"No requirement {identifier} governs that could be ended.")
            if not proposed.retires and now is not None and _same(now, proposed.requirement):
                raise NothingProposed
            return version._replace(version=await turn.add(version))

    async def submit(self, identifier: str, number: int, *, by: Actor) -> None:
        """Make one's own draft a proposal. Raises ProposalNotFound, NotTheProposer and ProposalDecided."""
        async with self.store.turn() as turn:
            found = await _found(turn, identifier, number)
            if found.proposed_by != by.name:
                raise NotTheProposer
            if not await turn.submit(identifier, number, at=by.at):
                raise ProposalDecided

    async def approve(
        self, identifier: str, number: int, *, by: Actor, said: str | None, effective_from: datetime | None
    ) -> RequirementVersion:
        """Let a proposal govern, from now on or from a later moment; return it as it is then.

        Raises ProposalNotFound, SecondPersonNeeded, ProposalDecided, ProposalOutdated, VersionWaits and InvalidDocument
        for a moment that has passed.
        """
        since = _since(effective_from, by.at)
        async with self.store.turn() as turn:
            found = await _decidable(turn, identifier, number, by)
            latest = await self._latest(turn, identifier, found.resource)
            latest.check_governs(by.at)
            if found.base != latest.base:
                raise ProposalOutdated
            return await _decide(turn, _decided(found, "approved", by=by, said=said, since=since))

    async def reject(self, identifier: str, number: int, *, by: Actor, said: str | None) -> RequirementVersion:
        """Turn a proposal down; return it as it is then. Raises what `approve` does of the proposal."""
        async with self.store.turn() as turn:
            found = await _decidable(turn, identifier, number, by)
            return await _decide(turn, _decided(found, "rejected", by=by, said=said))

    async def withdraw(self, identifier: str, number: int, *, by: Actor, said: str | None) -> RequirementVersion:
        """Take one's own draft or proposal back, also one that was approved and is not effective yet.

        Raises ProposalNotFound, NotTheProposer and ProposalDecided.
        """
        async with self.store.turn() as turn:
            found = await _found(turn, identifier, number)
            if found.proposed_by != by.name:
                raise NotTheProposer
            waits = found.effective_from is not None and found.effective_from > by.at
            expected = ("draft", "proposed", *(("approved",) if waits else ()))
            return await _decide(turn, _decided(found, "withdrawn", by=by, said=said), expected=expected)

    async def _latest(self, turn: CatalogueTurn, identifier: str, resource: str) -> _Latest:
        """Return what was approved last of a requirement, whether that governs by now or not, or what is shipped.

        Two who decide at once read the clock before they have their turn; what the other one approved counts all the
        same.
        """
        approved = [each for each in await turn.versions(identifier=identifier) if each.status == "approved"]
        if not approved:
            return _Latest(self.shipped(resource).get(identifier))
        last = max(approved, key=order)
        asked = None if last.change == "retire" else requirement_of(last)
        return _Latest(asked, last)


@dataclass(frozen=True, slots=True)
class _Latest:
    """What was approved last of a requirement: None where nothing is asked. Without a version it is as shipped."""

    requirement: InformationRequirement | None
    version: RequirementVersion | None = None

    @property
    def base(self) -> int:
        """The number on which a proposal builds: that of the version, 0 as shipped, -1 where nothing is asked."""
        return -1 if self.requirement is None else self.requirement.version or 0

    def check_governs(self, at: datetime) -> None:
        """Raise VersionWaits if it does not govern yet."""
        since = self.version.effective_from if self.version else None
        if self.version is not None and since is not None and since > at + _SKEW:
            raise VersionWaits(
                f"Version {self.version.version} of {self.version.id} was approved and governs from "
                f"{since:%Y-%m-%d %H:%M} UTC on. Withdraw it, or propose again once it governs."
            )


def differences(before: InformationRequirement | None, after: InformationRequirement | None) -> list[dict[str, Any]]:
    """Return what differs between two versions of a requirement, attribute by attribute."""
    old, new = ({} if each is None else _asked(each) for each in (before, after))
    names = [name for name in {**old, **new} if name != "@type" and old.get(name) != new.get(name)]
    return [
        {"attribute": name}
        | ({"before": old[name]} if name in old else {})
        | ({"after": new[name]} if name in new else {})
        for name in names
    ]


def _asked(requirement: InformationRequirement) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(requirement)
    return {name: value for name, value in said.items() if name not in OF_THE_CATALOGUE}


def _same(one: InformationRequirement, other: InformationRequirement) -> bool:
    return _asked(one) == _asked(other)


def _since(moment: datetime | None, now: datetime) -> datetime:
    if moment is None:
        return now
    if moment < now:
        raise InvalidDocument([Problem("effectiveFrom", "has passed: a rule cannot hold for what was done before")])
    if (moment - now).days > _LATEST:
        raise InvalidDocument([Problem("effectiveFrom", "lies more than ten years ahead")])
    return moment


async def _found(turn: CatalogueTurn, identifier: str, number: int) -> RequirementVersion:
    for each in await turn.versions(identifier=identifier):
        if each.version == number:
            return each
    raise ProposalNotFound


async def _decidable(turn: CatalogueTurn, identifier: str, number: int, by: Actor) -> RequirementVersion:
    found = await _found(turn, identifier, number)
    if found.status != "proposed":
        raise ProposalDecided
    if found.proposed_by == by.name:
        raise SecondPersonNeeded
    return found


async def _decide(
    turn: CatalogueTurn, version: RequirementVersion, *, expected: Collection[str] = ("proposed",)
) -> RequirementVersion:
    if version.decision is not None and len(version.decision) > _LONGEST_WORDS:
        raise InvalidDocument([Problem("decision", f"has more than {_LONGEST_WORDS} characters")])
    if version.decision is not None and not is_kept(version.decision):
        raise InvalidDocument([Problem("decision", NOT_KEPT)])
    if not await turn.decide(version, expected=expected):
        raise ProposalDecided
    return version


def _decided(
    version: RequirementVersion, status: str, *, by: Actor, said: str | None, since: datetime | None = None
) -> RequirementVersion:
    return version._replace(status=status, decided_by=by.name, decided_at=by.at, decision=said, effective_from=since)
