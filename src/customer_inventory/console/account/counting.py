"""Counting: whoever is signed in has to give a password or a code again, and may be wrong as rarely as at sign-in."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from customer_inventory.access.people import SignInFailed
from customer_inventory.access.second_factor import WrongCode
from customer_inventory.console.entrance import address_of, in_words
from customer_inventory.console.visit import Visit
from customer_inventory.errors import Failure, InventoryError

Result = TypeVar("Result")


class TooManyAttempts(InventoryError):
    """There were too many failed attempts.

    Wait, at most five minutes, then try again.
    """

    code = "too-many-attempts"
    failure = Failure.TOO_MANY


async def counted(visit: Visit, work: Callable[[], Awaitable[Result]]) -> Result:
    """Return what comes of work that checks a password or a code. Raises TooManyAttempts, and what the work raises."""
    login, address = visit.person.login, address_of(visit.request)
    wait = visit.attempts.begin(login=login, address=address, at=visit.now)
    if wait is not None:
        raise TooManyAttempts(f"Too many failed attempts. Wait {in_words(math.ceil(wait.total_seconds()))}.")
    try:
        result = await work()
    except (WrongCode, SignInFailed):
        raise
    except BaseException:
        visit.attempts.abandoned(login=login, address=address)
        raise
    visit.attempts.succeeded(login=login, address=address)
    return result
