"""The page that tells who saw or changed a record: of a customer or a party, with all that belongs to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from starlette.responses import Response

from customer_inventory.access.grants import TRAIL
from customer_inventory.access.sightings import who_saw
from customer_inventory.console.kinds import KIND_NAMES, KINDS_NAMES
from customer_inventory.console.record_page import identifier_of
from customer_inventory.console.visit import Answering, Visit
from customer_inventory.console.words import Shown, shown_at, spelled
from customer_inventory.repository.journal import Seen

_DONE = {
    "read": "Read",
    "create": "Created",
    "modify": "Changed",
    "update": "Replaced from a source",
    "delete": "Deleted",
    "download": "Downloaded",
    "purge": "Purged for good",
}
_OTHERWISE = {
    "absent": "asked for it when it was not there",
    "refused": "was refused",
    "replayed": "repeated a request",
    "stale": "came too late: it had changed",
    "unchanged": "nothing came of it",
}
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """Who did or saw what, how often, from when to when, for what, and which attributes were asked for by name.

    `of` is the kind of record where that is another one than the page is of.
    """

    who: str
    through: str
    done: str
    of: str
    besides: str
    times: int
    first: Shown
    last: Shown
    purpose: str
    attributes: str


def seen_page(kind: str) -> Answering:
    """Return what answers on who saw a record of a kind."""

    async def answer(visit: Visit) -> Response:
        identifier = identifier_of(visit.request.path_params["id"])
        found = await who_saw(visit.access, identifier)
        others = Counter(each for one, each in found.records.items() if each and one != str(identifier))
        together = [f"{number} {_named(each, number)}" for each, number in sorted(others.items())]
        return visit.page(
            "seen.html",
            kind=kind,
            identifier=str(identifier),
            lines=[_line(each, kind) for each in found.seen],
            together=together,
            cut=found.cut,
        )

    return answer


def _named(kind: str, number: int) -> str:
    return (KIND_NAMES if number == 1 else KINDS_NAMES)[kind].lower()


def _line(seen: Seen, kind: str) -> Line:
    names = [spelled(each) for each in seen.attributes or ()]
    told = ", ".join(names[:_MOST_WORDS]) + (" …" if len(names) > _MOST_WORDS else "")
    return Line(
        who=seen.person or seen.client,
        through=seen.client if seen.person else "",
        done="Looked who saw it" if seen.kind == TRAIL else _DONE.get(seen.verb, seen.verb),
        of="" if seen.kind in {kind, TRAIL} else KIND_NAMES.get(seen.kind, seen.kind).lower(),
        besides=_OTHERWISE.get(seen.outcome, ""),
        times=seen.times,
        first=shown_at(seen.first),
        last=shown_at(seen.last),
        purpose=seen.purpose,
        attributes="" if not told else f"{told}{', and whole records' if seen.whole else ''}",
    )
