"""The salts of an entry of the trail are made from its seed by one hash; what a tree of hashes made of it is kept.

What was sealed was sealed under the salts of the tree: each such entry gets them in place of its seed. No server of an
earlier version may seal afterwards, so all of them must be stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import sqlalchemy
from alembic import op

revision = "0023"
down_revision = "0022"

_NOBODY = bytes(16)
_AT_A_TIME = 5000


def upgrade() -> None:
    """Keep the salts of what is sealed, in one transaction, while readers read on."""
    op.execute("lock table seal in share mode")  # nothing is sealed meanwhile
    connection = op.get_bind()
    after = "00000000-0000-0000-0000-000000000000"
    read = sqlalchemy.text("""
        select id::text, array_send(record_ids), uuid_send(seed), remains from trail
        where position < (select max(next_position) from seal) and cardinality(record_ids) > 0
            and (seed is not null or remains is not null) and id > cast(:after as uuid)
        order by id limit :most""")
    write = sqlalchemy.text("""
        update trail t set seed = null, remains = h.remains
        from unnest(cast(:ids as uuid[]), cast(:remains as bytea[])) as h(id, remains)
        where t.bucket = bucket_of(h.id) and t.id = h.id""")
    while rows := connection.execute(read, {"after": after, "most": _AT_A_TIME}).fetchall():
        kept = [_kept([sent[at : at + 16] for at in range(24, len(sent), 20)], *rest) for _, sent, *rest in rows]
        connection.execute(write, {"ids": [row[0] for row in rows], "remains": kept})
        after = rows[-1][0]


def _kept(ids: list[bytes], seed: bytes | None, remains: bytes | None) -> bytes:
    """Return the hashes of erased ids and the salts of the others."""
    gone = {place for place, each in enumerate(ids) if each == _NOBODY} if remains is not None else set()
    hashes, rest = (remains or b"")[: 32 * len(gone)], (remains or b"")[32 * len(gone) :]
    branches = iter([seed] if seed is not None else [rest[at : at + 16] for at in range(0, len(rest), 16)])
    depth = (len(ids) - 1).bit_length()
    return hashes + b"".join(_salts(depth, 0, branches, len(ids), gone))


def _salts(level: int, first: int, branches: Iterator[bytes], number: int, gone: set[int]) -> Iterator[bytes]:
    """Yield the salts below a branch, of which those stand in `branches` that lead to no leaf in `gone`."""
    if first >= number:
        return
    if not any(first <= leaf < first + (1 << level) for leaf in gone):
        if (node := next(branches, None)) is not None:  # an entry from before there were seals has none
            yield from _below(node, level)[: number - first]
    elif level:
        yield from _salts(level - 1, first, branches, number, gone)
        yield from _salts(level - 1, first + (1 << (level - 1)), branches, number, gone)


def _below(node: bytes, level: int) -> list[bytes]:
    nodes = [node]
    for _ in range(level):
        nodes = [sha256(each + side).digest()[:16] for each in nodes for side in (b"\x00", b"\x01")]
    return nodes
