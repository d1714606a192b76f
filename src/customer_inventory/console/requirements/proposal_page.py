"""The pages of proposals: what would change, what that would do, who may decide, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from starlette.responses import Response

from customer_inventory.access import governing
from customer_inventory.access.gaps import DAYS
from customer_inventory.access.governing import Proposal
from customer_inventory.access.grants import Denied
from customer_inventory.access.impact import Impact, impact
from customer_inventory.console.asking import UnknownChoice
from customer_inventory.console.requirements.catalogue_page import (
    OPEN,
    WORDS,
    may_decide,
    may_propose,
    page_of,
    proposal_page_of,
    shipped_as,
)
from customer_inventory.console.requirements.saying import Saying, turned
from customer_inventory.console.visit import Visit
from customer_inventory.console.words import shown_at
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import InvalidDocument
from customer_inventory.model.problems import Problem
from customer_inventory.repository.ruling import WeighingTooLong
from customer_inventory.requirements.governance import (
    NotTheProposer,
    ProposalDecided,
    ProposalOutdated,
    SecondPersonNeeded,
    VersionWaits,
)
from customer_inventory.requirements.requirement import InformationRequirement
from customer_inventory.requirements.wording import index_in_words

_DECIDED_SHOWN = 50
_COUNTING_S = 5.0
"""So long somebody waits for a page; the command line counts for longer."""
DONE = {
    "draft": "Kept as a draft. Nobody else decides on it until you submit it.",
    "proposed": "Proposed. Somebody else decides on it now; until then nothing changes.",
    "submit": "Proposed. Somebody else decides on it now; until then nothing changes.",
    "approve": "Approved.",
    "reject": "Rejected. Nothing was changed.",
    "withdraw": "Withdrawn. Nothing was changed.",
}
_GOVERNED = (NotTheProposer, ProposalDecided, ProposalOutdated, SecondPersonNeeded, VersionWaits, InvalidDocument)


class DecidingNotGranted(InventoryError):
    """Your role may look at proposals, but not decide on them.

    Ask a steward or an administrator who did not propose it.
    """

    code = "deciding-not-granted"
    failure = Failure.DENIED


async def proposals(visit: Visit) -> Response:
    """Answer /proposals: what waits for a decision, and what was decided last. Raises Denied."""
    every = await governing.proposals(visit.access)
    waiting = [each for each in every if each.status in OPEN]
    decided = [each for each in every if each.status not in OPEN]
    decided.sort(key=_decided_at, reverse=True)
    waiting.sort(key=lambda each: each.version.proposed_at)
    return visit.page(
        "proposals.html",
        waiting=waiting,
        decided=decided[:_DECIDED_SHOWN],
        cut=len(decided) > _DECIDED_SHOWN,
        may_propose=may_propose(visit),
        **WORDS,
    )


async def proposal(visit: Visit) -> Response:
    """Answer /proposals/ID: what is proposed; with a form, decide on it, and lead to the page that shows that.

    Raises ProposalNotFound, DecidingNotGranted and Denied.
    """
    name, number = governing.proposal_named(str(visit.request.path_params["id"]))
    if not visit.posted:
        return await _page(visit, await governing.proposal(visit.access, name, number))
    typed = await visit.form()
    try:
        await _decide(visit, name, number, typed)
    except Denied as error:
        raise DecidingNotGranted from error
    except _GOVERNED as error:
        shown = await governing.proposal(visit.access, name, number)
        return await _page(visit, shown, typed=typed, error=error)
    return visit.see(f"{proposal_page_of(f'{name}@{number}')}?done={typed['do']}")


async def _decide(visit: Visit, name: str, number: int, typed: Mapping[str, str]) -> Proposal:
    """Do what the form says. Raises UnknownChoice for what cannot be done, and what that raises."""
    access, said = visit.access, typed.get("decision", "").strip() or None
    match typed.get("do"):
        case "approve":
            return await governing.approve(access, name, number, said=said, effective_from=_since(typed))
        case "reject":
            if said is None:
                raise InvalidDocument([Problem("decision", "is needed: who proposed it wants to know why")])
            return await governing.reject(access, name, number, said=said)
        case "withdraw":
            return await governing.withdraw(access, name, number, said=said)
        case "submit":
            return await governing.submit(access, name, number)
    raise UnknownChoice


def _since(typed: Mapping[str, str]) -> datetime | None:
    """The moment from which it is to hold: the beginning of a day in UTC, None for now. Raises InvalidDocument."""
    if typed.get("when", "now") == "now":
        return None
    if typed["when"] != "later":
        raise UnknownChoice
    try:
        return datetime.strptime(typed.get("from", ""), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidDocument([Problem("effectiveFrom", "is needed as a date")]) from error


async def _page(
    visit: Visit, shown: Proposal, *, typed: Mapping[str, str] | None = None, error: InventoryError | None = None
) -> Response:
    version, person = shown.version, visit.person.login
    after = None if version.change == "retire" else shown.requirement
    ahead = version.effective_from if shown.status == "approved" else None
    return visit.page(
        "proposal.html",
        status=error.failure.status if error else 200,
        proposal=shown,
        requirement_address=page_of(version.id),
        turned=turned(await _basis(visit, shown), after),
        impact=await _impact(visit, shown),
        done=_done(visit.query, shown),
        problem=_told(error) if error else "",
        typed=typed or {},
        outdated=shown.status == "proposed" and version.base != _base(shown),
        own=version.proposed_by == person,
        may_decide=may_decide(visit),
        may_propose=may_propose(visit),
        starts=shown_at(ahead) if ahead else None,
        tomorrow=(visit.now.astimezone(UTC) + timedelta(days=1)).date().isoformat(),
        **WORDS,
    )


async def _impact(visit: Visit, shown: Proposal) -> tuple[Saying, ...] | None:
    """What approving an open proposal would do, in words; None where nothing is left to decide."""
    if shown.status not in {"draft", "proposed"}:
        return None
    try:
        found = await impact(visit.access, shown.version.id, shown.version.version, within_s=_COUNTING_S)
    except WeighingTooLong:
        command = f"customer-inventory requirement impact '{shown.id}'"
        return (Saying("impact", "Records", (f"There are too many to count here; {command} does.",)),)
    return tuple(_consequences(found))


def _consequences(found: Impact) -> Iterator[Saying]:
    yield Saying("records", "Records held against it", (f"{found.examined:,}",))
    for rule in found.rules:
        sources = [f"{number:,} from {source or 'no source'}" for source, number in list(rule.by_source.items())[:5]]
        lines = (f"{rule.broken:,} break it; {rule.broken_now:,} break what governs now", *sources)
        pages = tuple(f"/{found.kind}/{identifier}" for identifier in rule.samples)
        yield Saying(f"rule-{rule.code}", f"{rule.code} ({rule.enforcement})", lines, pages)
    if found.index_seconds is not None:
        takes = f"takes about {found.index_seconds:,.0f} seconds; everybody can go on to write"
        fits = index_in_words(found.index_too_long)
        yield Saying("index", "Index", (takes, *((fits,) if found.index_too_long != 0 else ())))
    for name, heading, roles in (
        ("losing", "Masked from now on to", found.losing),
        ("gaining", "Shown to", found.gaining),
    ):
        if roles:
            yield Saying(name, heading, (f"people with the role {', '.join(roles)}",))
    yield Saying("users", f"Programs that asked for it in {DAYS} days", (", ".join(found.users) or "none by its name",))
    yield Saying("readers", "Programs that read it", (", ".join(found.readers) or "none",))
    yield Saying("writers", "Programs that write it", (", ".join(found.writers) or "none",))


def _told(error: InventoryError) -> str:
    if not isinstance(error, InvalidDocument):
        return error.message
    labels = {"effectiveFrom": "The date", "decision": "What you say about the decision"}
    return " ".join(f"{labels.get(each.path, each.path)} {each.reason}." for each in error.problems)


def _done(query: Mapping[str, str], shown: Proposal) -> str:
    """What was done just now, as far as it is so: the address could say anything."""
    done = query.get("done", "")
    if done == "approve" and shown.status == "approved":
        return "Approved. It governs from the date below on; until then nothing changes."
    if done == "approve" and shown.status == "effective":
        return "Approved. It governs now: every door follows within a second."
    expected = {"draft": "draft", "proposed": "proposed", "submit": "proposed", "reject": "rejected"}
    expected["withdraw"] = "withdrawn"
    return DONE[done] if expected.get(done) == shown.status else ""


async def _basis(visit: Visit, shown: Proposal) -> InformationRequirement | None:
    """The version on which a proposal was made, None where nothing governed; 0 is the one that is shipped."""
    base = shown.version.base
    if base < 1:
        return None if base < 0 else shipped_as(shown.version.id)
    return (await governing.proposal(visit.access, shown.version.id, base)).requirement


def _base(shown: Proposal) -> int:
    return -1 if shown.governing is None else shown.governing.version or 0


def _decided_at(shown: Proposal) -> datetime:
    return shown.version.decided_at or shown.version.proposed_at
