"""Groups of the provider decide on roles: up and down at each sign-in, and no role without a group that is mapped."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from customer_inventory.access import Desk
from customer_inventory.access.openid import GroupRoles, group_roles_of
from customer_inventory.access.openid.groups import MOST_MAPPED
from customer_inventory.settings import InvalidSetting, Settings
from tests.consistency import ask
from tests.openid_provider import OpenIdProvider
from tests.room.test_openid import Traveller, changed, people_of, provider, travelling

__all__ = ["provider"]
MAPPED = {"admins": "administrator", "cn=staff,ou=care": "steward", "audit": "auditor"}
WHOLE = {
    "oidc_issuer": "https://login.example.org",
    "oidc_client_id": "x",
    "public_url": "https://inventory.test",
    "oidc_groups_claim": "groups",
}


@pytest.fixture
async def ann(desk: Desk, provider: OpenIdProvider) -> AsyncIterator[Traveller]:
    """The browser of somebody who is an owner here, where the groups of the provider decide."""
    browser = await travelling(desk, provider, groups=GroupRoles("groups", MAPPED))
    async with browser.client:
        await browser.admit("ann", "owner")
        yield browser


async def role(browser: Traveller) -> str:
    return str((await people_of(browser, "ann")).role)


async def changes_in_the_trail(browser: Traveller) -> list[Any]:
    """What the trail says of changes of people."""
    asked = "select client_id from trail where verb = 'modify' and kind = 'person' and outcome = 'done'"
    return await ask(browser.desk.repository.conninfo, asked)


async def test_each_sign_in_sets_the_role_up_and_down(ann: Traveller) -> None:
    await ann.admit("other", "administrator")
    for groups, expected in (
        (["everybody", "cn=staff,ou=care"], "steward"),
        (["audit"], "auditor"),
        (["audit", "cn=staff,ou=care", "admins"], "administrator"),
        (["audit", "cn=staff,ou=care"], "steward"),
        ("audit", "auditor"),
    ):
        with capture_logs() as logs:
            assert (await ann.signs_in(groups=groups)).status_code == 303
        assert await role(ann) == expected, groups
        assert f">{expected}</span>" in (await ann.get("/account")).text
        told = [each for each in logs if each["event"] == "sign-in.role"]
        assert [(each["login"], each["role"]) for each in told] == [("ann", expected)]
    assert await changes_in_the_trail(ann) == [("housekeeping",)] * 5
    with capture_logs() as logs:
        await ann.signs_in(groups=["audit"])
    assert not [each for each in logs if each["event"] == "sign-in.role"], "nothing changed"
    assert await changes_in_the_trail(ann) == [("housekeeping",)] * 5


async def test_a_role_that_was_taken_away_is_gone_from_other_sessions_at_once(
    ann: Traveller, desk: Desk, provider: OpenIdProvider
) -> None:
    await ann.admit("other", "administrator")
    await ann.signs_in(groups=["admins"])
    assert (await ann.get("/sessions")).status_code == 200
    second = await travelling(desk, provider, groups=GroupRoles("groups", MAPPED))
    async with second.client:
        await second.signs_in(groups=["audit"])
        assert (await ann.get("/sessions")).status_code == 403
        assert (await second.signs_in(groups=["everybody"])).status_code == 401
        assert (await ann.get("/account")).status_code == 303, "who is in no group has no session any more"


NO_GROUPS: list[Any] = [
    [],
    None,
    ["everybody"],
    ["ADMINS"],
    ["admins "],
    ["steward"],
    ["administrator"],
    "",
    ["admins,audit"],
]


@pytest.mark.parametrize("groups", NO_GROUPS, ids=str)
async def test_who_is_in_no_mapped_group_is_told_so_and_keeps_no_role_by_stealth(ann: Traveller, groups: Any) -> None:
    said = {} if groups is None else {"groups": groups}
    with capture_logs() as logs:
        answer = await ann.signs_in(**said)
    assert answer.status_code == 401
    assert "in no group that may use this inventory" in answer.text
    assert not ann.is_in
    assert [each["why"] for each in logs if each["event"] == "sign-in.failed"] == ["no-group"]
    assert (await ann.sign_in("ann")).status_code == 303, "who never came by the provider is not its business"


BROKEN: list[Any] = [1, True, {"admins": True}, [1], ["audit", None], [["audit"]], ["x"] * 2001]


@pytest.mark.parametrize("groups", BROKEN, ids=lambda each: str(each)[:30])
async def test_groups_that_are_none_let_nobody_in_and_leave_no_session(ann: Traveller, groups: Any) -> None:
    await ann.signs_in(groups=["audit"])
    answer = await ann.signs_in(groups=groups)
    assert answer.status_code == 401
    assert "cannot be read" in answer.text
    assert await role(ann) == "auditor"
    assert (await ann.get("/account")).status_code == 303


async def test_no_password_keeps_a_role_that_the_groups_took_away(ann: Traveller, desk: Desk) -> None:
    assert (await ann.sign_in("ann")).status_code == 303
    ann.client.cookies.clear()
    await ann.signs_in(groups=["audit"])
    await ann.signs_in(groups=[])
    for password in (None, "wrong"):
        answer = await ann.sign_in("ann", password)
        assert answer.status_code == 401
        assert ("sign in with that" in answer.text) == (password is None), "only who knows the password is told"
    assert (await ann.get("/account")).status_code == 303
    await ann.admit("admin", "administrator")
    assert (await ann.sign_in("admin")).status_code == 303


async def test_the_last_administrator_is_not_taken_away(ann: Traveller) -> None:
    await changed(ann, "ann", role="administrator")
    answer = await ann.signs_in(groups=["audit"])
    assert answer.status_code == 401
    assert "You are the last administrator" in answer.text
    assert await role(ann) == "administrator"
    await ann.admit("other", "administrator")
    assert (await ann.signs_in(groups=["audit"])).status_code == 303
    assert await role(ann) == "auditor"


async def test_who_is_disabled_stays_out_whatever_the_groups_say(ann: Traveller) -> None:
    await changed(ann, "ann", status="disabled")
    assert (await ann.signs_in(groups=["admins"])).status_code == 401
    assert (await people_of(ann, "ann")).role == "owner"


async def test_the_first_administrator_is_nobody_the_groups_decide_on(ann: Traveller) -> None:
    await ann.admit("admin", "administrator")
    answer = await ann.signs_in(sub="s-admin", preferred_username="admin", groups=["audit"])
    assert answer.status_code == 401
    assert (await people_of(ann, "admin")).role == "administrator"


async def test_without_a_claim_the_groups_are_nobodys_business(desk: Desk, provider: OpenIdProvider) -> None:
    browser = await travelling(desk, provider)
    async with browser.client:
        await browser.admit("ann", "owner")
        assert (await browser.signs_in(groups=["admins"])).status_code == 303
        assert await role(browser) == "owner"
        browser.client.cookies.clear()
        assert (await browser.sign_in("ann")).status_code == 303


WRONG = [
    (("staff",), "is not GROUP=ROLE"),
    (("=steward",), "is not GROUP=ROLE"),
    ((" staff=steward",), "is not GROUP=ROLE"),
    (("st\naff=steward",), "is not GROUP=ROLE"),
    (("x" * 501 + "=steward",), "is not GROUP=ROLE"),
    (("staff=king",), "a role is one of administrator, steward"),
    (("staff=",), "a role is one of"),
    (("staff=steward", "staff=auditor"), "twice"),
    (tuple(f"g{each}=steward" for each in range(MOST_MAPPED + 1)), "201 times"),
]


@pytest.mark.parametrize(("pairs", "told"), WRONG, ids=lambda each: str(each)[:40])
def test_a_mapping_that_is_wrong_is_told_at_the_start(pairs: tuple[str, ...], told: str) -> None:
    settings = Settings(**WHOLE, oidc_group_role=pairs)  # type: ignore[arg-type]
    settings.check()
    with pytest.raises(InvalidSetting, match=re.escape(told)):
        group_roles_of(settings)


def test_settings_that_say_half_are_refused() -> None:
    for half in (
        WHOLE,
        {**WHOLE, "oidc_groups_claim": "", "oidc_group_role": ("staff=steward",)},
        {"oidc_groups_claim": "groups", "oidc_group_role": ("staff=steward",)},
    ):
        with pytest.raises(InvalidSetting, match="--oidc-groups-claim"):
            Settings(**half).check()  # type: ignore[arg-type]


def test_the_order_of_the_settings_is_that_of_the_roles() -> None:
    found = group_roles_of(Settings(**WHOLE, oidc_group_role=("a=b=auditor", "c=steward")))  # type: ignore[arg-type]
    assert found is not None
    assert found.role_of({"groups": ["c", "a=b"]}) == "auditor"
    assert group_roles_of(Settings()) is None
