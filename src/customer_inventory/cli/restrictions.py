"""The verbs of restriction: the records of a party are stored and no more, for the time being."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from customer_inventory.access import Access, restriction
from customer_inventory.access.privacy_request import request_id
from customer_inventory.access.restriction import Wished, status_of
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting, in_utc
from customer_inventory.model.problems import read_as
from customer_inventory.repository.restrictions import Restriction as Row
from customer_inventory.settings import Settings

_DEFAULTS = Settings()


def restrict(
    subject: str,
    *,
    reason: str,
    allow: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    until: datetime | None = None,
    request: str | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Restrict the use of a party's records and of all that belongs to it: they are stored and no more (article 18).

    Parameters
    ----------
    subject
        The id of the party, or of a role that it plays.
    reason
        Why, such as "accuracy disputed on 2026-11-02, GDPR 18(1)(a)"; kept, so without personal data.
    allow
        A purpose for which the records may be used all the same, such as legal-claims; may be repeated.
    until
        Until when, in UTC, if that is known. The party is told before it ends.
    request
        The privacy request for which it is done; one of the right to restriction is closed.
    settings
        How the inventory is set up.
    """
    told = {
        "subjectId": subject,
        "reason": reason,
        "allowedPurpose": list(allow),
        "until": in_utc(until),
        "requestId": request,
    }
    return run(_restrict({name: value for name, value in told.items() if value is not None}, settings), settings)


async def _restrict(told: dict[str, object], settings: Settings) -> None:
    wished = read_as(told, Wished)
    asked = request_id(wished.request_id) if wished.request_id is not None else None
    async with acting(settings, "privacy-restrict", privacy=True) as access:
        print(_line(await restriction.restrict(access, wished, request=asked), access))


def lift(subject: str, *, reason: str, settings: Configured = _DEFAULTS) -> int:
    """Lift the restriction of a party's records, once the party was told (article 18(3)).

    Parameters
    ----------
    subject
        The id of the party, or of a role that it plays.
    reason
        Why; kept, so without personal data.
    settings
        How the inventory is set up.
    """
    return run(_lift(subject, reason, settings), settings)


async def _lift(subject: str, reason: str, settings: Settings) -> None:
    async with acting(settings, "privacy-restrict", privacy=True) as access:
        found = await restriction.restriction_of(access, subject)
        print(_line(await restriction.lift(access, found.id, reason=reason), access))


def list_restrictions(*, settings: Configured = _DEFAULTS) -> int:
    """List the restrictions, those that last first.

    Parameters
    ----------
    settings
        How the inventory is set up.
    """
    return run(_list(settings), settings)


async def _list(settings: Settings) -> None:
    async with acting(settings, "privacy-restrict", privacy=True) as access:
        for each in await restriction.restrictions(access):
            print(_line(each, access))


def _line(row: Row, access: Access) -> str:
    parts = [
        str(row.id),
        f"of {row.party_id or 'a party that is erased'}",
        status_of(row, now=access.facilities.clock()),
        f"since {row.since:%Y-%m-%d %H:%M}",
        *([f"until {row.until:%Y-%m-%d %H:%M}"] if row.until else []),
        f"records {row.records}",
        *([f"but for {', '.join(row.purposes)}"] if row.purposes else []),
        row.ground,
    ]
    return "  ".join(parts)
