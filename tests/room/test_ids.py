"""Identifiers: RFC 9562 UUIDv8 that say when they were made and where their record lives."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import RFC_4122, UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.ids import BUCKETS, bucket_of, draw_bucket, new_id, parse_id

moments = st.integers(0, 253_402_300_799_999).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
buckets = st.integers(0, BUCKETS - 1)
randoms = st.integers(0, 2**62 - 1)


@given(bucket=buckets, at=moments, random=randoms)
def test_an_id_carries_its_time_version_bucket_variant_and_randomness(bucket: int, at: datetime, random: int) -> None:
    asked: list[int] = []
    identifier = new_id(bucket=bucket, at=at, randomness=lambda bits: asked.append(bits) or random)
    assert (identifier.version, identifier.variant) == (8, RFC_4122)
    assert identifier.int >> 80 == int(at.timestamp() * 1000)
    assert bucket_of(identifier) == bucket
    assert identifier.int & (2**62 - 1) == random
    assert asked == [62]


@given(bucket=buckets, at=moments, random=randoms)
def test_an_id_is_read_back_from_its_one_spelling_only(bucket: int, at: datetime, random: int) -> None:
    identifier = new_id(bucket=bucket, at=at, randomness=lambda _: random)
    text = str(identifier)
    assert parse_id(text) == identifier
    for other in (text.upper(), identifier.hex, f"{{{text}}}", f"urn:uuid:{text}", f" {text}", f"{text} ", text[:-1]):
        assert other == text or parse_id(other) is None


@given(text=st.text(max_size=40))
def test_other_text_is_no_id(text: str) -> None:
    assert parse_id(text) is None


@pytest.mark.parametrize("identifier", [uuid4(), UUID(int=0), UUID(int=2**128 - 1)])
def test_other_uuids_are_none_of_ours(identifier: UUID) -> None:
    assert parse_id(str(identifier)) is None


@pytest.mark.parametrize("bucket", [-1, BUCKETS, 10**9])
def test_there_is_no_bucket_beyond_the_last(bucket: int) -> None:
    with pytest.raises(ValueError, match=str(bucket)):
        new_id(bucket=bucket, at=datetime(2026, 1, 1, tzinfo=UTC))


@given(first=moments, second=moments, bucket=buckets)
def test_ids_of_one_bucket_sort_by_time(first: datetime, second: datetime, bucket: int) -> None:
    earlier, later = sorted((first, second))
    if int(earlier.timestamp() * 1000) < int(later.timestamp() * 1000):
        assert str(new_id(bucket=bucket, at=earlier)) < str(new_id(bucket=bucket, at=later))


def test_buckets_are_drawn_from_all_of_them() -> None:
    drawn = {draw_bucket() for _ in range(40_000)}
    assert min(drawn) >= 0
    assert max(drawn) < BUCKETS
    assert len(drawn) > 0.99 * BUCKETS


def test_ten_thousand_ids_of_one_moment_and_bucket_differ() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({new_id(bucket=5, at=at) for _ in range(10_000)}) == 10_000
