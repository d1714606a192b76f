"""The pages on which a record is made or changed, through the same access and rules as the API."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from starlette.responses import Response

from customer_inventory.access.access import IdempotencyKeyReused, RecordNotFound, Saved, VersionConflict
from customer_inventory.access.asked import asked_of
from customer_inventory.access.grants import Denied
from customer_inventory.console.asking import UnknownChoice, id_in
from customer_inventory.console.comparing import Changed, compare
from customer_inventory.console.forms.layout import Layout, layout_of
from customer_inventory.console.forms.writing import Written, refused_at, typed_of, written
from customer_inventory.console.headings import headings_of
from customer_inventory.console.kinds import KIND_NAMES, PARTIES, resource_of
from customer_inventory.console.rows import label
from customer_inventory.console.visit import Answering, Visit
from customer_inventory.console.words import medium_name
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.ids import parse_id
from customer_inventory.model import InvalidDocument, Resource
from customer_inventory.model.problems import Problem
from customer_inventory.repository.records import IdempotencyKey

PARTY = "party"
_REFUSALS = frozenset({Failure.INVALID, Failure.UNPROCESSABLE, Failure.CONFLICT})
_FEW = 12
"""So many fields are shown at once; of more, those that are asked for or filled in come first."""
_NO_FIELDS = frozenset({"proof", "once"})


class WritingNotGranted(InventoryError):
    """Your role may look at records, but not write them.

    Ask a steward or an administrator.
    """

    code = "writing-not-granted"
    failure = Failure.DENIED


@dataclass(frozen=True, slots=True)
class Party:
    """The party of a customer that is being made: its kind, id and name."""

    kind: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form shows besides its fields: what was wrong with it, and what others changed meanwhile."""

    problems: Mapping[str, str] = field(default_factory=dict)
    rest: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    status: int = 200


def new(kind: str) -> Answering:
    """Answer /KIND/new: an empty form; sent, the record is made and its page comes."""

    async def answer(visit: Visit) -> Response:
        resource = resource_of(kind)
        await _require(visit, "create", resource)
        layout = layout_of(resource, await asked_of(visit.access, resource), {}, now=visit.now)
        if not visit.posted:
            return await _empty(visit, kind, layout)
        typed = await visit.form()
        made = written(layout, {"@type": resource.struct.__name__}, typed)
        try:
            if kind == "customer":
                await _engage(visit, made, typed.get(PARTY, ""))
            saved = await _create(visit, resource, made, typed)
        except InventoryError as error:
            shown = _refused(error, made, layout)
            return await _form(visit, kind, layout, typed, shown)
        return visit.see(f"/{kind}/{saved.record.id}?done=created")

    return answer


def edit(kind: str) -> Answering:
    """Answer /KIND/ID/edit: a form of what is recorded; sent, what was changed in it is kept and the page comes."""

    async def answer(visit: Visit) -> Response:
        resource, identifier = resource_of(kind), parse_id(visit.request.path_params["id"])
        if identifier is None:
            raise RecordNotFound("The inventory holds no record of this id.")
        await _require(visit, "modify", resource)
        if not visit.posted:
            record = await visit.access.read(resource, identifier)
            document = _document(record.document)
            layout = layout_of(resource, await asked_of(visit.access, resource), document, now=visit.now)
            typed = {**typed_of(layout, document), "version": str(record.version)}
            return await _form(visit, kind, layout, typed, Shown(), document=document)
        return await _edited(visit, kind, identifier, await visit.form())

    return answer


async def _edited(visit: Visit, kind: str, identifier: UUID, typed: Mapping[str, str]) -> Response:
    """Keep what was changed in a form of the version that it showed, or tell what changed since."""
    access, resource = visit.access, resource_of(kind)
    version = typed.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise UnknownChoice
    document = _document((await access.version(resource, identifier, int(version))).document)
    layout = layout_of(resource, await asked_of(access, resource), document, now=visit.now)
    made = written(layout, document, typed)
    try:
        if made.problems:
            raise InvalidDocument(made.problems)
        writing = access.because(typed.get("why", "").strip() or None)
        saved = await writing.modify(
            resource, identifier, lambda _: dict(made.document), expected=frozenset({int(version)})
        )
    except VersionConflict:
        return await _conflict(visit, kind, identifier, layout=layout, before=document, typed=typed)
    except InventoryError as error:
        return await _form(visit, kind, layout, typed, _refused(error, made, layout), document=document)
    return visit.see(f"/{kind}/{identifier}?done={'same' if saved.outcome == 'unchanged' else 'saved'}")


async def _create(visit: Visit, resource: Resource, made: Written, typed: Mapping[str, str]) -> Saved:
    if made.problems:
        raise InvalidDocument(made.problems)
    access = visit.access.because(typed.get("why", "").strip() or None)
    return await access.create(resource, made.document, key=_once(resource, typed))


