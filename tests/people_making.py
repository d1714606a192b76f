"""People with passwords of their own: what somebody made for them lets nobody past the page that asks for another."""

from __future__ import annotations

import re

import httpx

from customer_inventory.access.people import FirstPassword, add_person
from customer_inventory.clock import system_clock
from customer_inventory.repository.people import People

OWN = "of-{login}-alone-{made}"
_BROWSER = {"accept": "text/html"}


async def person_of_own_password(people: People, *, login: str, display_name: str, role: str) -> FirstPassword:
    """Add a person whose password counts as one that they chose."""
    made = await add_person(people, login=login, display_name=display_name, role=role, clock=system_clock)
    person = await people.person_by_login(login)
    assert person is not None
    await people.set_password(person.id, password_hash=person.password_hash)
    return made


def own_password(login: str, made: str) -> str:
    """Return what somebody chooses at a server in place of the password that was made for them."""
    return OWN.format(login=login, made=made)


def signed_in_browser(url: str, login: str, password: str) -> httpx.Client:
    """Return a browser in which somebody is signed in, with a password of their own from then on."""
    client = httpx.Client(base_url=url, timeout=30)
    answer = _sent(client, "/sign-in", login=login, password=password)
    if answer.status_code != 303:
        answer = _sent(client, "/sign-in", login=login, password=own_password(login, password))
    assert answer.status_code == 303, answer.text
    if client.get("/account", headers=_BROWSER).headers.get("location") == "/account/password":
        own = own_password(login, password)
        answer = _sent(client, "/account/password", old=password, new=own, again=own)
        assert answer.status_code == 303, answer.text
    return client


def _sent(client: httpx.Client, path: str, **form: str) -> httpx.Response:
    proof = re.search(r'name="proof" value="(\w+)"', client.get(path, headers=_BROWSER).text)
    assert proof
    return client.post(path, data={**form, "proof": proof[1]}, headers=_BROWSER)
