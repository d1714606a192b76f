"""Downloading: whole kinds of record through the desk. It takes the grant `download`, and every id is in the trail.

The trail entry of a chunk is durable before the chunk is handed over: whatever reached a file, the trail knows it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from customer_inventory.access.access import Access
from customer_inventory.model import Resource
from customer_inventory.repository.bulk_out import estimate, id_of, lines_out

LINES_A_CHUNK = 5000


async def download(access: Access, resource: Resource, *, public_url: str = "") -> AsyncGenerator[list[bytes], None]:
    """Yield every record of a kind in chunks of lines: JSON as the API gives it, with newline.

    Raises Denied and RepositoryUnavailable.
    """
    await access.require_whole("download", resource.kind)
    base = f"{public_url}{resource.api.paths[0]}/{resource.path}"
    conninfo = access.facilities.repository.conninfo
    shown = False
    async with aclosing(lines_out(conninfo, resource.kind, base=base, lines_a_chunk=LINES_A_CHUNK)) as chunks:
        async for chunk in chunks:
            if resource.kind in access.restricted and (hidden := await access.withheld([*map(id_of, chunk)])):
                chunk = [line for line in chunk if id_of(line) not in hidden]  # noqa: PLW2901  the rest of it
            await access.note("download", resource.kind, "shown", tuple(map(id_of, chunk)))
            shown = True
            yield chunk
    if not shown:
        await access.note("download", resource.kind, "shown", ())


async def about_how_many(access: Access, resource: Resource) -> int:
    """Return an estimate of how many records a download will give. Raises Denied."""
    await access.require_whole("download", resource.kind)
    return await estimate(access.facilities.repository.conninfo, resource.kind)
