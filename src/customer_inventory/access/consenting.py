"""Consenting: what parties say to the use of their data for a purpose, kept with its evidence, and what holds of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from customer_inventory.access.access import Access, RecordNotFound
from customer_inventory.access.guarded import CONSENT
from customer_inventory.access.opened import Restricted
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import bucket_of, new_id
from customer_inventory.model.belonging import PARTIES
from customer_inventory.repository.consents import Fact, Resolved

MOST_FACTS = 1000


class InvalidConsent(InventoryError):
    """The consent cannot be kept as it is.

    It says for which purpose, whether it is given or withdrawn, and, if given, what shows that; its end is after it.
    """

    code = "invalid-consent"
    failure = Failure.INVALID


@dataclass(frozen=True, slots=True)
class Said:
    """What a party says; without `said_at` it says so now."""

    party: UUID
    purpose: str
    given: bool
    said_at: datetime | None = None
    expires_at: datetime | None = None
    document_version: str | None = None
    evidence: str | None = None
    agreement: UUID | None = None


async def say(access: Access, said: Said) -> Fact:
    """Keep what a party says.

    Raises Denied, RecordNotFound where there is no such party, InvalidConsent, and Restricted for a consent that would
    be given of what is restricted: to withdraw one is always possible.
    """
    await access.require("create", CONSENT)
    facilities = access.facilities
    now = facilities.clock()
    at = said.said_at or now
    if at > now or (said.expires_at is not None and said.expires_at <= at):
        raise InvalidConsent("A consent is said in the past or now, and ends later than that.")
    if said.given and not said.evidence:
        raise InvalidConsent("A consent that is given says what shows that, in evidence.")
    found = await facilities.repository.surroundings.kept([said.party], kinds=list(PARTIES))
    if not any(found.get(said.party, {}).values()):
        await access.note("create", CONSENT, "absent", (str(said.party),))
        raise RecordNotFound(f"The inventory holds no party {said.party}.")
    if said.given:
        await _require_free(access, said.party, verb="create")
    identifier = new_id(bucket=bucket_of(said.party), at=now, randomness=facilities.randomness)
    fact = Fact(
        identifier,
        said.party,
        said.purpose.lower(),
        said.given,
        at,
        said.expires_at if said.given else None,
        said.document_version,
        said.evidence,
        said.agreement,
        now,
        access.principal.client_id,
        access.principal.person,
    )
    await facilities.repository.register.consents.add(fact)
    await access.note("create", CONSENT, "done", (str(said.party),))
    return fact


async def facts(access: Access, party: UUID) -> list[Fact]:
    """Return what a party said, newest first, at most `MOST_FACTS`. Raises Denied and Restricted."""
    await access.require("read", CONSENT)
    await _require_free(access, party)
    found = await access.facilities.repository.register.consents.facts(party, limit=MOST_FACTS)
    await access.note("read", CONSENT, "shown" if found else "absent", (str(party),))
    return found


async def resolved(access: Access, party: UUID) -> list[Resolved]:
    """Return what holds for a party now, by purpose. Raises Denied and Restricted."""
    await access.require("read", CONSENT)
    await _require_free(access, party)
    found = await access.facilities.repository.register.consents.resolved(party, at=access.facilities.clock())
    await access.note("read", CONSENT, "shown" if found else "absent", (str(party),))
    return found


async def _require_free(access: Access, party: UUID, *, verb: str = "read") -> None:
    if await access.withheld([str(party)]):
        await access.note(verb, CONSENT, "refused", (str(party),))
        raise Restricted
