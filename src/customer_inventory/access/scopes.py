"""Scopes: a token that is narrowed to a part of what its client is granted (RFC 6749 section 3.3), and never widened.

A scope is `resource:verb`, such as customer:read; `*` stands for every resource, or every verb. What a token may do is
what its scope names and its client is granted at the moment of the call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from customer_inventory.access.grants import VERBS, grantable
from customer_inventory.access.guarded import GUARDED
from customer_inventory.access.opened import Principal
from customer_inventory.access.policy.grant import Grant
from customer_inventory.errors import Failure, InventoryError

LONGEST = 1000
EVERY = "*"
Scope = tuple[str, ...]


class InvalidScope(InventoryError):
    """The scope is not understood, or names what the client is not granted.

    Write resource:verb, such as customer:read, with a space between two; `*` stands for every resource or every verb.
    """

    code = "invalid_scope"
    failure = Failure.INVALID


def parse_scope(text: str) -> Scope:
    """Return the scopes of a request, each once. Raises InvalidScope."""
    found = tuple(dict.fromkeys(text.split(" ")))
    if len(text) > LONGEST or not all(map(_known, found)):
        raise InvalidScope(f"The scope is resource:verb, with a space between two, of {LONGEST} characters at most.")
    return found


def supported() -> list[str]:
    """Return the scopes that there are, but for those with `*` in both places."""
    names = sorted(grantable())
    return [*(f"{name}:{EVERY}" for name in names), *(f"{EVERY}:{verb}" for verb in VERBS)]


def within(scope: Scope, principals: Iterable[Principal]) -> None:
    """Return if each scope names something that one of these is granted. Raises InvalidScope."""
    granted = [frozenset(each.grants) for each in principals]
    for each in scope:
        if not any(_narrowed(grants, (each,)) for grants in granted):
            raise InvalidScope(f"The client is granted nothing of {each}.")


def narrowed(principal: Principal, scope: Scope) -> Principal:
    """Return who may do of that what the scope names, and with the same limits and amounts."""
    granted = frozenset(principal.grants)
    grants = _narrowed(granted, scope)
    return replace(principal, grants=grants, limits=_limits(principal.limits, grants), beyond=granted - grants)


@lru_cache(maxsize=1024)
def _narrowed(grants: frozenset[str], scope: Scope) -> frozenset[str]:
    kinds, guarded, found = grantable(), GUARDED.values(), set()
    for each in scope:
        name, _, verb = each.partition(":")
        kind = EVERY if name == EVERY else kinds.get(name)
        for grant in grants:
            granted_verb, _, granted = grant.partition(":")
            if kind is None or verb not in {EVERY, granted_verb}:
                continue
            if kind in {EVERY, granted}:
                found.add(grant)
            elif granted == EVERY and kind not in guarded:
                found.add(f"{granted_verb}:{kind}")
    return frozenset(found)


def _limits(limits: Mapping[str, tuple[Grant, ...]], grants: frozenset[str]) -> dict[str, tuple[Grant, ...]]:
    """Return what limits these grants: what limited a verb on every kind limits it on one."""
    of_every = {
        grant: limits[f"{verb}:{EVERY}"]
        for grant in grants
        if grant not in limits and f"{(verb := grant.partition(':')[0])}:{EVERY}" in limits
    }
    return {**limits, **of_every}


def _known(scope: str) -> bool:
    name, colon, verb = scope.partition(":")
    return bool(colon) and (name == EVERY or name in grantable()) and verb in {EVERY, *VERBS}
