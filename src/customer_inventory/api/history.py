"""Histories: what a record was in each of its versions, who made it so, and the way back.

Below every record of every view stand `/history`, `/history/{version}` and `/history/{version}/restore`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.access import RecordNotFound, VersionNotFound
from customer_inventory.api import conditional
from customer_inventory.api.exchange import Answer, Exchange, MalformedJson
from customer_inventory.api.fields import Fields
from customer_inventory.api.parameters import MOST_LIMIT, MOST_OFFSET, named, of_one
from customer_inventory.api.questions import asked, said
from customer_inventory.api.representation import href, represent
from customer_inventory.api.routing import Routes
from customer_inventory.api.tmf import ResourceHandlers, idempotency_key
from customer_inventory.ids import parse_id
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS
from customer_inventory.repository.records import Record, Version

DEFAULT_VERSIONS = 20
_PAGE = ("limit", "offset", "before")
_HIGHEST = 2**62


def add_histories(routes: Routes, *, public_url: str) -> None:
    """Let the history of every record answer, in every version and at every alias of its API."""
    for view in VIEWS:
        handlers = HistoryHandlers(view, public_url=public_url)
        for base in view.api.paths:
            label = f"{view.resource.name}.history"
            history = f"{base}/{view.resource.path}/{{id}}/history"
            routes.add(history, label, GET=handlers.versions)
            routes.add(f"{history}/{{version}}", label, GET=handlers.get)
            routes.add(f"{history}/{{version}}/restore", label, POST=handlers.restore)


class HistoryHandlers:
    """Answers the requests for the histories of one resource in one version of its API."""

    def __init__(self, view: View, *, public_url: str) -> None:
        self._view = view
        self._resource = view.resource
        self._public_url = public_url
        self._one = ResourceHandlers(view, public_url=public_url)

    async def versions(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on a history: the versions, newest first."""
        record_id = self._record_id(identifier)
        page = asked(exchange.query_string, _PAGE, nothing_else=False)
        of_each = of_one(self._view, page.rest, besides=_PAGE)
        limit = page.whole("limit", most=MOST_LIMIT, default=DEFAULT_VERSIONS)
        offset = page.whole("offset", most=MOST_OFFSET, default=0)
        before = page.whole("before", least=1, most=_HIGHEST, default=_HIGHEST)
        history = await access.naming(named(self._view, of_each)).history(
            self._resource,
            record_id,
            limit=limit + 1,  # the older neighbour of the last one tells what that one changed
            offset=offset,
            before=before,
            as_of=of_each.query.as_of,
        )
        shown = history.versions[:limit]
        older = [*history.versions[1:], None]
        bodies = [self._entry(record_id, new, old, of_each.fields) for new, old in zip(shown, older, strict=False)]
        more = len(history.versions) > limit
        answer = Answer(206 if more and shown else 200, msgspec.json.encode(bodies)).plus(
            (b"x-total-count", b"%d" % history.total), (b"x-result-count", b"%d" % len(bodies))
        )
        if more and shown:
            target = f"{self._public_url}{exchange.path}?limit={limit}&before={shown[-1].version}"
            kept = f"&{page.rest.decode('ascii', 'replace')}" if page.rest and page.rest.isascii() else ""
            answer = answer.plus((b"link", f'<{target}{kept}>; rel="next"'.encode()))
        return answer

    async def get(self, exchange: Exchange, access: Access, identifier: str, version: str) -> Answer:
        """Answer GET on one version: the record as it was, if the version was there at the moment of `asOf`."""
        record_id, number = self._record_id(identifier), self._number(version)
        asked_for = of_one(self._view, exchange.query_string)
        naming = access.naming(named(self._view, asked_for))
        record = await naming.version(self._resource, record_id, number, as_of=asked_for.query.as_of)
        body = represent(self._view, record, asked_for.fields, public_url=self._public_url)
        return Answer(200, body).plus((b"etag", conditional.etag(record.version)))

    async def restore(self, exchange: Exchange, access: Access, identifier: str, version: str) -> Answer:
        """Answer POST on a version's restoration: the record, with the content of that version again."""
        record_id, number = self._record_id(identifier), self._number(version)
        fields = of_one(self._view, exchange.query_string, writing=True).fields
        expected = conditional.expected_versions(exchange.header(b"if-match"))
        raw = await exchange.body()
        if raw.strip() not in {b"", b"{}"}:
            raise MalformedJson("A restoration says everything in its path: send no body, or {}.")
        saved = await access.restore(
            self._resource, record_id, number, expected=expected, key=idempotency_key(exchange, raw)
        )
        return self._one.saved(access, saved, fields, status=200)

    def _record_id(self, identifier: str) -> UUID:
        record_id = parse_id(identifier)
        if record_id is None:
            raise RecordNotFound(f"The inventory never held a {self._resource.name} of this id.")
        return record_id

    def _number(self, version: str) -> int:
        if not (version.isascii() and version.isdigit()) or len(version) > 18:
            raise VersionNotFound(f"The versions of {self._resource.name} records are named by their numbers.")
        return int(version)

    def _entry(
        self, identifier: UUID, version: Version, older: Version | None, fields: Fields | None
    ) -> dict[str, Any]:
        """One version with its author, what it changed, and the record as it was."""
        at = f"{href(self._view, str(identifier), public_url=self._public_url)}/history/{version.version}"
        period = {"startDateTime": version.since, "endDateTime": version.until}
        entry = {
            "@type": "RecordVersion",
            "id": str(version.version),
            "href": at,
            "version": version.version,
            "validFor": said(period),
            **said(_author(version)),
        }
        if version.document is None:
            return entry
        if older is not None and older.document is not None:
            entry["changed"] = self._changed(older.document, version.document)
        record = Record(str(identifier), version.version, version.document)
        entry["resource"] = msgspec.Raw(represent(self._view, record, fields, public_url=self._public_url))
        return entry

    def _changed(self, before: bytes, after: bytes) -> list[str]:
        """The first-level attributes of this view in which two documents differ."""
        old, new = self._shown(before), self._shown(after)
        return sorted(name for name in old.keys() | new.keys() if old.get(name, _NOTHING) != new.get(name, _NOTHING))

    def _shown(self, document: bytes) -> dict[str, Any]:
        content: dict[str, Any] = msgspec.json.decode(document)
        return content if self._view.show is None else self._view.show(content)


_NOTHING = object()


def _author(version: Version) -> dict[str, Any]:
    return {
        "operation": version.operation,
        "clientId": version.client_id,
        "person": version.person,
        "purpose": version.purpose,
        "source": version.source,
        "reason": version.reason,
        "changeId": version.change_id,
    }
