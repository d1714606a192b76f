"""`python -m tests.matrix`: measure the matrices again, print what changed, and write it down.

With words behind it, only the endpoints whose templates have one of them, as in `python -m tests.matrix /hub topic`;
`pages` stands for the pages of the console.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from customer_inventory.repository.engines import EmbeddedEngine
from tests.journey.conftest import Server
from tests.matrix import endpoints, pages
from tests.matrix.changes import difference
from tests.matrix.measured import FLAGS, measured


async def _main(words: list[str]) -> None:
    with tempfile.TemporaryDirectory() as place:
        server = Server(Path(place) / "data")
        await asyncio.to_thread(server.start, *FLAGS)
        try:
            async with EmbeddedEngine(server.data).attached() as conninfo:
                found, of_pages = await measured(server, conninfo, words)
        finally:
            server.stop()
    known, known_pages = endpoints.read(), pages.read()
    if words:
        found, of_pages = {**known, **found}, of_pages or known_pages
    changed = difference(known, found, endpoints.told) + difference(known_pages, of_pages, pages.told)
    print("\n".join(changed) or "Nothing changed.")
    endpoints.write(found)
    pages.write(of_pages)


asyncio.run(_main(sys.argv[1:]))
