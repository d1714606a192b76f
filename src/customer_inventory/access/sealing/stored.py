"""Entries as they are stored, with what is sealed and exported of each."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from customer_inventory.access.sealing.destroying import kept
from customer_inventory.access.sealing.entries import EPOCH, Entry, Shown, commitment, moment, packed, salts_of
from customer_inventory.repository.seals import SealedEntry


def exported(row: SealedEntry) -> Entry:
    """Return an entry as it is exported."""
    hashes, salts = kept(row.record_ids, row.seed, row.remains)
    shown = tuple(
        Shown("", "", hashes[place].hex()) if place in hashes else Shown(str(UUID(bytes=each)), salts[place].hex())
        for place, each in enumerate(row.record_ids)
    )
    at = moment(EPOCH + timedelta(microseconds=row.at))
    return Entry(*(str(UUID(bytes=row.id)), at, *row[2:9], tuple(row.attributes or ()), shown))


def leaf_of(row: SealedEntry) -> bytes:
    """Return what is sealed of an entry: `exported(row).leaf`, in a third of the time, for every read makes one."""
    if row.remains is not None:
        return exported(row).leaf
    salts = salts_of(row.seed, len(row.record_ids))
    held = [commitment(each, salt) for each, salt in zip(row.record_ids, salts, strict=True)]
    return packed((*row[:9], row.attributes or (), held))
