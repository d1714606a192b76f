"""The pages on which a requirement is proposed, changed or ended; what was typed stays when it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import Response

from customer_inventory.access import governing
from customer_inventory.access.grants import Denied
from customer_inventory.console.asking import UnknownChoice
from customer_inventory.console.requirements.catalogue_page import WORDS, page_of, proposal_page_of
from customer_inventory.console.requirements.form import (
    CHOICES,
    FACETS,
    LISTS,
    TEXTS,
    Typed,
    added_to,
    field_of,
    kept_rules,
    known_attributes,
    requirement_typed,
    typed_of,
)
from customer_inventory.console.requirements.saying import (
    ENFORCEMENTS,
    FORMATS,
    TYPES,
    period_words,
    resource_name,
    rule_in_words,
)
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import spelled
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES, InvalidDocument, Resource
from customer_inventory.model.problems import Problem
from customer_inventory.requirements.governance import NothingProposed, Proposed, TooManyProposals, VersionWaits
from customer_inventory.requirements.requirement import (
    DIMENSIONS,
    INFORMATION_REQUIREMENT_PROPOSAL,
    LAWFUL_BASES,
    STANDARDS,
    InformationRequirement,
)
from customer_inventory.requirements.rules import identifier_of

_FIELDS = (*TEXTS, *CHOICES, *LISTS, "attribute", "reason", "confirmWithin", *(f"valueRule.{each}" for each in FACETS))
_FIELDS += ("retention.period", "retention.trigger", "retention.ground")
_MORE = frozenset(_FIELDS) - {"name", "attribute", "meaning", "obligation", "valueRule.codeList", "reason"}
_UNITS = {"Y": "years", "M": "months", "D": "days"}


class ProposingNotGranted(InventoryError):
    """Your role may look at requirements and proposals, but not make them.

    Ask a steward or an administrator to propose it.
    """

    code = "proposing-not-granted"
    failure = Failure.DENIED


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong with a form: told at its fields, and beside them what belongs to none."""

    fields: Mapping[str, str]
    rest: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    """What the fields are called, where that is not what they are named."""

    @classmethod
    def of(cls, error: InventoryError, known: frozenset[str]) -> Refused:
        """Put the problems of an error to the fields that are known."""
        if not isinstance(error, InvalidDocument):
            return cls({}, (error.message,))
        fields: dict[str, str] = {}
        rest = []
        for problem in error.problems:
            name = field_of(problem.path)
            if name in known:
                fields.setdefault(name, problem.reason)
            else:
                rest.append(str(problem))
        return cls(fields, tuple(rest), {name: _called(name) for name in fields})


async def new(visit: Visit) -> Response:
    """Answer /requirements/new: choose the records, then say what is asked of them; proposed, it leads to its page."""
    await _require(visit)
    typed = await visit.form() if visit.posted else {}
    name = typed.get("resource") or visit.query.get("resource", "")
    names = await _resource_names(visit)
    if not name:
        return visit.page("requirement-start.html", resources=names)
    if name not in names:
        raise UnknownChoice
    resource = await governing.resource_named(visit.access, name)
    start = {**CHOICES, "from": "own" if added_to(resource) else "known", "enforcement": "refuse"}
    return await _answer(visit, resource, typed or start, before=None)


async def change(visit: Visit) -> Response:
    """Answer /requirements/ID/change. Raises RequirementNotFound."""
    await _require(visit)
    before = await governing.requirement(visit.access, str(visit.request.path_params["id"]))
    resource = await governing.resource_named(visit.access, before.resource)
    typed = await visit.form() if visit.posted else typed_of(before)
    return await _answer(visit, resource, typed, before=before)


async def end(visit: Visit) -> Response:
    """Answer /requirements/ID/end: propose that the requirement is asked no more. Raises RequirementNotFound."""
    await _require(visit)
    before = await governing.requirement(visit.access, str(visit.request.path_params["id"]))
    typed = await visit.form() if visit.posted else {}
    refused = None
    if visit.posted:
        try:
            made = await governing.propose(visit.access, Proposed(before, typed.get("reason", ""), retires=True))
            return visit.see(f"{proposal_page_of(made.id)}?done=proposed")
        except (InvalidDocument, TooManyProposals, VersionWaits) as error:
            refused = Refused.of(error, frozenset({"reason"}))
    return visit.page(
        "requirement-end.html",
        status=400 if refused else 200,
        requirement=before,
        back=page_of(identifier_of(before)),
        typed=typed,
        refused=refused or Refused({}, ()),
        **WORDS,
    )


