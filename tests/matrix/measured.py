"""The matrices as they are on a running server."""

from __future__ import annotations

from collections.abc import Sequence

from tests.conftest import make_desk
from tests.journey.conftest import Server
from tests.matrix import endpoints, pages
from tests.matrix.ground import Ground

FLAGS = ("--hub-allow=127.0.0.0/8", "--hub-retry-first=0.05", "--hub-retry-days=0", "--hub-lease=1")
"""With these a listener that is not there makes a dead letter at once."""

Key = tuple[str, str]


async def measured(
    server: Server, conninfo: str, words: Sequence[str] = ()
) -> tuple[dict[Key, endpoints.Row], dict[Key, pages.Row]]:
    """Measure every endpoint and page of a server that was started with `FLAGS`; with words, what has one."""
    wanted = [each for each in endpoints.endpoints() if not words or any(word in each[1] for word in words)]
    measuring = endpoints.Measuring(server.url, conninfo)
    try:
        own = "create:registration,create:privacyRequest,modify:privacyRequest,create:restriction"
        grants = (f"all,{own}", "read", "modify:registration", "create:person")
        callers = [(await measuring.caller(grant)).client for grant in grants]
        ground = Ground(*callers)
        of_pages = {}
        if not words or "pages" in words:
            async with make_desk(measuring.repository) as desk:
                of_pages = await pages.measured(server, measuring.repository, ground, desk)
        return await measuring.rows(ground, wanted), of_pages
    finally:
        await measuring.close()
