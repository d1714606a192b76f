"""The verbs of the catalogue that decide: submit, approve, reject and withdraw proposals."""

from __future__ import annotations

from datetime import UTC, datetime

from customer_inventory.access import governing as catalogue
from customer_inventory.access.gaps import DAYS
from customer_inventory.access.impact import impact as find_impact
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.requirement import line, named, opened_access, requirement
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.requirements.wording import index_in_words
from customer_inventory.settings import Settings

_DEFAULTS = Settings()


class UnreadableMoment(InventoryError):
    """The moment is no date-time with a zone.

    Write it as 2027-01-31T12:00:00Z.
    """

    code = "unreadable-moment"
    failure = Failure.USAGE


@requirement.command
def submit(proposal: str, *, settings: Configured = _DEFAULTS) -> int:
    """Hand your own draft in for a decision.

    Parameters
    ----------
    proposal
        The draft, such as individual.birthDate@3.
    settings
        How the inventory is set up.
    """
    return run(_submit(proposal, settings), settings)


async def _submit(proposal: str, settings: Settings) -> None:
    async with opened_access(settings) as access:
        print(line(await catalogue.submit(access, *named(proposal))))


@requirement.command
def impact(proposal: str, *, settings: Configured = _DEFAULTS) -> int:
    """Show what approving a proposal would do: how many stored records break it, from which sources, and which.

    Parameters
    ----------
    proposal
        The proposal, such as individual.birthDate@3.
    settings
        How the inventory is set up.
    """
    return run(_impact(proposal, settings), settings)


async def _impact(proposal: str, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = await find_impact(access, *named(proposal))
    print(line(found.proposal))
    for each in found.rules:
        counted = f"{each.broken:,} of {found.examined:,} break it, {each.broken_now:,} now"
        print(f"  {each.code} ({each.enforcement}): {counted}")
        for source, number in each.by_source.items():
            print(f"    {number:,} from {source or '(no source)'}")
        if each.samples:
            print(f"    such as {', '.join(each.samples)}")
    if found.index_seconds is not None:
        print(f"  the index takes about {found.index_seconds:,.0f} s")
        print(f"  {index_in_words(found.index_too_long)}")
    print(f"  asked for by name in {DAYS} days by {', '.join(found.users) or 'no client'}")
    for verb, roles in (("masked to", found.losing), ("no longer masked to", found.gaining)):
        if roles:
            print(f"  {verb} people with the role {', '.join(roles)}")
    print(f"  read by {', '.join(found.readers) or 'no client'}; written by {', '.join(found.writers) or 'no client'}")


@requirement.command
def approve(
    proposal: str, *, effective_from: str | None = None, decision: str | None = None, settings: Configured = _DEFAULTS
) -> int:
    """Let a proposal that somebody else made govern, on every running server within a second.

    Parameters
    ----------
    proposal
        The proposal, such as individual.birthDate@3.
    effective_from
        From when on, as 2027-01-31T12:00:00Z; at once when not given.
    decision
        What is said about the decision.
    settings
        How the inventory is set up.
    """
    return run(_approve(proposal, effective_from, decision, settings), settings)


async def _approve(proposal: str, effective_from: str | None, decision: str | None, settings: Settings) -> None:
    since = None if effective_from is None else _moment(effective_from)
    async with opened_access(settings) as access:
        print(line(await catalogue.approve(access, *named(proposal), said=decision, effective_from=since)))


@requirement.command
def reject(proposal: str, *, decision: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """Turn a proposal that somebody else made down.

    Parameters
    ----------
    proposal
        The proposal, such as individual.birthDate@3.
    decision
        What is said about the decision.
    settings
        How the inventory is set up.
    """
    return run(_reject(proposal, decision, settings), settings)


async def _reject(proposal: str, decision: str | None, settings: Settings) -> None:
    async with opened_access(settings) as access:
        print(line(await catalogue.reject(access, *named(proposal), said=decision)))


@requirement.command
def withdraw(proposal: str, *, decision: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """Take your own draft or proposal back, also an approved one that does not govern yet.

    Parameters
    ----------
    proposal
        The proposal, such as individual.birthDate@3.
    decision
        What is said about it.
    settings
        How the inventory is set up.
    """
    return run(_withdraw(proposal, decision, settings), settings)


async def _withdraw(proposal: str, decision: str | None, settings: Settings) -> None:
    async with opened_access(settings) as access:
        print(line(await catalogue.withdraw(access, *named(proposal), said=decision)))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableMoment from error
    if moment.tzinfo is None:
        raise UnreadableMoment
    return moment.astimezone(UTC)
