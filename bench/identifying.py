"""`python -m bench.identifying`: what a profile finds in data that others published, and what it costs.

Three questions. Of the `hospital` table with its errors (HoloClean, Raha): which of the published dependencies are
proposed unaided, and which of the suspected cells are wrong? Of the same table clean, with errors of our own making:
is that more than luck with one kind of error? Of 20,000 persons (Splink): how many dependencies are proposed where
there are none? No server is needed. The tables are no part of the product: they lie in `../shared/data`, or where
`--data` says.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from bench.errors_made import KINDS, SEED, customers
from bench.identified import Cells, Score, broken_by, dependency_lines, published, score
from customer_inventory.requirements.profiling import Profile, profile

TODAY = date(2026, 11, 30)
"""The day that the profile takes for today, so that two runs say the same."""
TRUTH = "group"
"""The column of the persons that says who is the same: what e-mail addresses tell of it is no mistake."""
_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> int:
    """Print the figures; return 1 when the tables are not there."""
    parser = argparse.ArgumentParser(prog="python -m bench.identifying", description=__doc__)
    parser.add_argument("--data", type=Path, default=_DATA, help="where dirty/hospital and er/fake_20000.csv lie")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the table that is timed")
    options = parser.parse_args()
    hospital, persons = options.data / "dirty" / "hospital", options.data / "er" / "fake_20000.csv"
    if not hospital.exists() or not persons.exists():
        print(f"identifying: {options.data} has no dirty/hospital or er/fake_20000.csv; say --data")
        return 1
    for line in (*_hospital(hospital), *_other_errors(hospital), *_persons(persons), *_speed(options.rows)):
        print(line, flush=True)
    return 0


def _hospital(directory: Path) -> Iterable[str]:
    names, dirty = _read(directory / "dirty.csv")
    _, clean = _read(directory / "clean.csv")
    found, seconds = _profiled(names, dirty)
    yield f"hospital: {len(dirty):,} rows x {len(names)} columns in {seconds:.2f} s of processor time"
    yield from dependency_lines(found, published((directory / "dc_rules_holoclean.txt").read_text("ascii")))
    broken = list(broken_by(found, names, clean))
    yield f"  proposals that the truth does not keep without exception: {len(broken)} of {len(found.dependencies)}"
    yield from (f"    {each} ({share:.1%} of the rows deviate)" for each, share in broken)
    wrong = _wrong(names, dirty, clean)
    yield f"  cells that differ from the truth: {len(wrong)}"
    yield from _score_lines(score(found, wrong))
    yield "  by column (wrong, suspected, rightly):"
    suspected: Cells = {(each.row, each.column): each.likely for each in found.suspicions}
    both = wrong.keys() & suspected.keys()
    for name in names:
        counts = [sum(cell[1] == name for cell in cells) for cells in (wrong, suspected, both)]
        if any(counts):
            yield f"    {name:18} {counts[0]:4} {counts[1]:4} {counts[2]:4}"


def _other_errors(directory: Path) -> Iterable[str]:
    """Put errors of other kinds into the clean table: the published ones all replace letters by one letter."""
    names, clean = _read(directory / "clean.csv")
    yield "the clean table with other errors: a letter left out, put in, replaced or swapped; a value of another row"
    for kind, make in KINDS.items():
        for rate in (0.01, 0.03, 0.05):
            draw = random.Random(SEED)
            dirty = [
                [make(draw, cell, clean, at) if draw.random() < rate else cell for at, cell in enumerate(row)]
                for row in clean
            ]
            wrong = _wrong(names, dirty, clean)
            found, _ = _profiled(names, dirty)
            yield f"  {kind}, {rate:.0%} of the cells, {len(wrong)} wrong: {score(found, wrong)}"


def _persons(path: Path) -> Iterable[str]:
    names, rows = _read(path)
    found, seconds = _profiled(names, rows)
    yield f"persons: {len(rows):,} rows x {len(names)} columns in {seconds:.2f} s of processor time"
    false = [each for each in found.dependencies if each.dependent != TRUTH]
    yield f"  dependencies proposed: {len(found.dependencies)}, false: {len(false)}"
    for each in found.dependencies:
        yield f"    {each} (error {each.error:.2%}, confidence {each.confidence:.2f})"
    for name in names:
        count = sum(each.column == name for each in found.suspicions)
        if count:
            yield f"  suspected in {name}: {count} (nobody published which are wrong)"


def _speed(rows: int) -> Iterable[str]:
    names, table = customers(rows)
    found, seconds = _profiled(names, table)
    yield f"speed: {rows:,} rows x {len(names)} columns in {seconds:.1f} s of processor time"
    yield f"  {rows / seconds:,.0f} rows/s, {rows * len(names) / seconds:,.0f} cells/s"
    yield f"  dependencies: {len(found.dependencies)}, suspicions: {len(found.suspicions):,}"


def _score_lines(found: Score) -> Iterable[str]:
    yield f"  suspected: {found.suspected} cells, {found.right} of them rightly"
    yield f"    precision {found.precision:.3f}, recall {found.recall:.3f}"
    yield f"  repairs suggested: {found.repaired}, {found.repaired_right} of them right"
    yield f"    precision {found.repair_precision:.3f}, recall {found.repair_recall:.3f}"


def _profiled(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Profile, float]:
    began = time.process_time()
    found = profile(names, rows, random=random.Random(SEED), today=TODAY)
    return found, time.process_time() - began


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, rows


def _wrong(names: Sequence[str], dirty: Sequence[Sequence[str]], clean: Sequence[Sequence[str]]) -> Cells:
    """Return the cells that differ, with what is right; spaces do not count, since capture does away with them."""
    return {
        (number, name): right
        for number, (row, true) in enumerate(zip(dirty, clean, strict=True), 1)
        for name, cell, truth in zip(names, row, true, strict=True)
        if " ".join(cell.split()) != (right := " ".join(truth.split()))
    }


if __name__ == "__main__":
    raise SystemExit(main())
