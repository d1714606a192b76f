"""Profiles: what a sample of rows says about the data, in one frozen object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from customer_inventory.requirements.profiling.columns import Column, column
from customer_inventory.requirements.profiling.dependencies import Dependency, find
from customer_inventory.requirements.profiling.documents import DocumentSampler
from customer_inventory.requirements.profiling.keys import Keys, keys_of
from customer_inventory.requirements.profiling.sample import Row, Sample, draw
from customer_inventory.requirements.profiling.suspicion import Suspicion, doubts_of_cells, suspicions
from customer_inventory.requirements.profiling.voting import Votes


@dataclass(frozen=True)
class Profile:
    """What a source holds: its columns, what depends on what, which cells are suspected to be wrong, and its keys."""

    seen: int
    """How many rows the source has."""
    rows: int
    """How many of them were looked at."""
    columns: tuple[Column, ...]
    dependencies: tuple[Dependency, ...]
    suspicions: tuple[Suspicion, ...] = field(repr=False)
    keys: Keys
    """What tells rows apart, where it takes several columns."""


def profile(
    names: Sequence[str], rows: Iterable[Row], *, random: Random, today: date, converts: bool = True
) -> Profile:
    """Return the profile of rows whose cells stand in the order of `names`.

    `converts` says that the rows are texts that capture brings to types on the way in. Of more rows than
    `sample.MOST_ROWS` a sample is drawn with `random`; `today` tells birth dates from other days.
    """
    return profile_of(draw(names, rows, random=random, converts=converts), today=today)


def profile_documents(documents: Iterable[Mapping[str, Any]], *, random: Random, today: date) -> Profile:
    """Return the profile of stored documents, by the places at which they have values.

    Who gets them one by one adds them to a `documents.DocumentSampler` and calls `profile_of`.
    """
    sampler = DocumentSampler(random=random)
    for document in documents:
        sampler.add(document)
    return profile_of(sampler.sample(), today=today)


def profile_of(sample: Sample, *, today: date) -> Profile:
    """Return the profile of a sample."""
    found = find(sample)
    doubts = doubts_of_cells(sample, Votes(sample, found))
    suspected: dict[int, list[int]] = defaultdict(list)
    for row, y in doubts:
        suspected[y].append(row)
    columns = tuple(
        column(values, suspected=suspected[y], converts=sample.converts, today=today)
        for y, values in enumerate(sample.columns)
    )
    return Profile(
        seen=sample.seen,
        rows=sample.rows,
        columns=columns,
        dependencies=tuple(each.dependency for each in found),
        suspicions=suspicions(sample, columns, doubts, today=today),
        keys=keys_of(sample, columns),
    )
