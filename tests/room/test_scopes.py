"""Scopes: whatever a token asks for, it may do nothing that its client is not granted, or that it did not ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.access import Desk
from customer_inventory.access.clients import authenticate_client, register_client
from customer_inventory.access.grants import VERBS, Denied, allows, grantable
from customer_inventory.access.opened import Principal
from customer_inventory.access.scopes import InvalidScope, narrowed, parse_scope, supported, within
from customer_inventory.access.tokens import InvalidToken
from customer_inventory.clock import system_clock
from tests.room.test_tokens import claims, key, signed

__all__ = ["key"]

NAMES = sorted(grantable())
granted = st.frozensets(
    st.builds("{}:{}".format, st.sampled_from(VERBS), st.sampled_from(["*", *grantable().values()])), max_size=8
)
scopes = st.lists(
    st.builds("{}:{}".format, st.sampled_from(["*", *NAMES]), st.sampled_from(["*", *VERBS])),
    min_size=1, max_size=6, unique=True,
).map(tuple)  # fmt: skip


@given(granted, scopes)
def test_a_narrowed_token_may_do_what_is_granted_and_asked_for_and_nothing_else(
    grants: frozenset[str], scope: tuple[str, ...]
) -> None:
    principal = narrowed(Principal("c", ("p",), grants, None), scope)
    asked = {(name, verb) for name, _, verb in (each.partition(":") for each in scope)}
    for name, kind in grantable().items():
        for verb in VERBS:
            named = any((each, any_verb) in asked for each in (name, "*") for any_verb in (verb, "*"))
            assert allows(principal.grants, verb, kind) == (named and allows(grants, verb, kind)), (verb, kind)


@given(scopes)
def test_a_scope_is_read_as_it_is_written(scope: tuple[str, ...]) -> None:
    assert parse_scope(" ".join(scope)) == scope


@pytest.mark.parametrize(
    "text",
    ["", " ", "customer", "customer:", ":read", "read:customer", "customer:admin", "nobody:read", "customer:read ",
     "customer:read  individual:read", "customer:read,individual:read", "Customer:read", "customer:read\n", "*",
     "customer:read\0", "openid", "*:*:*", "\udcff:read", " ".join(["customer:read"] * 1000)],
)  # fmt: skip
def test_what_is_no_scope_is_refused(text: str) -> None:
    with pytest.raises(InvalidScope):
        parse_scope(text)


def test_every_scope_that_is_told_of_is_one() -> None:
    assert parse_scope(" ".join(supported()[:20]))
    assert all(parse_scope(each) for each in supported())


def test_what_limits_every_kind_limits_one() -> None:
    limits = {"read:*": ("a",), "read:customer": ("b",)}
    principal = Principal("c", ("p",), frozenset({"read:*", "read:customer"}), None, limits)  # type: ignore[arg-type]
    found = narrowed(principal, ("individual:read", "customer:read"))
    assert found.limited("read", "individual") == ("a",)
    assert found.limited("read", "customer") == ("b",)
    with pytest.raises(InvalidScope):
        within(("customer:read", "customer:delete"), [principal])


async def test_the_desk_holds_a_token_to_its_scope(desk: Desk) -> None:
    register = desk.repository.register
    made = await register_client(
        register, name="wide", purposes=[], grants=["read,create"], by="tester", clock=system_clock
    )
    assert made.client_secret is not None
    client = await authenticate_client(
        register, client_id=made.client_id, secret=made.client_secret, clock=system_clock
    )

    async def opened(scope: tuple[str, ...] | None) -> tuple[bool, ...]:
        token, _ = await desk.token_for(client, peer=None, request_id="r", scope=scope)
        access = await desk.open_by_token(token, purpose=None, request_id="r")
        may = []
        for verb, kind in (
            ("read", "customer"),
            ("read", "individual"),
            ("create", "customer"),
            ("delete", "customer"),
        ):
            try:
                await access.require(verb, kind)
            except Denied:
                may.append(False)
            else:
                may.append(True)
        return tuple(may)

    assert await opened(None) == (True, True, True, False)
    assert await opened(("customer:read",)) == (True, False, False, False)
    assert await opened(("customer:*",)) == (True, False, True, False)
    assert await opened(("*:read",)) == (True, True, False, False)
    for scope in (("customer:delete",), ("customer:read", "person:read")):
        with pytest.raises(InvalidScope):
            await desk.token_for(client, peer=None, request_id="r", scope=scope)


@pytest.mark.parametrize("scope", [5, ["customer:read"], {}, True])
async def test_a_scope_of_another_shape_is_nobodys(desk: Desk, key: object, scope: object) -> None:
    assert "scope" not in claims()
    with pytest.raises(InvalidToken):
        await desk.tokens.read(signed(key, scope=scope))  # type: ignore[arg-type]
