"""Downloads at the API: asked for, looked at, decided on, and had through a link, in parts if need be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import IO, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access import Access, downloads
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.life import DOWNLOAD, LONGEST_LINK, download_id, told
from customer_inventory.access.downloads.manifest import manifest
from customer_inventory.access.downloads.naming import file_name, media_type
from customer_inventory.access.grants import named
from customer_inventory.api import conditional
from customer_inventory.api.bodies import as_base, asked_of, said_of
from customer_inventory.api.download_wishes import Wish, understood
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked, said
from customer_inventory.api.routing import Routes
from customer_inventory.api.spans import spanned
from customer_inventory.model.view import native
from customer_inventory.repository.download_files import nothing, parts_of
from customer_inventory.repository.downloads import DownloadRow
from customer_inventory.requirements.requirement import CATALOGUE

PLACE = f"{CATALOGUE.paths[0]}/{DOWNLOAD.path}"
DOWNLOAD_VIEW = native(DOWNLOAD)


class _Asking(Wanted, kw_only=True, frozen=True):
    """The body of a request for a download."""

    type: str | UnsetType = msgspec.field(default=UNSET, name="@type")


class _Deciding(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The body of a decision."""

    reason: Annotated[str, Meta(min_length=1, max_length=2000, pattern="^[^\x00]*$")] | None = None


