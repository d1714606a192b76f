"""Destroying the salts of erased records: what is sealed stays as it was, and no longer tells whom it was of."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_inventory.access.sealing.destroying import NOBODY, erased, kept
from customer_inventory.access.sealing.entries import salts_of
from customer_inventory.access.sealing.stored import exported, leaf_of
from customer_inventory.repository.seals import SealedEntry

id_bytes = st.binary(min_size=16, max_size=16).filter(lambda each: each != NOBODY)


@dataclass(frozen=True)
class Case:
    """An entry, and which of its ids are erased at first and which afterwards."""

    row: SealedEntry
    first: frozenset[bytes]
    then: frozenset[bytes]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    ids = draw(st.lists(id_bytes, min_size=1, max_size=40, unique=True))
    seed = draw(st.none() | st.binary(min_size=16, max_size=16))
    row = SealedEntry(bytes(16), 0, "c", None, "p", "read", "customer", "shown", "r", None, ids, seed)
    subsets = st.frozensets(st.sampled_from(ids), min_size=1)
    return Case(row, draw(subsets), draw(subsets))


def without(row: SealedEntry, gone: frozenset[bytes]) -> SealedEntry:
    remains = erased(row.record_ids, row.seed, row.remains, gone)
    ids = [NOBODY if each in gone else each for each in row.record_ids]
    return row._replace(record_ids=ids, seed=None, remains=remains)


@given(cases())
def test_the_seal_stays_as_it_was_and_the_salts_of_the_others_too(case: Case) -> None:
    salts = salts_of(case.row.seed, len(case.row.record_ids))
    row = case.row
    for gone in (case.first, case.then):
        row = without(row, gone)
        assert leaf_of(row) == leaf_of(case.row)
        line = msgspec.json.encode(exported(row))
        assert msgspec.json.decode(line, type=type(exported(row))).leaf == leaf_of(row)
    found = kept(row.record_ids, row.seed, row.remains)
    away = {place for place, each in enumerate(case.row.record_ids) if each in case.first | case.then}
    assert set(found.commitments) == away
    assert found.salts == [b"" if place in away else salt for place, salt in enumerate(salts)]


@given(cases().filter(lambda case: case.row.seed is not None))
def test_nothing_that_is_left_makes_a_salt_that_was_destroyed(case: Case) -> None:
    row = without(without(case.row, case.first), case.then)
    assert row.remains is not None
    salts = salts_of(case.row.seed, len(case.row.record_ids))
    gone = [salts[place] for place, each in enumerate(case.row.record_ids) if each in case.first | case.then]
    assert not any(salt in row.remains for salt in gone)
    assert case.row.seed is not None
    assert case.row.seed not in row.remains
    pieces = [row.remains[at : at + 16] for at in range(len(row.remains))]
    makes = {salt for piece in pieces for salt in salts_of(piece, len(salts))}
    assert not makes & {*gone}


def test_what_remains_of_an_entry_must_fit_it() -> None:
    for remains in (b"short", b"0" * 33, b"0" * 47, b"0" * 49, b"0" * 64):
        with pytest.raises(ValueError, match="does not fit"):
            kept([NOBODY, b"1" * 16], None, remains)
    assert kept([NOBODY, b"1" * 16], None, b"0" * 32).salts == [b"", b""]


def test_an_export_names_nobody_who_was_erased() -> None:
    ids = [bytes([number]) * 16 for number in range(1, 4)]
    row = SealedEntry(bytes(16), 0, "c", None, "p", "read", "customer", "shown", "r", None, ids, b"s" * 16)
    told = exported(without(row, frozenset({ids[1]}))).record
    assert [(each.id != "", each.salt != "", each.erased is not None) for each in told] == [
        (True, True, False),
        (False, False, True),
        (True, True, False),
    ]
    with pytest.raises(ValueError, match="no hash"):
        _ = msgspec.structs.replace(told[1], erased="00").held
