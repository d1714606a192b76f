"""The verbs of the catalogue: see what is asked, and propose changes; `deciding` has those that decide."""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter, validators

from customer_inventory.access import Access
from customer_inventory.access import governing as catalogue
from customer_inventory.access.gaps import DAYS, MOST_DAYS, Gaps
from customer_inventory.access.gaps import gaps as find_gaps
from customer_inventory.access.governing import Proposal, proposal_named
from customer_inventory.capture.exports import UnwritableOutput
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import opened, operator
from customer_inventory.cli.progress import say
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument
from customer_inventory.requirements.governance import NothingProposed, ProposalNotFound, Proposed, differences
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.rules import identifier_of
from customer_inventory.requirements.toml_form import InvalidCatalogue, read_catalogue_file, write_catalogue
from customer_inventory.settings import Settings

requirement = App(name="requirement", help="Govern what is asked of the attributes of customers' records.")
requirement.command("customer_inventory.cli.identifying:identify", name="identify")

_DEFAULTS = Settings()


class NoSuchFile(InventoryError):
    """There is no such file."""

    code = "no-such-file"
    failure = Failure.NOT_FOUND


@requirement.command(name="list")
def list_requirements(*, resource: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """List the requirements that govern now: what is asked, how strictly, and how sensitive it is.

    Parameters
    ----------
    resource
        Only those of this resource, such as individual, or of this class of entity.
    settings
        How the inventory is set up.
    """
    return run(_list(resource, settings), settings)


async def _list(resource: str | None, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = await catalogue.requirements(access, None if resource is None else [resource])
    for each in found:
        asked = f"{each.obligation}, {each.enforcement}" if each.obligation != "optional" or each.value_rule else ""
        rules = ", ".join(rule.code for rule in each.value_rule or ())
        print("  ".join(filter(None, [str(each.id), each.name, str(each.sensitivity), asked, rules])))
    say(f"{len(found):,} requirements govern.")


@requirement.command
def show(identifier: str, *, settings: Configured = _DEFAULTS) -> int:
    """Show one requirement as it governs now, in the form of a catalogue file, and its versions.

    Parameters
    ----------
    identifier
        The requirement: its resource and attribute, such as individual.birthDate.
    settings
        How the inventory is set up.
    """
    return run(_show(identifier, settings), settings)


async def _show(identifier: str, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = await catalogue.requirement(access, identifier)
        versions = await catalogue.proposals(access, identifier=identifier)
    print(write_catalogue([found]), end="")
    for each in versions:
        print(f"# {line(each)}")


@requirement.command
def export(*, output: str, resource: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """Write the requirements that govern now to a TOML file, to be kept in Git and proposed again.

    Parameters
    ----------
    output
        The file to write, or - for standard output.
    resource
        Only those of this resource.
    settings
        How the inventory is set up.
    """
    return run(_export(output, resource, settings), settings)


async def _export(output: str, resource: str | None, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = await catalogue.requirements(access, None if resource is None else [resource])
    put(output, write_catalogue(found))
    say(f"Wrote {len(found):,} requirements to {'standard output' if output == '-' else output}.")


@requirement.command
def propose(
    file: Path,
    *,
    reason: str,
    draft: Annotated[bool, Parameter(negative=())] = False,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Propose every requirement of a catalogue file that differs from what governs; somebody else decides.

    Parameters
    ----------
    file
        A TOML file, such as `customer-inventory requirement export --output FILE` writes.
    reason
        Why it is proposed; every version keeps it.
    draft
        Keep drafts, to be submitted later.
    dry_run
        Only say what would be proposed.
    settings
        How the inventory is set up.
    """
    return run(_propose(file, reason, settings, draft=draft, dry=dry_run), settings)


async def _propose(file: Path, reason: str, settings: Settings, *, draft: bool, dry: bool) -> None:
    wanted = _read(file)
    async with opened_access(settings) as access:
        governs = {each.id: each for each in await catalogue.requirements(access)}
        changes = {identifier_of(each): differences(governs.get(identifier_of(each)), each) for each in wanted}
        changed = [Proposed(each, reason, draft=draft) for each in wanted if changes[identifier_of(each)]]
        await _check(access, changed, file.name)
        made = 0
        for each in changed:
            identifier = identifier_of(each.requirement)
            made += _foretold(identifier, changes[identifier]) if dry else await _made(access, each)
    done = "would be proposed" if dry else "kept as drafts" if draft else "proposed"
    say(f"{made:,} of {len(wanted):,} requirements {done}; the others are what governs.")


async def _check(access: Access, changed: list[Proposed], source: str) -> None:
    """Raise InvalidCatalogue with everything of a file that cannot be asked, before any of it is proposed."""
    problems: list[str] = []
    for each in changed:
        try:
            await catalogue.check(access, each)
        except InvalidDocument as error:
            problems += [f"{identifier_of(each.requirement)}: {problem}" for problem in error.problems]
    if problems:
        raise InvalidCatalogue(source, list(dict.fromkeys(problems)))


async def _made(access: Access, proposed: Proposed) -> int:
    try:
        print(line(await catalogue.propose(access, proposed)))
    except NothingProposed:  # somebody else was faster
        return 0
    return 1


def _foretold(identifier: str, changed: list[dict[str, Any]]) -> int:
    """Print what a proposal would change."""
    for each in changed:
        said = {name: msgspec.json.encode(each[name]).decode() for name in ("before", "after") if name in each}
        words = f"{said.get('before', '(nothing)')} -> {said.get('after', '(nothing)')}"
        print(f"{identifier}  {each['attribute']}  {words}")
    return 1


@requirement.command
def retire(identifier: str, *, reason: str, settings: Configured = _DEFAULTS) -> int:
    """Propose that a requirement ends; somebody else decides.

    Parameters
    ----------
    identifier
        The requirement, such as individual.birthDate.
    reason
        Why it is to end.
    settings
        How the inventory is set up.
    """
    return run(_retire(identifier, reason, settings), settings)


async def _retire(identifier: str, reason: str, settings: Settings) -> None:
    async with opened_access(settings) as access:
        governs = await catalogue.requirement(access, identifier)
        print(line(await catalogue.propose(access, Proposed(governs, reason, retires=True))))


@requirement.command
def proposals(*, status: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """List drafts and proposals, and what was decided of them.

    Parameters
    ----------
    status
        Only those of this status: draft, proposed, approved, effective, superseded, rejected or withdrawn.
    settings
        How the inventory is set up.
    """
    return run(_proposals(status, settings), settings)


async def _proposals(status: str | None, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = [each for each in await catalogue.proposals(access) if status in {None, each.status}]
    for each in found:
        print(line(each))
    say(f"{len(found):,} proposals.")


@requirement.command
def compare(proposal: str, *, settings: Configured = _DEFAULTS) -> int:
    """Show what a proposal changes of the requirement that governs now.

    Parameters
    ----------
    proposal
        The proposal: the requirement and a version, such as individual.birthDate@3.
    settings
        How the inventory is set up.
    """
    return run(_compare(proposal, settings), settings)


async def _compare(proposal: str, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = await catalogue.proposal(access, *named(proposal))
    print(line(found))
    for each in found.difference:
        before, after = (msgspec.json.encode(each[name]).decode() if name in each else "-" for name in _SIDES)
        print(f"  {each['attribute']}: {before} -> {after}")


_SIDES = ("before", "after")


@requirement.command
def gaps(
    resource: str,
    *,
    segment: str | None = None,
    days: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=MOST_DAYS))] = DAYS,
    settings: Configured = _DEFAULTS,
) -> int:
    """Show what of a resource is asked for and not kept, kept and not asked for, or kept and not used.

    Parameters
    ----------
    resource
        The resource, such as individual, or a class of entity.
    segment
        An attribute by whose values the records are told apart, such as status.
    days
        For how many days back the access trail tells what is used: what was shown, searched or sorted by by its name.
    settings
        How the inventory is set up.
    """
    return run(_gaps(resource, segment, days, settings), settings)


async def _gaps(resource: str, segment: str | None, days: int, settings: Settings) -> None:
    async with opened_access(settings) as access:
        found = await find_gaps(access, resource, segment=segment, days=days)
    for each in found.coverage:
        mark = "unreachable" if each.unreachable else "short" if each.short else "unused" if found.unused(each) else ""
        aimed = "" if each.target is None else f"of {each.target:.1%} aimed at"
        print("  ".join(filter(None, [f"{each.share:7.1%}", aimed, str(each.requirement.id), mark])))
        for part in each.parts if each.short else ():
            named = " ".join(filter(None, [part.source or "(no source)", part.segment]))
            print(f"           {part.share:7.1%}  of {part.records:,} from {named}")
    for one in found.unasked:
        brought = ", ".join(f"{name or '(no source)'} {number:,}" for name, number in one.sources[:5])
        print(f"not asked for: {one.attribute}  in {one.records:,} records  ({brought})")
    say(f"{found.records:,} records were looked at, {found.share:.0f} % of all.")
    if found.apart:
        say(f"{found.apart:,} of them are in parts that are too small to be told.")
    say(f"Unused is what is kept and nobody asked for by name since {found.since:%Y-%m-%d}; {_accesses(found)}.")


def _accesses(found: Gaps) -> str:
    """Return how much the access trail tells."""
    if not found.accessed:
        return "there was no access, so that nothing can be told"
    return f"{found.whole:,} accesses were to whole records, {found.accesses_share:.0f} % of the trail were looked at"


@asynccontextmanager
async def opened_access(settings: Settings) -> AsyncIterator[Access]:
    """Open an access for one verb."""
    async with opened(settings) as desk:
        request_id = f"requirement-{secrets.token_hex(8)}"
        yield await desk.open_at_command_line(person=operator(), purpose=None, request_id=request_id)


def _read(file: Path) -> list[InformationRequirement]:
    if not file.is_file():
        raise NoSuchFile(f"There is no file {file}.")
    return read_catalogue_file(file)


def put(output: str, text: str) -> None:
    """Write a text to a file, or to standard output for -. Raises UnwritableOutput."""
    if output == "-":
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as error:
        raise UnwritableOutput(f"{output} cannot be written: {error.strerror or error}.") from error


def named(proposal: str) -> tuple[str, int]:
    """Return what an argument names, as `proposal_named` does. Raises ProposalNotFound, which says where to look."""
    try:
        return proposal_named(proposal)
    except ProposalNotFound:
        raise ProposalNotFound(
            f"{proposal!r} names no proposal; `customer-inventory requirement proposals` lists them."
        ) from None


def line(proposal: Proposal) -> str:
    """Return what is printed of a proposal."""
    version = proposal.version
    since = f"from {version.effective_from:%Y-%m-%d %H:%M} UTC" if version.effective_from else ""
    decided = f"by {version.decided_by}" if version.decided_by else ""
    parts = [proposal.id, version.change, proposal.status, decided, since, f"proposed by {version.proposed_by}"]
    return "  ".join([*filter(None, parts), f'"{version.reason}"'])
