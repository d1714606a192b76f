"""The TM Forum Open APIs: what answers at every resource in every version, by the rules of TMF630."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound, Saved
from customer_inventory.api import conditional
from customer_inventory.api.attachments import allow_files, names_content
from customer_inventory.api.exchange import Answer, Exchange, UnsupportedMediaType
from customer_inventory.api.fields import Fields
from customer_inventory.api.pages import list_answer
from customer_inventory.api.parameters import (
    Asked,
    InvalidParameter,
    UnknownAttribute,
    named,
    of_one,
    parse,
    printable,
    ranged,
)
from customer_inventory.api.patching import (
    ImmutableAttribute,
    Patch,
    judge_patch,
    judge_replacement,
    of_same_class,
    patched,
    read_patch,
    removed_by,
    require_patch,
)
from customer_inventory.api.questions import asked as asked_of_us
from customer_inventory.api.representation import href, represent
from customer_inventory.api.routing import Routes
from customer_inventory.ids import parse_id
from customer_inventory.model.contents import without_contents
from customer_inventory.model.conversion import copied
from customer_inventory.model.problems import PROBLEMS_SHOWN
from customer_inventory.model.tmf662 import ENTITY_SPECIFICATION
from customer_inventory.model.validation import validate_shown
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS
from customer_inventory.repository.records import IdempotencyKey, Record


def add_resources(routes: Routes, *, public_url: str) -> None:
    """Let every resource answer, in every version and at every alias of its API."""
    for view in VIEWS:
        handlers = ResourceHandlers(view, public_url=public_url)
        for base in view.api.paths:
            label = view.resource.name
            routes.add(f"{base}/{view.resource.path}", label, GET=handlers.list, POST=handlers.create)
            routes.add(
                f"{base}/{view.resource.path}/{{id}}",
                label,
                GET=handlers.get,
                PATCH=handlers.patch,
                DELETE=handlers.delete,
                **({"PUT": handlers.put} if view.api.replaces else {}),
            )


class ResourceHandlers:
    """Answers the requests for one resource in one version."""

    def __init__(self, view: View, *, public_url: str) -> None:
        self._view = view
        self._resource = view.resource
        self._arrays = frozenset(name for name, field in view.shape.fields.items() if field.many)
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET on the collection."""
        # Before anything else: which attributes entities have is told to those who may read them.
        await access.require("read", self._resource.kind)
        view, asked = await self._asked(exchange, access)
        asked = ranged(asked, exchange.header(b"range"))
        page = await access.naming(named(view, asked)).page(self._resource, asked.query)
        return list_answer(view, page, asked, path=exchange.path, public_url=self._public_url)

    async def _asked(self, exchange: Exchange, access: Access) -> tuple[View, Asked]:
        """Return what a list asks for, and the view by which it does: entities gain attributes at run time.

        An attribute that nobody knew a moment ago may have been specified by another server since. Raises as `parse`.
        """
        known = await access.searched(self._view, anew=False)
        try:
            return known, parse(known, exchange.query_string, public_url=self._public_url)
        except UnknownAttribute:
            view = await access.searched(self._view)
            if view is known:
                raise
            return view, parse(view, exchange.query_string, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST on the collection."""
        if exchange.media_type != "application/json":
            raise UnsupportedMediaType("Send the new record as application/json.")
        access, query = self._conflicts(exchange, access)
        asked = of_one(self._view, query, writing=True)
        await access.require("create", self._resource.kind, writes=False)
        allow_files(exchange, self._view, access)
        document, raw = await exchange.json_object()
        saved = await access.create(
            self._resource,
            self._stored(document, None, None),
            key=idempotency_key(exchange, raw),
            demanded=self._demanded,
        )
        location = href(self._view, saved.record.id, public_url=self._public_url).encode()
        saved = saved._replace(record=await self._with_contents(access, saved.record, asked.fields, created=True))
        return self.saved(access, saved, asked.fields, status=201).plus((b"location", location))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one record."""
        record_id = self._record_id(identifier)
        asked = of_one(self._view, exchange.query_string)
        if_none_match = exchange.header(b"if-none-match")
        conditional.check_condition(if_none_match)
        naming = access.naming(named(self._view, asked))
        record = await naming.read(self._resource, record_id, as_of=asked.query.as_of)
        tag = conditional.etag(record.version)
        if conditional.not_modified(if_none_match, record.version):
            return Answer(304, headers=((b"etag", tag),))
        record = await self._with_contents(access, record, asked.fields)
        return Answer(200, represent(self._view, record, asked.fields, public_url=self._public_url)).plus(
            (b"etag", tag)
        )

    async def patch(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer PATCH on one record."""
        record_id = self._record_id(identifier)
        require_patch(exchange.media_type)
        access, query = self._conflicts(exchange, access)
        asked = of_one(self._view, query, writing=True)
        await access.require("modify", self._resource.kind, writes=False)
        allow_files(exchange, self._view, access)
        body, raw = await exchange.json()
        attributes = (await access.searched(self._view)).attributes
        patch = read_patch(
            exchange.media_type, body, arrays=self._arrays, attributes=attributes, most_body=exchange.max_body
        )
        if patch.looks:
            await access.require_whole("read", self._resource.kind)
        blind = not access.sees_whole(self._resource.kind)
        if blind:
            judge_patch(self._view, patch)
            access = access.removing(removed_by(self._view, patch))
        change = partial(self._patched, patch, record_id, blind=blind)
        expected = conditional.expected_versions(exchange.header(b"if-match"))
        saved = await access.modify(
            self._resource,
            record_id,
            change,
            expected=expected,
            key=idempotency_key(exchange, raw),
            demanded=self._demanded,
        )
        saved = saved._replace(record=await self._with_contents(access, saved.record, asked.fields))
        return self.saved(access, saved, asked.fields, status=200)

    async def put(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer PUT on one record: the whole of it is replaced by what comes."""
        record_id = self._record_id(identifier)
        if exchange.media_type != "application/json":
            raise UnsupportedMediaType("Send the whole record as application/json.")
        asked = of_one(self._view, exchange.query_string, writing=True)
        await access.require("update", self._resource.kind, writes=False)
        allow_files(exchange, self._view, access)
        document, raw = await exchange.json_object()
        if not access.sees_whole(self._resource.kind):
            judge_replacement(self._view, document)
        expected = conditional.expected_versions(exchange.header(b"if-match"))
        saved = await access.modify(
            self._resource,
            record_id,
            partial(self._replaced, document, record_id),
            expected=expected,
            key=idempotency_key(exchange, raw),
            demanded=self._demanded,
            verb="update",
        )
        saved = saved._replace(record=await self._with_contents(access, saved.record, asked.fields, created=True))
        return self.saved(access, saved, asked.fields, status=200)

    async def delete(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer DELETE on one record."""
        record_id = self._record_id(identifier)
        access, query = self._conflicts(exchange, access)
        if query:
            raise InvalidParameter("A delete takes no such parameter.")
        expected = conditional.expected_versions(exchange.header(b"if-match"))
        await access.delete(self._resource, record_id, expected=expected, key=idempotency_key(exchange, b""))
        return Answer(204)

    def _conflicts(self, exchange: Exchange, access: Access) -> tuple[Access, bytes]:
        """Return the access, which keeps stored entities as they are if the request wants it, and the other parameters.

        Only of specifications is that asked. Raises InvalidParameter.
        """
        if self._resource is not ENTITY_SPECIFICATION:
            return access, exchange.query_string
        question = asked_of_us(exchange.query_string, ("onConflict",), nothing_else=False)
        keeps = question.one_of("onConflict", ("refuse", "keep"), default="refuse") == "keep"
        return access.despite() if keeps else access, question.rest

    async def _with_contents(
        self, access: Access, record: Record, fields: Fields | None, *, created: bool = False
    ) -> Record:
        """Return a record with its files in place where they are asked for, or were just sent with the whole of it."""
        wanted = names_content(self._view, fields) or (created and fields is None)
        if not wanted or not access.may("read", self._resource):
            return record
        return await access.with_contents(self._resource, record)

    def _record_id(self, identifier: str) -> UUID:
        record_id = parse_id(identifier)
        if record_id is None:
            raise RecordNotFound(f"The inventory holds no {self._resource.name} of this id.")
        return record_id

    @property
    def _demanded(self) -> tuple[str, ...] | None:
        """What a record is demanded to say that is written by an earlier version; None for all."""
        return None if self._view.show is None else self._view.demanded

    def _stored(
        self, document: dict[str, Any], before: dict[str, Any] | None, shown: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Return a document of this version as it is stored in place of `before`, which it showed as `shown`.

        Raises InvalidDocument, with the names of this version.
        """
        if self._view.keep is None:
            return document
        if self._view.show is None:
            return self._view.keep(document, before)
        document = {name: value for name, value in document.items() if name not in {"id", "href"}}
        # Files, which may be larger than any other text, are judged as they are taken out of the stored document.
        looked_at = without_contents(self._view.shape, document)
        validate_shown(self._view.shape, looked_at, mandatory=self._view.mandatory, before=shown)
        return self._view.keep(document, before)

    def _patched(self, patch: Patch, identifier: UUID, document: dict[str, Any], *, blind: bool) -> dict[str, Any]:
        own = {"id": str(identifier), "href": href(self._view, str(identifier), public_url=self._public_url)}
        if self._view.show is None:
            return patched(self._view, document, patch, blind=blind, **own)
        # Shown from a copy: `show` may take the document apart, and `keep` wants to know what was stored.
        shown = self._view.show(copied(document))
        return self._stored(patched(self._view, copied(shown), patch, blind=blind, **own), document, shown)

    def _replaced(self, whole: dict[str, Any], identifier: UUID, document: dict[str, Any]) -> dict[str, Any]:
        """Return a record's document replaced by `whole`, but for what nobody may change. Raises ImmutableAttribute."""
        own = {"id": str(identifier), "href": href(self._view, str(identifier), public_url=self._public_url)}
        shown = document if self._view.show is None else self._view.show(copied(document))
        held = {**own, **{name: shown[name] for name in self._view.immutable if name in shown}}
        whole = of_same_class(whole, held)
        for name in self._view.immutable:
            if name in whole and whole[name] != held.get(name):
                raise ImmutableAttribute(f"{name} cannot be changed. Leave it out, or send what it is.")
        replaced = {name: value for name, value in {**held, **whole}.items() if name not in own}
        return self._stored(replaced, document, shown)

    def saved(self, access: Access, saved: Saved, fields: Fields | None, *, status: int) -> Answer:
        """Answer a write with what it left."""
        # Who may write but not read is told id, href and @type only.
        shown = fields if access.may("read", self._resource) else frozenset()
        body = represent(self._view, saved.record, shown, public_url=self._public_url)
        answer = Answer(status, body).plus((b"etag", conditional.etag(saved.record.version)))
        if saved.outcome == "replayed":
            answer = answer.plus((b"idempotent-replayed", b"true"))
        if saved.unresolved:
            answer = answer.plus((b"x-reference-warning", ", ".join(saved.unresolved).encode()))
        if saved.breaches:
            answer = answer.plus((b"x-requirement-warning", _warning(saved)))
        return answer


def _warning(saved: Saved) -> bytes:
    """Return the rules that a record does not keep though it was taken: requirement and rule, each once."""
    named = dict.fromkeys(f"{breach.rule.requirement}:{breach.rule.code}" for breach in saved.breaches)
    return ", ".join(quote(each, safe=_IN_HEADER) for each in list(named)[:PROBLEMS_SHOWN]).encode()


_IN_HEADER = "@:.[]"


def idempotency_key(exchange: Exchange, raw: bytes) -> IdempotencyKey | None:
    """Return the key that the request names itself by, with a fingerprint of it, or None. Raises InvalidParameter."""
    stated = exchange.header(b"idempotency-key")
    if stated is None:
        return None
    key = printable(stated, "Idempotency-Key")
    request = f"{exchange.method}\n{exchange.path}\n".encode() + exchange.query_string + b"\n" + raw
    return IdempotencyKey(key=key, fingerprint=hashlib.sha256(request).digest())