class _Linking(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The body of a request for a link."""

    valid_for: Annotated[int, Meta(ge=1, le=int(LONGEST_LINK.total_seconds()))] = int(LONGEST_LINK.total_seconds())


def add_downloads(routes: Routes, *, public_url: str) -> None:
    """Let downloads answer."""
    handlers = DownloadHandlers(public_url=public_url)
    label = DOWNLOAD.name
    routes.add(PLACE, label, GET=handlers.list, POST=handlers.create)
    routes.add(f"{PLACE}/preview", label, POST=handlers.preview)
    routes.add(f"{PLACE}/{{id}}", label, GET=handlers.get, DELETE=handlers.cancel)
    routes.add(f"{PLACE}/{{id}}/approve", label, POST=handlers.deciding("approve"))
    routes.add(f"{PLACE}/{{id}}/refuse", label, POST=handlers.deciding("refuse"))
    routes.add(f"{PLACE}/{{id}}/link", label, POST=handlers.link)
    routes.add(f"{PLACE}/{{id}}/manifest", label, GET=handlers.manifest)
    routes.add(f"{PLACE}/{{id}}/content/{{token}}", label, GET=handlers.content)


class DownloadHandlers:
    """Answers the requests for downloads."""

    def __init__(self, *, public_url: str) -> None:
        self._public_url = public_url

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the client's own downloads, or everybody's."""
        question = asked_of_entries(DOWNLOAD_VIEW, exchange, public_url=self._public_url)
        entries = [self._shown(each) for each in await downloads.latest(access)]
        return entries_answer(DOWNLOAD_VIEW, entries, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: ask for a download."""
        wish = await self._wish(exchange, access)
        row = await downloads.request(access, wish.sought)
        return Answer(201, msgspec.json.encode(self._shown(row))).plus((b"location", self._href(row).encode()))

    async def preview(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST …/preview: what a download would hold."""
        wish = await self._wish(exchange, access)
        found = await downloads.previewed(access, wish.sought)
        return Answer(200, msgspec.json.encode({"@type": "DownloadPreview", **msgspec.to_builtins(found)}))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one download."""
        question = asked_of_entry(DOWNLOAD_VIEW, exchange)
        return entry_answer(DOWNLOAD_VIEW, self._shown(await downloads.show(access, download_id(identifier))), question)

    async def cancel(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer DELETE on one download: it is cancelled, and its file goes."""
        asked(exchange.query_string, ())
        await downloads.cancel(access, download_id(identifier))
        return Answer(204)

    def deciding(self, verb: Literal["approve", "refuse"]) -> Callable[[Exchange, Access, str], Awaitable[Answer]]:
        """Return what answers POST …/approve and …/refuse."""

        async def decide(exchange: Exchange, access: Access, identifier: str) -> Answer:
            body = await said_of(exchange, _Deciding)
            row = await downloads.decide(access, download_id(identifier), verb, said=body.reason)
            return Answer(200, msgspec.json.encode(self._shown(row)))

        return decide

    async def link(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer POST …/link: where the file is had, for an hour or less."""
        body = await said_of(exchange, _Linking)
        found = download_id(identifier)
        token, until = await downloads.link(access, found, lasts=timedelta(seconds=body.valid_for))
        url = f"{self._public_url}{PLACE}/{found}/content/{token}"
        shown = said({"@type": "DownloadLink", "url": url, "expiresAt": until})
        return Answer(201, msgspec.json.encode(shown)).plus((b"location", url.encode()))

    async def manifest(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET …/manifest: what the file is, and for what it was made."""
        asked(exchange.query_string, ())
        return Answer(200, msgspec.json.encode(said(await manifest(access, download_id(identifier)))))

    async def content(self, exchange: Exchange, access: Access, identifier: str, token: str) -> Answer:
        """Answer GET …/content/{token}: the file, or the part of it that Range names."""
        asked(exchange.query_string, ())
        conditional.check_condition(exchange.header(b"if-none-match"))
        row, file = await downloads.content(access, download_id(identifier), token)
        return sent(exchange, row, file)

    async def _wish(self, exchange: Exchange, access: Access) -> Wish:
        body = await asked_of(exchange, _Asking, "what is wanted")
        return await understood(access, as_base(body, Wanted))

    def _href(self, row: DownloadRow) -> str:
        return f"{self._public_url}{PLACE}/{row.id}"

    def _shown(self, row: DownloadRow) -> Shown:
        return {"id": str(row.id), "href": self._href(row), "@type": DOWNLOAD.shape.name, **shown_download(row)}


def shown_download(row: DownloadRow) -> dict[str, Any]:
    """Return what is said of a download."""
    return said(
        {
            **told(row.wish),
            "kind": named(row.kind),
            "status": row.status,
            "purpose": row.purpose,
            "clientId": row.client_id,
            "person": row.person,
            "requestedAt": row.requested_at,
            "preview": {**msgspec.json.decode(row.preview), "reason": row.reasons},
            "decidedBy": row.decided_by,
            "decidedAt": row.decided_at,
            "reason": row.said,
            "failure": row.failure,
            "recordCount": row.number,
            "size": row.size,
            "sha256": row.sha256,
            "expiresAt": row.expires_at,
        }
    )


def sent(exchange: Exchange, row: DownloadRow, file: IO[bytes]) -> Answer:
    """Return the answer with a file, or the part of it that is asked for; closes it where it is not sent.

    Raises RangeNotSatisfiable.
    """
    try:
        return _sent(exchange, row, file)
    except BaseException:
        file.close()
        raise


def _sent(exchange: Exchange, row: DownloadRow, file: IO[bytes]) -> Answer:
    size, tag = row.size or 0, row.sha256 or ""
    headers = (
        (b"content-type", media_type(row).encode()),
        (b"content-disposition", f'attachment; filename="{file_name(row)}"'.encode()),
        (b"accept-ranges", b"bytes"),
        (b"etag", f'"{tag}"'.encode()),
    )
    if conditional.not_modified(exchange.header(b"if-none-match"), tag):
        file.close()
        return Answer(304, headers=headers)
    fits = exchange.method == "GET" and exchange.header(b"if-range") in {None, f'"{tag}"'}
    span = spanned(exchange.header(b"range"), size) if fits else None
    if exchange.method == "HEAD" or not size:
        file.close()
        return Answer(200, headers=headers, parts=nothing() if size else None, size=size)
    if span is None:
        return Answer(200, headers=headers, parts=parts_of(file, range(size)), size=size)
    part = f"bytes {span.start}-{span.stop - 1}/{size}".encode()
    return Answer(206, headers=headers, parts=parts_of(file, span), size=len(span)).plus((b"content-range", part))
