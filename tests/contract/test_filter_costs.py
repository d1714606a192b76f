"""What filters cost: equality goes by the index; what nothing serves ends in time and says what to make searchable."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from customer_inventory.api.parameters import parse
from customer_inventory.model.views import NATIVE
from customer_inventory.repository import Repository
from customer_inventory.repository.connections import QueryTooCostly
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.query import Query, compile_query
from tests.contract.corpus import KIND, Corpus

VIEW = NATIVE[KIND]


def query(text: str) -> Query:
    return parse(VIEW, text.encode()).query


async def plan(conninfo: str, asked: Query) -> str:
    """How the planner would answer a page if it read no table as a whole unless it must."""
    page = compile_query(KINDS[KIND], asked, count_bound=50_000).page
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await connection.execute("set enable_seqscan = off")
        rows = await (await connection.execute(f"explain {page.text}", page.parameters)).fetchall()
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        "status=active",
        "contactMedium.city=a,b",
        "status=active;contactMedium.city=a",
        "contactMedium.city=a&description.regex=x",
        "filter=contactMedium[?(@.city=='a' && @.preferred==true)]",
        "filter=$[?(@.contactMedium[?(@.city=='a')] && @.creditProfile.creditScore > 5)]",
        "filter=$[?(@.status=='active' || @.contactMedium.city=='a')]",
    ],
)
async def test_equality_is_found_by_the_index(corpus: Corpus, text: str) -> None:
    assert "customer_terms" in await plan(corpus.conninfo, query(quote(text, safe="=&;,")))


@pytest.mark.parametrize("text", ["name.gte=y", "name.between=a,b", "name.startswith=a", "status.lt=b"])
async def test_sizes_of_searchable_attributes_are_found_by_theirs(corpus: Corpus, text: str) -> None:
    wanted = query(f"{text}&sort={text.partition('.')[0]}")
    assert f"customer_by_{text.partition('.')[0]}" in await plan(corpus.conninfo, wanted)


async def test_a_list_of_an_id_is_one_look_up(corpus: Corpus) -> None:
    identifier = next(iter(corpus.documents))
    for text in (f"id={identifier}", f"filter=$[?(@.id=='{identifier}')]"):
        assert "customer_pkey" in await plan(corpus.conninfo, query(text))


async def asked_often(repository: Repository, asked: Query) -> None:
    """Ask so often that a millisecond is too short for one of the times."""
    for _ in range(20):
        await repository.lists.page(KIND, asked)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("&".join(f"description.regex=(a|b|c|{at})*d" for at in range(40)), ["customer.description"]),
        (
            "filter=" + quote("||".join(f"contactMedium.city=~/(a|b|{at})*c/" for at in range(50))),
            ["contactMedium.city"],
        ),
        (
            "description.ne=x&contactMedium.city.contains=b&sort=-characteristic.value,creditProfile.creditScore",
            ["customer.description, customer.contactMedium.city", "customer.characteristic.value"],
        ),
    ],
)
async def test_what_takes_too_long_names_what_is_not_searchable(corpus: Corpus, text: str, named: list[str]) -> None:
    hurried = Repository(corpus.conninfo, statement_timeout_ms=1)
    with pytest.raises(QueryTooCostly) as refused:
        await asked_often(hurried, query(text))
    await hurried.close()
    message: Any = refused.value.message
    assert refused.value.failure.status == 422
    assert "searchable" in message
    assert all(name in message for name in named), message


async def test_an_expression_that_would_backtrack_for_ever_is_answered(corpus: Corpus) -> None:
    """PostgreSQL and RE2 both match in time linear in the text."""
    text = query("description.regex=" + quote("^(x+x+)+y$"))
    assert (await corpus.repository.lists.page(KIND, text)).records == []
