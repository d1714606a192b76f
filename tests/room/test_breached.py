"""Breached passwords: whoever chooses one of the list is told so; a file that is no list is told at the start."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from customer_inventory.access import Access, Desk
from customer_inventory.access.breached import BreachedListUnusable, BreachedPasswords
from customer_inventory.access.passwords import WeakPassword, change_password
from customer_inventory.access.provisioning import Stated, provision
from customer_inventory.settings import InvalidSetting
from tests.people_making import person_of_own_password
from tests.room.conftest import Browser

CHOSEN = "gravel lantern tuesday-ish moss"


def list_of(file: Path, words: list[str], *, end: str = "\r\n", last: bool = True) -> Path:
    lines = sorted(f"{hashlib.sha1(each.encode()).hexdigest().upper()}:{len(each)}" for each in words)
    file.write_bytes((end.join(lines) + (end if last else "")).encode())
    return file


@pytest.mark.parametrize("number", [1, 2, 3, 100, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
async def test_every_password_of_the_list_is_found_and_no_other(
    tmp_path: Path, number: int, end: str, last: bool
) -> None:
    words = [f"word {each}" for each in range(number)]
    breached = BreachedPasswords(list_of(tmp_path / "list", words, end=end, last=last))
    chance = random.Random(number)
    for word in (words[0], words[-1], *chance.sample(words, min(50, number))):
        assert await breached.holds(word)
    for each in range(50):
        assert not await breached.holds(f"another {each}")
    assert not await breached.holds("\udcff" * 300)


@pytest.mark.parametrize(
    "text",
    [b"", b"password\n", b"5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8\n", b"\0" * 100_000, b"A" * 100_000,
     b"F" * 40 + b":1\n" + b"0" * 40 + b":1\n"],
)  # fmt: skip
def test_a_file_that_is_no_list_is_told(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "list"
    file.write_bytes(text)
    with pytest.raises(InvalidSetting):
        BreachedPasswords(file)


def test_a_file_that_is_absent_is_told(tmp_path: Path) -> None:
    for file in (tmp_path / "absent", tmp_path):
        with pytest.raises(InvalidSetting):
            BreachedPasswords(file)


async def test_a_breached_password_is_refused_at_every_door(browser: Browser, access: Access, tmp_path: Path) -> None:
    desk: Desk = browser.desk
    file = list_of(tmp_path / "list", [CHOSEN, "something else"])
    object.__setattr__(access.facilities, "breached", BreachedPasswords(file))
    with pytest.raises(WeakPassword, match="breach"):
        await provision(access, Stated(login="dora", role="steward", password=CHOSEN))
    assert (await provision(access, Stated(login="dora", role="steward", password=CHOSEN + "?"))).login == "dora"
    await person_of_own_password(desk.repository.people, login="ann", display_name="Ann", role="auditor")
    await browser.sign_in()
    old = browser.passwords["admin"]
    answer = await browser.form("/account/password", {"old": old, "new": CHOSEN, "again": CHOSEN})
    assert (answer.status_code, "in a breach elsewhere" in answer.text) == (400, True)
    file.unlink()
    person = await desk.repository.people.person_by_login("admin")
    assert person is not None
    with pytest.raises(BreachedListUnusable):
        await change_password(
            desk.repository.people, person=person, old=old, new=CHOSEN + "?", keep=person.id,
            breached=access.facilities.breached,
        )  # fmt: skip
