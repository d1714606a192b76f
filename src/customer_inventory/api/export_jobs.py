"""Export jobs (TMF662 v4): downloads, asked for and had as the TM Forum's resource for bulk data has it.

The official file lets a client name an address that the server sends the file to. Nothing is sent from here: `url` says
where the file is fetched, by the client that asked for it, as long as the download is kept.
"""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import UNSET, Meta, UnsetType

from customer_inventory.access import Access, downloads
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.life import download_id
from customer_inventory.access.downloads.naming import MEDIA
from customer_inventory.access.downloads.requesting import is_own, own
from customer_inventory.api.bodies import asked_of
from customer_inventory.api.download_wishes import understood
from customer_inventory.api.downloads import sent
from customer_inventory.api.entries import Shown, asked_of_entries, asked_of_entry, entries_answer, entry_answer
from customer_inventory.api.exchange import Answer, Exchange
from customer_inventory.api.questions import asked, said
from customer_inventory.api.routing import Routes
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.entity import Entity, Instant, says
from customer_inventory.model.problems import Problem
from customer_inventory.model.resource import declare, first_text
from customer_inventory.model.tmf662 import ENTITY_CATALOG
from customer_inventory.model.view import native
from customer_inventory.repository.downloads import DownloadRow

_STATUS = {"waiting": "Not Started", "queued": "Not Started", "running": "Running", "ready": "Succeeded"}
"""What the job is called in each state of its download; in all others it has failed."""
_FORMATS = {media.partition(";")[0]: name for name, media in MEDIA.items()}
_Words = Annotated[str, Meta(max_length=4000, pattern="^[^\x00]*$")]


class ExportJob(Entity, kw_only=True, frozen=True):
    """A file with records of one resource that a client asked for."""

    path: Annotated[str, says("The root of the resource whose records it holds.")]
    query: Annotated[str | UnsetType, says("Which records and attributes, as a list is asked for them.")] = UNSET
    content_type: Annotated[str, says("The media type of the file.")]
    status: Annotated[Literal["Not Started", "Running", "Succeeded", "Failed"], says("Where it stands.")]
    creation_date: Annotated[Instant, says("When it was asked for.")]
    completion_date: Annotated[Instant | UnsetType, says("When its file was made.")] = UNSET
    url: Annotated[str | UnsetType, says("Where its file is fetched by who asked for it.")] = UNSET
    error_log: Annotated[str | UnsetType, says("Why there is no file.")] = UNSET


class _Asking(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The body of a request for an export job."""

    path: Annotated[str, Meta(min_length=1, max_length=1000)]
    query: _Words = ""
    content_type: str = "application/x-ndjson"
    url: str | None = None
    type: str | UnsetType = msgspec.field(default=UNSET, name="@type")


EXPORT_JOB = declare(
    struct=ExportJob,
    api=ENTITY_CATALOG,
    mandatory=("@type", "path", "status"),
    references=(),
    searchable=(),
    label=lambda document: first_text(document, "path"),
)
EXPORT_JOB_VIEW = native(EXPORT_JOB)
_ROOTS = {f"{base}/{each.path}": each.name for each in RESOURCES.values() for base in each.api.paths}


def add_export_jobs(routes: Routes, *, public_url: str) -> None:
    """Let export jobs answer."""
    for base in ENTITY_CATALOG.paths:
        handlers = ExportJobHandlers(public_url=public_url, place=f"{base}/{EXPORT_JOB.path}")
        routes.add(handlers.place, EXPORT_JOB.name, GET=handlers.list, POST=handlers.create)
        routes.add(f"{handlers.place}/{{id}}", EXPORT_JOB.name, GET=handlers.get, DELETE=handlers.cancel)
        routes.add(f"{handlers.place}/{{id}}/content", EXPORT_JOB.name, GET=handlers.content)


class ExportJobHandlers:
    """Answers the requests for export jobs at one address."""

    def __init__(self, *, public_url: str, place: str) -> None:
        self._public_url = public_url
        self.place = place

    async def list(self, exchange: Exchange, access: Access) -> Answer:
        """Answer GET: the client's own jobs."""
        question = asked_of_entries(EXPORT_JOB_VIEW, exchange, public_url=self._public_url)
        found = [self._shown(each) for each in await downloads.latest(access) if is_own(access, each)]
        return entries_answer(EXPORT_JOB_VIEW, found, question, path=exchange.path, public_url=self._public_url)

    async def create(self, exchange: Exchange, access: Access) -> Answer:
        """Answer POST: ask for an export."""
        wish = await understood(access, self._wanted(await asked_of(exchange, _Asking, "the job")))
        row = await downloads.request(access, wish.sought)
        return Answer(201, msgspec.json.encode(self._shown(row))).plus((b"location", self._href(row).encode()))

    async def get(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET on one job of the client's own."""
        question = asked_of_entry(EXPORT_JOB_VIEW, exchange)
        row = await own(access, download_id(identifier))
        await downloads.show(access, row.id)
        return entry_answer(EXPORT_JOB_VIEW, self._shown(row), question)

    async def cancel(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer DELETE on one job: it is cancelled, and its file goes."""
        asked(exchange.query_string, ())
        await downloads.cancel(access, download_id(identifier))
        return Answer(204)

    async def content(self, exchange: Exchange, access: Access, identifier: str) -> Answer:
        """Answer GET …/content: the file, or the part of it that Range names."""
        asked(exchange.query_string, ())
        row, file = await downloads.file_of(access, download_id(identifier))
        return sent(exchange, row, file)

    def _wanted(self, body: _Asking) -> Wanted:
        if body.url is not None:
            problem = Problem("url", "is where the file will be fetched: leave it out, and read it off the job")
            raise InvalidDocument([problem])
        found = _ROOTS.get(urlsplit(body.path.removeprefix(self._public_url)).path.rstrip("/"))
        if found is None:
            raise InvalidDocument([Problem("path", f"is the root of no resource, such as {next(iter(_ROOTS))}")])
        if (form := _FORMATS.get(body.content_type.partition(";")[0].strip().lower())) is None:
            raise InvalidDocument([Problem("contentType", f"is none of {', '.join(_FORMATS)}")])
        terms = [term for term in body.query.lstrip("?").split("&") if term]
        fields = [unquote(term.removeprefix("fields=")) for term in terms if term.startswith("fields=")]
        conditions = "&".join(term for term in terms if not term.startswith("fields="))
        return Wanted(kind=found, filter=conditions, fields=",".join(fields), format=form)

    def _href(self, row: DownloadRow) -> str:
        return f"{self._public_url}{self.place}/{row.id}"

    def _shown(self, row: DownloadRow) -> Shown:
        wish = msgspec.json.decode(row.wish, type=Wanted)
        fields = [f"fields={wish.fields}"] if wish.fields else []
        status = _STATUS.get(row.status, "Failed")
        resource = RESOURCES[wish.kind]
        return said(
            {
                "id": str(row.id),
                "href": self._href(row),
                "@type": EXPORT_JOB.shape.name,
                "path": f"{self._public_url}{resource.api.paths[0]}/{resource.path}",
                "query": "&".join([*([wish.filter] if wish.filter else []), *fields]) or None,
                "contentType": MEDIA[wish.format].partition(";")[0],
                "status": status,
                "creationDate": row.requested_at,
                "completionDate": row.ready_at,
                "url": f"{self._href(row)}/content" if status == "Succeeded" else None,
                "errorLog": (row.failure or row.status) if status == "Failed" else None,
            }
        )
