"""Requirements: what it costs to hold one full record against the whole baseline, and all that are stored.

One record costs a processor of this process; its floor is to read the same record from JSON, which every door does
anyway. All records are previewed in the database, as before an approval; the floor is a scan that reads every document
and looks at one attribute.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from bench.full_records import FULL
from bench.house import BenchError, House
from bench.results import Asked, Verdict
from customer_inventory.model import RESOURCES, validate
from customer_inventory.model.ruling import Ruling
from customer_inventory.repository.ruling import Rulings
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.catalogue import NOTHING_DECIDED, Catalogued, compiled

VALIDATION_US = 60.0
PREVIEW_S = 10.0
"""Seconds in which a million customers are previewed."""
_MILLION = 1_000_000
_WITHIN_S = 600.0
_ROUNDS = 7
_SCAN = "select count(*) filter (where doc ->> 'status' = 'none') from {kind}"


async def measure_requirements(house: House, *, seconds: float) -> list[Asked]:
    """Measure what is asked of customers and of people, one and all. Raises BenchError."""
    return [await _asked(house, name, seconds) for name in FULL]


async def _asked(house: House, name: str, seconds: float) -> Asked:
    resource, document, now = RESOURCES[name], FULL[name], datetime.now(UTC)
    validate(resource, document)
    whole = Ruling(compiled(shipped(name).values(), resource), resource.attributes)
    broken = whole.breaches(document, now=now)
    if any(breach.path and not breach.rule.present for breach in broken):
        raise BenchError(f"The full {name} breaks rules: {'; '.join(map(str, broken))}")
    doors = Catalogued(NOTHING_DECIDED, shipped=shipped).ruling(resource)
    written = msgspec.json.encode(document)
    previewed, preview_s, floor_s = await _previewed(house, resource.kind, whole, now)
    whole_us = _spent_us(lambda: whole.breaches(document, now=now), seconds)
    return Asked(
        name=name,
        rules=len(whole.rules),
        whole_us=whole_us,
        doors_us=_spent_us(lambda: doors.breaches(document, now=now), seconds),
        reading_us=_spent_us(lambda: msgspec.json.decode(written), seconds),
        previewed=previewed,
        preview_s=preview_s,
        scan_s=floor_s,
        verdicts=_verdicts(whole_us, preview_s / previewed * _MILLION),
    )


def _verdicts(whole_us: float, preview_s: float) -> list[Verdict]:
    return [
        Verdict(f"one ≤ {VALIDATION_US:g} µs", f"{whole_us:.1f} µs", whole_us <= VALIDATION_US),
        Verdict(f"a million ≤ {PREVIEW_S:g} s", f"{preview_s:.1f} s", preview_s <= PREVIEW_S),
    ]


def _spent_us(work: Callable[[], object], seconds: float) -> float:
    """Return the processor microseconds of one call: the least of a few rounds, which nothing came between."""
    work()
    number, began = 0, time.process_time()
    while time.process_time() - began < seconds / _ROUNDS:
        work()
        number += 1
    return min(_round(work, number) for _ in range(_ROUNDS)) * 1e6


def _round(work: Callable[[], object], number: int) -> float:
    began = time.process_time()
    for _ in range(number):
        work()
    return (time.process_time() - began) / number


async def _previewed(house: House, kind: str, whole: Ruling, now: datetime) -> tuple[int, float, float]:
    """Preview a kind once; return how many records there are, the seconds it took, and those of a bare scan."""
    async with house.connected() as connection:
        await connection.execute(f"vacuum (analyze) {kind}")
        began = time.perf_counter()
        await connection.execute(_SCAN.format(kind=kind))
        floor = time.perf_counter() - began
    began = time.perf_counter()
    weighed = await Rulings(house.conninfo).weigh(
        kind, whole.rules, now=now, within_s=_WITHIN_S, samples=5, by_source=True
    )
    return weighed.examined, time.perf_counter() - began, floor
