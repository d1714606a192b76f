"""Reports: drafts as a catalogue file that a person reviews, and suspicions as a table that a person works off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from customer_inventory.requirements.profiling.dependencies import Dependency
from customer_inventory.requirements.profiling.keys import Keys
from customer_inventory.requirements.profiling.profile import Profile
from customer_inventory.requirements.profiling.proposals import Draft
from customer_inventory.requirements.toml_form import write_catalogue

HEADINGS = ("row", "column", "holds", "likely", "confidence", "reasons")
_ROWS_NAMED = 5
_KEYS_NAMED = 10


Called = Callable[[int], str]
"""What a row of the source is called, by its number."""


def write_drafts(profile: Profile, drafts: Sequence[Draft], *, called: Called = str) -> str:
    """Return a catalogue file of the drafts, with the evidence for each as a comment above it.

    It is read as any catalogue is, and holds no values of the source but the codes of code lists.
    """
    head, _, _ = write_catalogue([]).partition("\n")
    parts = [_commented(_about(profile, called)), head]
    for draft in drafts:
        if draft.changes:
            _, _, table = write_catalogue([draft.requirement]).partition("\n\n")
            parts.append(f"{_commented(_evidence(draft))}\n{table.rstrip()}")
    kept = [draft for draft in drafts if not draft.changes]
    parts += [_commented(_evidence(draft)) for draft in kept]
    return "\n\n".join(parts) + "\n"


def suspicion_rows(profile: Profile, *, called: Called = str) -> Iterator[list[str]]:
    """Yield a row for each suspected cell, as `HEADINGS` say. These are a customer's data."""
    for each in profile.suspicions:
        likely = "" if each.likely is None else str(each.likely)
        yield [called(each.row), each.column, str(each.held), likely, f"{each.confidence:.2f}", "; ".join(each.reasons)]


def _about(profile: Profile, called: Called) -> Iterator[str]:
    looked = f"{profile.rows:,} of {profile.seen:,} rows" if profile.rows < profile.seen else f"{profile.seen:,} rows"
    yield f"Requirements that {looked} suggest: drafts to be reviewed, each with what speaks for it."
    yield "The confidence is that of the weakest of what speaks for a draft."
    if profile.dependencies:
        yield ""
        yield "What tells what (a suggestion; a catalogue does not ask for it):"
        yield from (
            f"  {_dependency(each, called)}" for each in sorted(profile.dependencies, key=lambda one: -one.confidence)
        )
    yield from _keys(profile.keys)


def _keys(keys: Keys) -> Iterator[str]:
    if not keys.found and keys.complete:
        return
    yield ""
    tried = "" if keys.complete else "; not all combinations were tried"
    yield f"What tells rows apart together (a suggestion; a catalogue does not ask for it{tried}):"
    yield from (f"  {each}" for each in keys.found[:_KEYS_NAMED])
    if not keys.found:
        yield "  nothing that was tried"
    if len(keys.found) > _KEYS_NAMED:
        yield f"  and {len(keys.found) - _KEYS_NAMED} more"


def _dependency(each: Dependency, called: Called) -> str:
    said = f"{each} ({each.confidence:.0%}): {each.deviating:,} of {each.supporting:,} rows deviate"
    for column, rows in each.exceptions:
        said += f", {rows:,} of them with some values of {column}"
    if each.counter_examples:
        named = ", ".join(map(called, each.counter_examples[:_ROWS_NAMED]))
        said += f": {named}{', …' if len(each.counter_examples) > _ROWS_NAMED else ''}"
    return said


def _evidence(draft: Draft) -> Iterator[str]:
    if not draft.changes:
        yield f"Column {draft.column} goes to {draft.requirement.attribute}, which is governed; nothing is added"
    elif draft.governed:
        yield f"Column {draft.column}, confidence {draft.confidence:.0%}, adds {', '.join(draft.added)} to what governs"
    else:
        yield f"Column {draft.column}, confidence {draft.confidence:.0%}"
    yield from (f"- {each}" for each in draft.evidence)


def _commented(lines: Iterator[str]) -> str:
    """Return lines as comments of TOML, which hold no control characters; headings of columns may hold any."""
    plain = ("".join(letter if letter.isprintable() else " " for letter in line) for line in lines)
    return "\n".join(f"# {line}".rstrip() for line in plain)