def _once(resource: Resource, typed: Mapping[str, str]) -> IdempotencyKey | None:
    """A form that is sent twice makes one record: its page named it before."""
    once = typed.get("once", "")
    if not (len(once) == 32 and once.isalnum() and once.isascii()):
        return None
    said = sorted((name, text) for name, text in typed.items() if name not in _NO_FIELDS)
    fingerprint = hashlib.sha256(msgspec.json.encode([resource.name, said])).digest()
    return IdempotencyKey(key=f"form-{once}", fingerprint=fingerprint)


async def _empty(visit: Visit, kind: str, layout: Layout) -> Response:
    typed = {"once": secrets.token_hex(16)}
    party = visit.query.get(PARTY, "")
    if kind == "customer" and party:
        typed[PARTY] = party
        found = await _party(visit, party)
        typed["name"] = found.name if found else ""
    return await _form(visit, kind, layout, typed, Shown())


async def _engage(visit: Visit, made: Written, text: str) -> None:
    """Let a customer engage the party that the form names. Raises InvalidDocument when there is none."""
    party = await _party(visit, text)
    made.fields["engagedParty"] = PARTY
    if party is None:
        reason = "is of no person or organisation of this inventory" if text.strip() else "is needed"
        raise InvalidDocument([*made.problems, Problem("engagedParty", reason)])
    referred = resource_of(party.kind).struct.__name__
    made.document["engagedParty"] = {
        "@type": "PartyRef",
        "id": party.id,
        "name": party.name,
        "@referredType": referred,
    }


async def _party(visit: Visit, text: str) -> Party | None:
    """The person or organisation that an id, or the address of its page, names."""
    identifier = id_in(text.strip())
    if identifier is None:
        return None
    for kind in PARTIES:
        try:
            record = await visit.access.read(resource_of(kind), identifier)
        except RecordNotFound:
            continue
        return Party(kind, record.id, label(kind, _document(record.document)))
    return None


async def _conflict(
    visit: Visit,
    kind: str,
    identifier: UUID,
    *,
    layout: Layout,
    before: dict[str, Any],
    typed: Mapping[str, str],
) -> Response:
    """The form anew, of what is recorded now with what was typed, and what others changed meanwhile."""
    resource = resource_of(kind)
    record = await visit.access.read(resource, identifier)
    document = _document(record.document)
    fresh = layout_of(resource, await asked_of(visit.access, resource), document, now=visit.now)
    showed, holds = typed_of(layout, before), typed_of(fresh, document)
    mine = {name: typed[name] for name in showed if name in typed and typed[name] != showed[name]}
    # Media have no names: where somebody changed them meanwhile, what was typed could get into another one.
    moved = before.get("contactMedium") != document.get("contactMedium")
    lost = {name: text for name, text in mine.items() if name not in holds or (moved and name not in _plain(fresh))}
    kept = {name: text for name, text in mine.items() if name not in lost}
    labels = {each.name: each.label for each in layout.every}
    shown = Shown(
        changed=compare(before, document, await headings_of(visit.access, resource)),
        lost=tuple((labels[name], text) for name, text in lost.items() if text),
        status=Failure.CONFLICT.status,
    )
    merged = {**holds, **kept, "version": str(record.version), "why": typed.get("why", "")}
    return await _form(visit, kind, fresh, merged, shown, document=document)


def _plain(layout: Layout) -> frozenset[str]:
    return frozenset(each.name for each in layout.fields)


def _refused(error: InventoryError, made: Written, layout: Layout) -> Shown:
    """What a form shows of a refusal. Raises the error again when it is none that a form can help."""
    if isinstance(error, InvalidDocument):
        known = {**{each.name: each.name for each in layout.every}, **made.fields}
        problems, rest = refused_at(error, known)
        return Shown(problems, tuple(rest), status=error.failure.status)
    if isinstance(error, IdempotencyKeyReused):
        return Shown(rest=("This form was kept before. Open the form anew for another record.",), status=409)
    if error.failure not in _REFUSALS:
        raise error
    return Shown(rest=(error.message,), status=error.failure.status)


async def _form(
    visit: Visit,
    kind: str,
    layout: Layout,
    typed: Mapping[str, str],
    shown: Shown,
    *,
    document: dict[str, Any] | None = None,
) -> Response:
    identifier = visit.request.path_params.get("id")
    party = await _party(visit, typed.get(PARTY, "")) if kind == "customer" and document is None else None
    first = [each for each in layout.fields if each.mark or typed.get(each.name) or each.name in shown.problems]
    if len(layout.fields) <= _FEW:
        first = list(layout.fields)
    labels = {each.name: each.label for each in layout.every} | {PARTY: "Person or organisation"}
    return visit.page(
        "record-form.html",
        status=shown.status,
        kind=kind,
        called=KIND_NAMES[kind].lower(),
        name=label(kind, document) if document is not None else "",
        back=f"/{kind}/{identifier}" if document is not None else "/",
        layout=layout,
        first=first,
        more=[each for each in layout.fields if each not in first],
        typed=typed,
        shown=shown,
        labels=labels,
        party=party,
        medium_name=medium_name,
    )


async def _require(visit: Visit, verb: str, resource: Resource) -> None:
    try:
        await visit.access.require(verb, resource.kind)
    except Denied as error:
        raise WritingNotGranted from error


def _document(text: bytes) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any])
