"""Passwords that people choose: long enough, and none that is guessed first.

Length is what counts (NIST SP 800-63B-4 section 3.1.1.2): no classes of characters are demanded, and passwords that
are long only by what everybody does (a word with a number, a row of keys, a repetition) are refused.
"""

from __future__ import annotations

import asyncio
import re
from uuid import UUID

from customer_inventory.access.breached import BreachedPasswords
from customer_inventory.access.people import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    check_password,
    hash_password,
    is_password,
)
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.repository.people import People, Person

_LEAST_DIFFERENT = 6
_LEAST_OWN = 6
_LEET = str.maketrans("01345678@$!|", "oieasgtba" + "sil")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "01234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
_SHORTEST_ROW = 4
_LONGEST_ROW = max(map(len, _ROWS))
_GUESSED_FIRST = """
    password passwort passwd passw letmein welcome willkommen iloveyou monkey dragon master football baseball sunshine
    princess superman batman starwars shadow trustno login admin administrator administrateur root user guest test
    secret changeme default access computer internet summer winter spring autumn january february march april june july
    august september october november december monday tuesday wednesday thursday friday saturday sunday company customer
    inventory telecom service support hello freedom whatever correct horse battery staple steward auditor owner operator
"""
_WORDS = frozenset(_GUESSED_FIRST.split())


class WeakPassword(InventoryError):
    """The password is too short, or one of those that are guessed first.

    Take at least 12 characters, such as a few words that do not belong together.
    """

    code = "weak-password"
    failure = Failure.INVALID


async def change_password(
    people: People, *, person: Person, old: str, new: str, keep: UUID, breached: BreachedPasswords | None = None
) -> None:
    """Change a person's own password and end all their sessions but the one to `keep`.

    Raises SignInFailed for a wrong old password, WeakPassword, and BreachedListUnusable.
    """
    await check_password(people, login=person.login, password=old)
    if old == new:
        raise WeakPassword("The new password is the old one. Choose another.")
    made = await people.made_password(person.id)
    if made is not None and await asyncio.to_thread(is_password, made, new):
        raise WeakPassword("The new password is one that was made for you, so that others know it. Choose another.")
    await check_choice(new, login=person.login, breached=breached)
    await people.set_password(person.id, password_hash=await asyncio.to_thread(hash_password, new), keep=keep)


async def check_choice(password: str, *, login: str, breached: BreachedPasswords | None) -> None:
    """Return if a password may be chosen, and is in no list of breached ones. Raises as `change_password` does."""
    check_strength(password, login=login)
    if breached is not None and await breached.holds(password):
        raise WeakPassword("The password became known in a breach elsewhere. Choose another.")


def check_strength(password: str, *, login: str) -> None:
    """Return if a password may be chosen. Raises WeakPassword."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise WeakPassword(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    text = password.casefold()
    if len(set(text)) < _LEAST_DIFFERENT:
        raise WeakPassword("The password repeats few characters. Choose another.")
    if len(_own(text, login.casefold())) < _LEAST_OWN:
        raise WeakPassword("The password is made of what is guessed first: common words, rows of keys, the login.")


def _own(text: str, login: str) -> str:
    """What is left of a password without what is guessed first, and without what is only repeated."""
    for known in sorted({*_WORDS, login}, key=len, reverse=True):
        if len(known) >= _SHORTEST_ROW:
            # Spelled with digits for letters, too; both texts are of one length, so that places agree.
            for found in reversed(list(re.finditer(re.escape(known), text.translate(_LEET)))):
                text = text[: found.start()] + text[found.end() :]
            text = text.replace(known, "")
    text = _without_rows(text)
    return re.sub(r"(.+?)\1+", r"\1", text)


def _without_rows(text: str) -> str:
    kept, at = "", 0
    while at < len(text):
        lengths = range(min(_LONGEST_ROW, len(text) - at), _SHORTEST_ROW - 1, -1)
        length = next((n for n in lengths if _is_row(text[at : at + n])), 0)
        kept, at = (kept, at + length) if length else (kept + text[at], at + 1)
    return kept


def _is_row(piece: str) -> bool:
    return any(piece in row or piece in row[::-1] for row in _ROWS)
