"""Search by name: a word of one or two letters is the beginning of one, and the index of names serves it."""

from __future__ import annotations

import msgspec
import psycopg
import pytest

from customer_inventory.repository import Repository
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.query import Query, compile_query
from tests.contract.conftest import Scribe, document

KIND = "organization"
_FILL = f"""
insert into {KIND} (bucket, id, version, doc, terms, label, change_id, position, created_at, updated_at)
select 1, gen_random_uuid(), 1, jsonb_build_object('text', repeat('x', 600)), '{{}}',
    substr(md5(i::text), 1, 7) || ' ' || substr(md5(i::text), 8, 8), gen_random_uuid(), 1,
    '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'
from generate_series(1, 20000) i
"""


@pytest.mark.parametrize(("asked", "found"), [("li", ["Li Wei", "Wei Li"]), ("l w", ["Li Wei", "Wei Li"])])
async def test_few_letters_are_the_beginning_of_a_word(asked: str, found: list[str], scribe: Scribe) -> None:
    for name in ("Li Wei", "Wei Li", "Charlie Brown"):
        await scribe.create(KIND, document(KIND, name=name))
    page = await scribe.repository.lists.page(KIND, Query(name=asked))
    held = [msgspec.json.decode(record.document) for record in page.records]
    assert sorted(one["name"] for one in held) == found


@pytest.mark.parametrize("asked", ["zo", "z", "zo ro", "zorro"])
async def test_no_search_reads_the_whole_table(asked: str, repository: Repository, database: str) -> None:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(_FILL)
        await connection.execute(f"select gin_clean_pending_list('{KIND}_label')")
        await connection.execute(f"analyze {KIND}")
        page = compile_query(KINDS[KIND], Query(name=asked), count_bound=50_000).page
        plan = await (await connection.execute(f"explain {page.text}", page.parameters)).fetchall()
    assert f"{KIND}_label" in str(plan)
    assert "Seq Scan" not in str(plan)
