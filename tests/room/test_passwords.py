"""Passwords are kept in a form that is slow to guess against (OWASP Password Storage; RFC 9106)."""

from __future__ import annotations

import re

from customer_inventory.access.people import hash_password

FORM = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{22,}\$[A-Za-z0-9+/]{43,}")


def test_a_password_is_kept_by_a_slow_hash() -> None:
    kept = FORM.fullmatch(hash_password("correct horse battery staple"))
    assert kept is not None
    memory_kib, passes, lanes = map(int, kept.groups())
    assert memory_kib >= 19_456
    assert passes >= 2
    assert lanes >= 1
    assert kept[0] != hash_password("correct horse battery staple"), "each has a salt of its own"
