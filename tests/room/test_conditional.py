"""Conditional requests: entity tags as RFC 9110 section 13 reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.api.conditional import InvalidCondition, check_condition, etag, expected_versions, not_modified

versions = st.integers(1, 10**18 - 1)


@given(version=versions)
def test_a_tag_that_was_given_out_is_understood_when_it_comes_back(version: int) -> None:
    tag = etag(version).decode()
    assert expected_versions(tag) == {version}
    assert not_modified(tag, version)
    assert not not_modified(tag, version + 1)


@given(several=st.lists(versions, min_size=1, max_size=20))
def test_a_list_of_tags_means_any_of_them(several: list[int]) -> None:
    tags = " , ".join(etag(version).decode() for version in several)
    assert expected_versions(tags) == set(several)
    assert all(not_modified(tags, version) for version in several)


def test_nothing_said_and_an_asterisk_expect_any_version() -> None:
    assert expected_versions(None) is None
    assert expected_versions("*") is None


def test_an_asterisk_in_if_none_match_matches_whatever_is_there() -> None:
    assert not_modified("*", 7)
    assert not not_modified(None, 7)


def test_a_weak_tag_never_matches_strongly_but_matches_weakly() -> None:
    assert expected_versions('W/"3"') == frozenset()
    assert not_modified('W/"3"', 3)


@pytest.mark.parametrize("foreign", ['"abc"', '"3.0"', '"-3"', '"٣"', '""', '"1,3"', '"' + "9" * 19 + '"'])
def test_a_tag_of_someone_else_allows_nothing(foreign: str) -> None:
    assert expected_versions(foreign) == frozenset()
    assert not not_modified(foreign, 3)


@pytest.mark.parametrize(
    "nonsense", ["", "3", '"3', '3"', '"', 'w/"3"', '"1",', ',"1"', "*,*", '"1" "2', '"1" "2"', '"1",,"2"', "x" * 1001]
)
def test_what_is_no_list_of_tags_is_refused(nonsense: str) -> None:
    with pytest.raises(InvalidCondition):
        expected_versions(nonsense)
    with pytest.raises(InvalidCondition):
        not_modified(nonsense, 3)
    with pytest.raises(InvalidCondition):
        check_condition(nonsense)


@given(text=st.text(max_size=1100))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    for read in (expected_versions, lambda said: not_modified(said, 3)):
        try:
            found: object = read(text)
        except InvalidCondition:
            found = None
        assert isinstance(found, bool | frozenset) or found is None