async def _answer(visit: Visit, resource: Resource, typed: Typed, *, before: InformationRequirement | None) -> Response:
    if not visit.posted:
        return _form(visit, resource, typed, before=before)
    try:
        asked = requirement_typed(typed, resource, before=before)
        _check_reason(typed)
        if before is None:
            await _check_new(visit, asked, at="name" if typed.get("from") == "own" else "attribute")
        proposed = Proposed(asked, typed.get("reason", ""), draft=typed.get("as") == "draft")
        made = await governing.propose(visit.access, proposed)
    except (InvalidDocument, NothingProposed, TooManyProposals, VersionWaits) as error:
        problems = _with_reason(error, typed)
        return _form(visit, resource, typed, before=before, error=problems)
    return visit.see(f"{proposal_page_of(made.id)}?done={made.status if made.status == 'draft' else 'proposed'}")


async def _check_new(visit: Visit, asked: InformationRequirement, *, at: str) -> None:
    """Raise InvalidDocument for what governs already: a new requirement would drop all that it does not say."""
    if identifier_of(asked) in await visit.access.facilities.catalogue.requirements(asked.resource):
        reason = "is governed already. Propose a change on the page of its requirement, so that nothing of it is lost"
        raise InvalidDocument([Problem(at, reason)])


def _check_reason(typed: Typed) -> None:
    if not typed.get("reason", "").strip():
        raise InvalidDocument([])


def _with_reason(error: InventoryError, typed: Typed) -> InventoryError:
    """The same error, which speaks of a missing reason too: everything is told at once."""
    if typed.get("reason", "").strip() or not isinstance(error, InvalidDocument):
        return error
    others = [problem for problem in error.problems if problem.path != "reason"]
    return InvalidDocument([*others, Problem("reason", "is needed: whoever decides wants to know why")])


def _form(
    visit: Visit,
    resource: Resource,
    typed: Typed,
    *,
    before: InformationRequirement | None,
    error: InventoryError | None = None,
) -> Response:
    known = frozenset({*_FIELDS, *(f"qualityTarget.{each}" for each in DIMENSIONS)})
    unit = typed.get("retention.unit", "")
    units = {**_UNITS, **({unit: period_words(unit)} if unit.startswith("P") else {})}
    return visit.page(
        "requirement-form.html",
        status=error.failure.status if error else 200,
        resource=resource.name if before is None else before.resource,
        before=before,
        back=page_of(identifier_of(before)) if before else "/requirements",
        typed=typed,
        refused=Refused.of(error, known) if error else Refused({}, ()),
        attributes=known_attributes(resource) if before is None else [],
        own=added_to(resource),
        kept=[rule_in_words(rule) for rule in kept_rules(before)],
        more=bool(error) and any(field_of(each) in _MORE for each in _paths(error)),
        enforcements=ENFORCEMENTS,
        types=TYPES,
        formats=FORMATS,
        bases={each: each.capitalize() for each in LAWFUL_BASES},
        standards={each: each.capitalize() for each in STANDARDS},
        dimensions=DIMENSIONS,
        units=units,
        **WORDS,
    )


def _paths(error: InventoryError | None) -> list[str]:
    return [problem.path for problem in error.problems] if isinstance(error, InvalidDocument) else []


def _called(name: str) -> str:
    named = {"name": "Heading", "reason": "Why", "valueRule.codeList": "Allowed values", "businessOwner": "Owner"}
    return named.get(name) or spelled(name.rpartition(".")[2])


async def _require(visit: Visit) -> None:
    """Return if the person may propose. Raises ProposingNotGranted."""
    try:
        await visit.access.require("create", INFORMATION_REQUIREMENT_PROPOSAL.kind)
    except Denied as error:
        raise ProposingNotGranted from error


async def _resource_names(visit: Visit) -> dict[str, str]:
    classes = await visit.access.facilities.classes.by_name()
    return {name: resource_name(name) for name in (*RESOURCES, *classes)}
