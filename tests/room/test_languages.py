"""Whether any text follows several patterns: as trying all short texts has it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.model.languages import Steps, language, may_have_text
from customer_inventory.model.patterns import InvalidPattern, pattern
from customer_inventory.requirements.formats import whole

MOST = 5
TEXTS = ["".join(each) for length in range(MOST + 1) for each in product("ab", repeat=length)]


def _more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(("*", "+", "?", "{0}", "{2}", "{0,2}", "{1,3}", "{2,}"))
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda both: f"(?:{'|'.join(both)})"),
        st.tuples(inner, signs).map(lambda both: f"({both[0]}){both[1]}"),
    )


patterns = st.recursive(st.sampled_from(("a", "b", ".", "[ab]", "[^a]", "[b-c]", "")), _more, max_leaves=6)


def may(*texts: str, least: int = 0, most: int | None = None, steps: int = 100_000) -> bool:
    languages = [found for text in texts if (found := language(whole(text))) is not None]
    assert len(languages) == len(texts)
    return may_have_text(languages, least=least, most=most, steps=Steps(steps))


@given(st.lists(patterns, min_size=1, max_size=3), st.integers(0, MOST), st.integers(0, MOST))
def test_there_is_a_text_where_one_is_found_by_trying_them_all(texts: list[str], least: int, most: int) -> None:
    # What none of the tried texts has, a text of other characters may have: they are kept out.
    whole_ones = [whole(text) for text in [*texts, "[ab]*"]]
    found = any(all(each.found_in(text) for each in whole_ones) for text in TEXTS if least <= len(text) <= most)
    assert may(*texts, "[ab]*", least=least, most=most) == found


DISJOINT = [
    ("[A-Z]+", "[0-9]+"),
    (r"\d{4}", r"\w{5}"),
    ("[^@]+", ".*@.*"),
    ("(ab)*", "(ba)+"),
    (r"[[:alpha:]]{2}[[:digit:]]{3}", "[A-Z]{3}.*"),
    ("[a-c]{3}", "[A-C]{3}|a"),
    (r"\[x\]", "[^x]*"),
]


@pytest.mark.parametrize("texts", DISJOINT)
def test_what_no_text_follows_together_is_proved(texts: tuple[str, str]) -> None:
    assert not may(*texts)
    assert may(texts[0])
    assert may(texts[1])


def test_lengths_are_held_against_patterns() -> None:
    assert not may("[a-z]{3,9}", least=10)
    assert not may("[a-z]{3,9}", most=2)
    assert may("[a-z]{3,9}", least=9, most=9)
    assert not may("(ab)+", least=3, most=3)
    assert may(".*", least=500)
    assert not may(least=3, most=2)


def test_edges_are_taken_as_if_they_held() -> None:
    assert may(r"a\bb")
    assert may("a^b$c")


def test_what_is_too_large_or_no_whole_text_is_not_proved() -> None:
    assert language(pattern("abc")) is None
    assert language(pattern("^(?:a)|(?:b)$")) is None
    assert language(whole("a)|(b")) is None
    large = ".{0,250}" * 9
    try:
        assert language(whole(large)) is None
    except InvalidPattern:
        pytest.fail("the pattern is one")
    assert may("[ab]*a[ab]{200}", "[ab]*b[ab]{200}", "[ab]*c", steps=1000)
