"""The console shows records of every kind: their pages, their lists, and what a customer has."""

from __future__ import annotations

from typing import Any

import pytest

from customer_inventory.access import Access
from customer_inventory.console.kinds import KIND_NAMES, KINDS_NAMES, OTHERS
from customer_inventory.model import RESOURCES
from tests.room import test_console_pages as pages
from tests.room.conftest import Browser


def of(customer: str) -> dict[str, Any]:
    return {
        "@type": "RelatedPartyRefOrPartyRoleRef",
        "role": "owner",
        "partyOrPartyRole": {"@type": "PartyRoleRef", "@referredType": "Customer", "id": customer, "name": "Ada Byron"},
    }


async def with_account(access: Access) -> tuple[str, str, str]:
    """A person who is a customer with an account, and plays another part: the ids of all but the part."""
    person = await pages.make_person(access, "Ada", "Byron")
    customer = await pages.make_customer(access, "Ada Byron", person)
    account = {"@type": "BillingAccount", "name": "Bills of Ada", "state": "suspended", "relatedParty": [of(customer)]}
    engaged = {"@type": "PartyRef", "@referredType": "Individual", "id": person}
    await access.create(RESOURCES["partyRole"], {"@type": "Supplier", "name": "Ada's Engines", "engagedParty": engaged})
    return person, customer, (await access.create(RESOURCES["billingAccount"], account)).record.id


async def test_an_account_has_a_page_that_leads_to_its_customer(signed_in: Browser, access: Access) -> None:
    _, customer, account = await with_account(access)
    page = await signed_in.get(f"/billing_account/{account}")
    assert page.status_code == 200
    assert "Bills of Ada" in page.text
    assert "Billing account" in page.text
    assert '<span class="pill">Suspended</span>' in page.text
    assert f'href="/customer/{customer}"' in page.text
    assert "No way to reach this" not in page.text


async def test_a_customer_leads_to_its_accounts_and_a_person_to_its_parts(signed_in: Browser, access: Access) -> None:
    person, customer, account = await with_account(access)
    shown = (await signed_in.get(f"/customer/{customer}")).text
    assert f'href="/billing_account/{account}"' in shown
    assert "as <bdi>owner</bdi>" in shown
    assert "Ada&#39;s Engines" in (await signed_in.get(f"/individual/{person}")).text


async def test_the_home_page_counts_the_other_kinds_that_there_are(signed_in: Browser, access: Access) -> None:
    await with_account(access)
    home = (await signed_in.get("/")).text
    assert 'href="/?kind=billing_account"' in home
    assert 'href="/?kind=agreement"' not in home


async def test_other_kinds_are_listed_and_searched_by_name(signed_in: Browser, access: Access) -> None:
    _, customer, account = await with_account(access)
    for query in ("kind=billing_account", "kind=billing_account&q=bills", "kind=billing_account&q=bills&in=email"):
        found = await signed_in.get(f"/?{query}")
        assert pages.names(found) == ["Bills of Ada"], query
        assert f'href="/billing_account/{account}"' in found.text
        assert f'href="/customer/{customer}"' in found.text


async def test_the_id_of_any_record_opens_its_page(signed_in: Browser, access: Access) -> None:
    _, _, account = await with_account(access)
    answer = await signed_in.get("/", params={"q": account})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/billing_account/{account}")


@pytest.mark.parametrize("kind", OTHERS)
async def test_an_empty_list_of_any_kind_says_so(kind: str, signed_in: Browser) -> None:
    page = await signed_in.get(f"/?kind={kind}")
    assert page.status_code == 200
    assert f"No {KINDS_NAMES[kind].lower()} yet" in page.text


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(set(KIND_NAMES.values())) == len(set(KINDS_NAMES.values())) == len(KIND_NAMES) == len(RESOURCES)
