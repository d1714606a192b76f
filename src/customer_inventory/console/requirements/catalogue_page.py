"""The catalogue as a page: what is asked of each attribute, by the records that it is asked of, with what is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from customer_inventory.access import governing
from customer_inventory.access.governing import Proposal
from customer_inventory.console.asking import UnknownChoice
from customer_inventory.console.requirements.saying import (
    MASKS,
    OBLIGATIONS,
    SENSITIVITIES,
    Turned,
    resource_name,
    ruled_in_words,
    sayings,
    turned,
)
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import shown_at
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.governance import RequirementNotFound
from customer_inventory.requirements.requirement import (
    INFORMATION_REQUIREMENT,
    INFORMATION_REQUIREMENT_PROPOSAL,
    InformationRequirement,
)
from customer_inventory.requirements.rules import identifier_of

OPEN = ("draft", "proposed")
CHANGES = {"create": "New", "modify": "Change", "retire": "End"}
STATUSES = {
    "draft": "Draft",
    "proposed": "Waits for a decision",
    "approved": "Approved for later",
    "effective": "In force",
    "superseded": "Was in force",
    "rejected": "Rejected",
    "withdrawn": "Withdrawn",
}
_FURTHER = ("name", "meaning")
"""What the page of a requirement says in its heading already."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requirements are asked for: of one resource, with some words, of one class of protection, mandatory."""

    words: str = ""
    resource: str = ""
    sensitivity: str = ""
    mandatory: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """Read the filter from the page's address. Raises UnknownChoice."""
        sensitivity = query.get("sensitivity", "")
        if sensitivity not in {"", *SENSITIVITIES}:
            raise UnknownChoice
        return cls(query.get("words", ""), query.get("resource", ""), sensitivity, query.get("mandatory") == "yes")

    @property
    def all(self) -> bool:
        """Whether every requirement is asked for."""
        return self == Wanted()

    def fits(self, requirement: InformationRequirement) -> bool:
        """Return whether a requirement is asked for."""
        said = (requirement.name, requirement.attribute, requirement.meaning, requirement.business_owner or "")
        text = " ".join(said).casefold()
        return (
            (not self.resource or requirement.resource == self.resource)
            and (not self.sensitivity or requirement.sensitivity == self.sensitivity)
            and (not self.mandatory or requirement.obligation != "optional")
            and all(word in text for word in self.words.casefold().split())
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement as one line of the catalogue, with the proposals on which nobody has decided."""

    requirement: InformationRequirement
    page: str
    rules: tuple[str, ...]
    open: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The requirements of one resource."""

    resource: str
    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions of one requirement, and what the later says otherwise."""

    one: int
    other: int
    turned: tuple[Turned, ...]


async def catalogue(visit: Visit) -> Response:
    """Answer /requirements: what governs now, and of what does not yet exist what is proposed. Raises Denied."""
    wanted = Wanted.of(visit.query)
    governs = await governing.requirements(visit.access)
    waiting = await _waiting(visit)
    new = [each for each in waiting if each.governing is None and wanted.fits(each.requirement)]
    found = [each for each in governs if wanted.fits(each)]
    return visit.page(
        "requirements.html",
        wanted=wanted,
        groups=_groups(found, waiting),
        found=len(found),
        held=len(governs),
        new=new,
        waiting=len(waiting),
        resources={each.resource: resource_name(each.resource) for each in governs},
        may_propose=may_propose(visit),
        **WORDS,
    )


async def requirement(visit: Visit) -> Response:
    """Answer /requirements/ID: everything that one requirement says, and how it came to. Raises RequirementNotFound."""
    identifier = str(visit.request.path_params["id"])
    versions = await _versions(visit, identifier)
    governs = await _governing(visit, identifier, ended=bool(versions))
    last = governs or versions[-1].requirement
    known = {0: shipped_as(identifier), **{each.version.version: each.requirement for each in versions}}
    numbers = [number for number, each in known.items() if each is not None]
    return visit.page(
        "requirement.html",
        status=200 if governs else 410,
        requirement=last,
        governs=governs,
        identifier=identifier,
        address=page_of(identifier),
        sayings=[saying for saying in sayings(last) if saying.key not in _FURTHER],
        versions=versions[::-1],
        waiting=[each for each in versions if each.status in OPEN],
        numbers=numbers,
        compared=_compared(visit.query, known),
        may_propose=may_propose(visit),
        **WORDS,
    )


def page_of(identifier: str) -> str:
    """Return the address of the page of a requirement."""
    return f"/requirements/{quote(identifier, safe='.')}"


def proposal_page_of(identifier: str) -> str:
    """Return the address of the page of a proposal."""
    return f"/proposals/{quote(identifier, safe='.@')}"


def shipped_as(identifier: str) -> InformationRequirement | None:
    """Return a requirement as the product ships it."""
    return shipped(identifier.partition(".")[0]).get(identifier)


def may_propose(visit: Visit) -> bool:
    """Return whether the person may propose."""
    return visit.access.may("create", INFORMATION_REQUIREMENT_PROPOSAL)


def may_decide(visit: Visit) -> bool:
    """Return whether the person may decide on what others proposed."""
    return visit.access.may("modify", INFORMATION_REQUIREMENT)


WORDS: dict[str, Any] = {
    "obligations": OBLIGATIONS,
    "sensitivities": SENSITIVITIES,
    "masks": MASKS,
    "proposal_page": proposal_page_of,
    "requirement_page": page_of,
    "resource_name": resource_name,
    "changes": CHANGES,
    "statuses": STATUSES,
    "shown_at": shown_at,
}
"""What the templates of these pages call by name."""


async def _waiting(visit: Visit) -> list[Proposal]:
    if not visit.access.may("read", INFORMATION_REQUIREMENT_PROPOSAL):
        return []
    return await governing.proposals(visit.access, statuses=OPEN)


async def _versions(visit: Visit, identifier: str) -> list[Proposal]:
    if not visit.access.may("read", INFORMATION_REQUIREMENT_PROPOSAL):
        return []
    return await governing.proposals(visit.access, identifier=identifier)


async def _governing(visit: Visit, identifier: str, *, ended: bool) -> InformationRequirement | None:
    """What governs under the id; None for one that ended or is only proposed. Raises RequirementNotFound."""
    try:
        return await governing.requirement(visit.access, identifier)
    except RequirementNotFound:
        if not ended:
            raise
        return None


def _groups(found: Sequence[InformationRequirement], waiting: Sequence[Proposal]) -> list[Group]:
    names = dict.fromkeys(each.resource for each in found)
    groups = []
    for name in names:
        lines = [_line(each, waiting) for each in found if each.resource == name]
        groups.append(Group(name, resource_name(name), tuple(lines)))
    return groups


def _line(requirement: InformationRequirement, waiting: Sequence[Proposal]) -> Line:
    identifier = identifier_of(requirement)
    opened = tuple(each for each in waiting if each.version.id == identifier)
    return Line(requirement, page_of(identifier), ruled_in_words(requirement), opened)


def _compared(query: Mapping[str, str], known: Mapping[int, InformationRequirement | None]) -> Compared | None:
    """What the address asks to compare. Raises UnknownChoice for versions that there are not."""
    if "from" not in query and "to" not in query:
        return None
    texts = (query.get("from", ""), query.get("to", ""))
    if not all(text.isascii() and text.isdigit() and len(text) < 9 and known.get(int(text)) for text in texts):
        raise UnknownChoice
    one, other = map(int, texts)
    return Compared(one, other, turned(known[one], known[other]))
