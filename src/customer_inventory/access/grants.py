"""Grants: which verbs a process may use on which kinds of record. Nothing is granted unless it is written down.

A grant is "verb:kind"; "*" in place of the kind means every kind there is or will be, except
those that are guarded (`guarded`). The verbs are those of eTOM
1.3.16: create, modify (a part of a record), update (replace from a source), delete, download (bulk out); and read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from customer_inventory.access.guarded import CONSENT, GUARDED
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES
from customer_inventory.model.tmf672 import REGISTER
from customer_inventory.model.tmf688 import TOPIC
from customer_inventory.requirements.requirement import CATALOGUE_KINDS

TRAIL = "trail"
"""The kind that grants name as trailEntry."""

OWN_KINDS = {
    "consent": CONSENT,
    "receivedEvent": "received_event",
    "trailEntry": TRAIL,
    TOPIC.name: TOPIC.kind,
    **CATALOGUE_KINDS,
    **GUARDED,
}
"""What grants can name besides the resources of the Open APIs, with the kind it stands for."""

OWN_VERBS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys((each.kind for each in REGISTER.values()), ("read",)),
    CONSENT: ("create", "read"),
    "received_event": ("create", "read"),
    TRAIL: ("read", "download"),
    TOPIC.kind: ("create", "delete", "read"),
    CATALOGUE_KINDS["informationRequirement"]: ("modify", "read"),
    CATALOGUE_KINDS["informationRequirementProposal"]: ("create", "read"),
    GUARDED["accessReview"]: ("create", "modify", "read"),
    GUARDED["download"]: ("modify", "download", "read"),
    GUARDED["key"]: ("modify", "read"),
    GUARDED["person"]: ("create", "modify", "delete", "read"),
    GUARDED["privacyRequest"]: ("create", "modify", "read"),
    GUARDED["registration"]: ("create", "modify", "read"),
    GUARDED["restriction"]: ("create", "delete", "read"),
    GUARDED["session"]: ("delete", "read"),
}
"""What there is to do with kinds that are not records, by kind; records know every verb."""

VERBS = ("create", "modify", "update", "delete", "download", "read")


ON_GUARDED = frozenset(f"{verb}:{kind}" for verb in VERBS for kind in GUARDED.values())
"""Every grant on what a grant on everything does not cover: the command line's, which owns the data anyway."""


class InvalidGrant(InventoryError):
    """The grant is not understood.

    Write `all`, a verb (create, modify, update, delete, download, read), or verb:resource such as read:customer.
    """

    code = "invalid-grant"
    failure = Failure.INVALID


class Denied(InventoryError):
    """The process is not granted this.

    Access is denied unless it is granted; ask the owner of the inventory to register the grant that is missing.
    """

    code = "denied"
    failure = Failure.DENIED


def parse_grants(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the (verb, kind) pairs that grant expressions stand for. Raises InvalidGrant."""
    kinds = grantable()
    pairs: dict[tuple[str, str], None] = {}
    for text in (part.strip() for expression in texts for part in expression.split(",")):
        if text == "all":
            pairs.update(dict.fromkeys((verb, "*") for verb in VERBS))
            continue
        verb, _, name = text.partition(":")
        if verb not in VERBS or (name not in kinds and name not in {"", "*"}):
            raise InvalidGrant(
                f"The grant {text!r} is not understood. Write all, a verb ({', '.join(VERBS)}), "
                f"or verb:resource with one of {', '.join(sorted(kinds))}."
            )
        pairs[verb, kinds.get(name, "*")] = None
    return list(pairs)


def grantable() -> dict[str, str]:
    """Return the kinds that a verb can be granted on, by the name of the resource."""
    resources = (*RESOURCES.values(), *REGISTER.values())
    return {**{resource.name: resource.kind for resource in resources}, **OWN_KINDS}


def named(kind: str) -> str:
    """Return what grants call a kind."""
    return next((name for name, each in grantable().items() if each == kind), kind)


def allows(grants: frozenset[str], verb: str, kind: str) -> bool:
    """Return whether the grants hold this verb on this kind."""
    return f"{verb}:{kind}" in grants or (f"{verb}:*" in grants and kind not in GUARDED.values())
