"""Granting: what the owner of the inventory writes to grant something, short or limited, and changes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from customer_inventory.access.grants import named, parse_grants
from customer_inventory.access.policy import Grant, parse_policy, written
from customer_inventory.access.policy.possible import doubts, refuse_impossible
from customer_inventory.clock import Clock
from customer_inventory.repository.register import Client, Register

_PRIVILEGED = frozenset({"delete", "download"})


def granted(texts: Iterable[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what texts grant: short ones as (verb, kind) pairs, and the others as lines of a policy, written alike.

    A line has attributes in parentheses, a short one never. Raises InvalidGrant or InvalidPolicy.
    """
    given = [text.strip() for text in texts]
    short, long = ([text for text in given if ("(" in text) is way] for way in (False, True))
    return parse_grants(short), [written(grant) for grant in parse_policy(long)]


def check_granted(texts: Iterable[str], *, purposes: Collection[str], now: datetime) -> None:
    """Return if each of these grants may let something through to who is registered for these purposes, from now on.

    Raises InvalidGrant, InvalidPolicy or ImpossibleGrant.
    """
    pairs, policy = granted(texts)
    short = [Grant(verb, kind) for verb, kind in pairs]
    refuse_impossible([*short, *parse_policy(policy)], purposes=purposes, now=now)


def doubts_of(texts: Iterable[str]) -> list[str]:
    """Return what is odd about grants, and most likely a mistake, a sentence each. Raises as `granted` does."""
    pairs, policy = granted(texts)
    return list(doubts(frozenset(f"{verb}:{kind}" for verb, kind in pairs), parse_policy(policy)))


def is_privileged(texts: Iterable[str]) -> bool:
    """Return whether grants let delete, or download, or do something to every kind.

    Raises InvalidGrant or InvalidPolicy.
    """
    pairs, policy = granted(texts)
    pairs += [(grant.verb, grant.kind) for grant in parse_policy(policy)]
    return any(verb in _PRIVILEGED or kind == "*" for verb, kind in pairs)


@dataclass(frozen=True, slots=True)
class Regranted:
    """What a change of grants takes from a client and gives it, a line each."""

    taken: list[str]
    given: list[str]


async def regrant(register: Register, client: Client, grants: Iterable[str], *, clock: Clock, dry: bool) -> Regranted:
    """Grant a client this and nothing else; with `dry` tell only what that would change.

    Raises InvalidGrant, InvalidPolicy and ImpossibleGrant.
    """
    texts = list(grants)
    check_granted(texts, purposes=client.purposes, now=clock())
    pairs, policy = granted(texts)
    before = {*(_line(grant) for grant in client.grants), *client.policy}
    after = {*(_line(f"{verb}:{kind}") for verb, kind in pairs), *policy}
    if not dry:
        await register.set_grants(client.client_id, grants=pairs, policy=policy)
    return Regranted(sorted(before - after), sorted(after - before))


def _line(grant: str) -> str:
    verb, _, kind = grant.partition(":")
    return f"{verb}:{named(kind)}"
