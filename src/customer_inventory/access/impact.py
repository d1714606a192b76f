"""Impact: what approving a proposal would do to what is stored, to the engine, and to who works with the attribute.

Counts are of every record at one moment. Which records they are is told to who may read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from customer_inventory.access.gaps import DAYS
from customer_inventory.access.governing import Proposal, proposal, resource_named
from customer_inventory.access.grants import allows
from customer_inventory.access.opened import Opened
from customer_inventory.access.roles import ROLE_GRANTS, UNMASKED_ROLES
from customer_inventory.model import Resource
from customer_inventory.model.ruling import Rule
from customer_inventory.repository.register import Client
from customer_inventory.requirements.catalogue import class_of, compiled
from customer_inventory.requirements.gaps import use
from customer_inventory.requirements.masking import masks_of
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import identifier_of
from customer_inventory.requirements.unique import unique_of, unique_rule

WITHIN_S = 60.0
SAMPLES = 5
_READING = ("read", "download")
_WRITING = ("create", "modify", "update")


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """What one rule would come to: how many records break it, now break the rule of this name, by source, and some."""

    code: str
    enforcement: str
    reason: str
    broken: int
    broken_now: int
    by_source: Mapping[str, int]
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """What approving a proposal would do.

    `examined` records of a `kind` were held against `rules`; `index_seconds` is about how long an index would take,
    None when none is asked for anew, and `index_too_long` of how many records the value is too long for it, None also
    where that took too long to say. `readers` and `writers` are the clients that may read the attribute, and write it;
    `users` are those that asked for it by name in the last `DAYS` days. `losing` are the roles of people who would see
    it masked from then on, `gaining` those who would see it as it is.
    """

    proposal: Proposal
    kind: str
    examined: int
    rules: tuple[RuleImpact, ...]
    index_seconds: float | None
    index_too_long: int | None
    readers: tuple[str, ...]
    writers: tuple[str, ...]
    users: tuple[str, ...]
    losing: tuple[str, ...]
    gaining: tuple[str, ...]


async def impact(access: Opened, identifier: str, number: int, *, within_s: float = WITHIN_S) -> Impact:
    """Return what approving a proposal would do, counted within so many seconds.

    Raises Denied, ProposalNotFound, WeighingTooLong and RepositoryUnavailable.
    """
    found = await proposal(access, identifier, number)
    resource = await resource_named(access, found.version.resource)
    asked = None if found.version.change == "retire" else found.requirement
    after = compiled([asked], resource) if asked else []
    before = compiled([found.governing], resource) if found.governing else []
    examined, rules = await _weighed(access, resource, after, before, within_s)
    if asked is not None and asked.unique:
        rules += (await _repeated(access, found, resource, within_s),)
    clients = await access.facilities.repository.register.clients()
    return Impact(
        proposal=found,
        kind=resource.kind,
        examined=examined,
        rules=rules,
        index_seconds=await _index(access, found, resource),
        index_too_long=await _too_long(access, found, resource, within_s),
        readers=_granted(clients, _READING, resource),
        writers=_granted(clients, _WRITING, resource),
        users=await _users(access, clients, found, resource),
        losing=_masked_roles(found.governing, asked, resource),
        gaining=_masked_roles(asked, found.governing, resource),
    )


async def _weighed(
    access: Opened, resource: Resource, after: list[Rule], before: list[Rule], within_s: float
) -> tuple[int, tuple[RuleImpact, ...]]:
    """Count the records that would break each rule, and those that break the one of its name that governs now."""
    weighed = await access.facilities.repository.rulings.weigh(
        resource.kind,
        [*after, *before],
        now=access.facilities.clock(),
        within_s=within_s,
        samples=SAMPLES if access.may_every("read", resource.kind) else 0,
        by_source=True,
        attributes=resource.attributes,
        named=class_of(resource),
        use=access.use,
    )
    await access.note("read", resource.kind, "shown", ())
    known = {weight.rule.code: weight.broken for weight in weighed.weights[len(after) :]}
    hidden = await access.withheld({each for weight in weighed.weights for each in weight.samples})
    return weighed.examined, tuple(
        RuleImpact(
            weight.rule.code,
            weight.rule.enforcement,
            weight.rule.reason,
            weight.broken,
            known.get(weight.rule.code, 0),
            {source or "": count for source, count in weight.by_source.most_common()},
            tuple(each for each in weight.samples if each not in hidden),
        )
        for weight in weighed.weights[: len(after)]
    )


async def _repeated(access: Opened, found: Proposal, resource: Resource, within_s: float) -> RuleImpact:
    """Count the records that have a value of the attribute that another one has too."""
    asked = found.requirement
    rule = unique_rule(identifier_of(asked), asked.attribute, asked.enforcement)
    demanded = unique_of(asked, resource)
    shared = await access.facilities.repository.sharing.shared(
        demanded.kind,
        demanded.prefixes,
        named=demanded.named,
        samples=SAMPLES if access.may_every("read", resource.kind) else 0,
        within_s=within_s,
        use=access.use,
    )
    hidden = await access.withheld(shared.samples)
    return RuleImpact(
        rule.code,
        rule.enforcement,
        rule.reason,
        shared.number,
        shared.number if found.governing and found.governing.unique else 0,
        {source or "": count for source, count in shared.by_source.most_common()},
        tuple(each for each in shared.samples if each not in hidden),
    )


async def _index(access: Opened, found: Proposal, resource: Resource) -> float | None:
    """Return about how many seconds an index would take that is asked for anew."""
    if not _asks_for_index(found):
        return None
    return await access.facilities.repository.indexing.estimate(resource.kind, found.requirement.attribute)


async def _too_long(access: Opened, found: Proposal, resource: Resource, within_s: float) -> int | None:
    """Return how many records have a value that is too long for an index that is asked for anew."""
    if not _asks_for_index(found):
        return None
    indexing, path = access.facilities.repository.indexing, found.requirement.attribute
    return await indexing.too_long(resource.kind, path, within_s=within_s)


def _asks_for_index(found: Proposal) -> bool:
    was = found.governing is not None and found.governing.searchable
    return found.version.change != "retire" and found.requirement.searchable and not was


async def _users(access: Opened, clients: Iterable[Client], found: Proposal, resource: Resource) -> tuple[str, ...]:
    """Return the names of the clients that asked for the attribute by name."""
    since = access.facilities.clock() - timedelta(days=DAYS)
    async with access.facilities.repository.gaps.look(resource.kind) as look:
        uses = await look.uses(resource.kind, since=since)
    ids = use(found.requirement.attribute, uses.named).client_ids
    names = {client.client_id: client.name for client in clients}
    return tuple(sorted(names.get(each, each) for each in ids))


def _masked_roles(
    before: InformationRequirement | None, after: InformationRequirement | None, resource: Resource
) -> tuple[str, ...]:
    """Return the roles of people who read the resource, and to whom the attribute is masked after and not before."""
    masked = {role for role in ROLE_GRANTS.keys() - UNMASKED_ROLES if allows(ROLE_GRANTS[role], "read", resource.kind)}
    was, will_be = (bool(masks_of([each])) if each else False for each in (before, after))
    return tuple(sorted(masked)) if will_be and not was else ()


def _granted(clients: Iterable[Client], verbs: tuple[str, ...], resource: Resource) -> tuple[str, ...]:
    """Return the names of the active clients that are granted one of the verbs on a resource."""
    return tuple(
        client.name
        for client in clients
        if client.status == "active" and any(allows(client.grants, verb, resource.kind) for verb in verbs)
    )
