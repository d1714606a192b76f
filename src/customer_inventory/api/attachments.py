"""Attachments: the files that records carry, in and out.

A record answers with its small files in place. A large one is told by its checksum, size and url, and comes in place
when a creation is answered or `fields` names it; at its url it comes as itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from customer_inventory.access import Access
from customer_inventory.access.attaching import AttachmentNotFound
from customer_inventory.access.opened import RecordNotFound
from customer_inventory.api import conditional
from customer_inventory.api.exchange import MAX_BODY, Answer, Exchange
from customer_inventory.api.fields import Fields, dotted
from customer_inventory.api.parameters import of_one
from customer_inventory.api.routing import Routes
from customer_inventory.api.spans import spanned, within
from customer_inventory.ids import parse_id
from customer_inventory.model.contents import content_paths, may_carry
from customer_inventory.model.mediatype import UNKNOWN, file_name
from customer_inventory.model.view import View
from customer_inventory.model.views import VIEWS

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}", re.ASCII)


def add_attachments(routes: Routes) -> None:
    """Let the contents of attachments be had, of every resource that may carry any."""
    for view in VIEWS:
        if may_carry(view.resource):
            handlers = AttachmentHandlers(view)
            for base in view.api.paths:
                template = f"{base}/{view.resource.path}/{{id}}/attachment/{{digest}}/content"
                routes.add(template, view.resource.name, GET=handlers.get)


class AttachmentHandlers:
    """Answers the requests for the files of one resource's records."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def get(self, exchange: Exchange, access: Access, identifier: str, digest: str) -> Answer:
        """Answer GET on the content of one attachment."""
        resource, record_id = self._view.resource, parse_id(identifier)
        if record_id is None:
            raise RecordNotFound(f"The inventory holds no {resource.name} of this id.")
        if not _DIGEST.fullmatch(digest):
            raise AttachmentNotFound
        asked = of_one(self._view, exchange.query_string)
        if_none_match = exchange.header(b"if-none-match")
        conditional.check_condition(if_none_match)
        attached = await access.attached(resource, record_id, digest, as_of=asked.query.as_of)
        headers = _headers(attached.attachment, digest)
        if conditional.not_modified(if_none_match, digest):
            return Answer(304, headers=headers)
        fits = exchange.method == "GET" and exchange.header(b"if-range") in {None, f'"{digest}"'}
        span = spanned(exchange.header(b"range"), attached.size) if fits else None
        if span is None:
            return Answer(200, headers=headers, parts=attached.parts, size=attached.size)
        part = f"bytes {span.start}-{span.stop - 1}/{attached.size}".encode()
        return Answer(206, headers=headers, parts=within(attached.parts, span), size=len(span)).plus(
            (b"content-range", part)
        )


@cache
def _paths(view: View) -> frozenset[str]:
    return content_paths(view.attributes)


def allow_files(exchange: Exchange, view: View, access: Access) -> None:
    """Let the body of a request have room for one file in base64, where the resource carries files."""
    if _paths(view):
        exchange.max_file = access.facilities.attachment_limit
        exchange.max_body = MAX_BODY + -(-exchange.max_file // 3) * 4


def names_content(view: View, fields: Fields | None) -> bool:
    """Tell whether a selection names an attribute that holds files, or what contains it."""
    return fields is not None and any(
        path == name or path.startswith(f"{name}.") for path in _paths(view) for name in map(dotted, fields)
    )


def _headers(attachment: Mapping[str, Any], digest: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return headers that let a file be kept but never be run or shown in the inventory's own name."""
    declared = attachment.get("mimeType")
    kind = declared if isinstance(declared, str) and _MEDIA_TYPE.fullmatch(declared) else UNKNOWN
    return (
        (b"content-type", kind.encode()),
        (b"content-disposition", _disposition(attachment.get("name"))),
        (b"x-content-type-options", b"nosniff"),
        (b"content-security-policy", b"sandbox; default-src 'none'"),
        (b"cache-control", b"private, no-cache"),
        (b"accept-ranges", b"bytes"),
        (b"etag", b'"%s"' % digest.encode()),
    )


def _disposition(name: Any) -> bytes:
    """Return what a file is to be saved as (RFC 6266): never a path, whatever the client that sent it called it."""
    shown = (file_name(name) if isinstance(name, str) else "") or "attachment"
    plain = re.sub(r"[^A-Za-z0-9 !#$&+.^_`|~-]", "_", shown)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}".encode()
