"""The operations on downloads."""

from __future__ import annotations

from customer_inventory.access.downloads.life import DOWNLOAD
from customer_inventory.api.openapi.beside import declared
from customer_inventory.api.openapi.parts import Part, gives, headers, ref, refuses, use
from customer_inventory.api.openapi.resources import Named, collection_operation, of_register, record_operation

_NAME = DOWNLOAD.shape.name
DOWNLOAD_SCHEMAS: dict[str, Part] = {
    "DownloadRequest": declared(
        "What a download is to hold: by filter and fields as lists take them, as ndjson, csv, parquet or xlsx.",
        {"kind": "text!", "k": "whole"},
        words="@type filter fields format protection",
    ),
    "DownloadReason": declared("Why a download is approved or refused.", {}, words="reason"),
    "DownloadLinkRequest": declared("For how many seconds a link is valid, 3600 at most.", {"validFor": "whole"}),
    "DownloadLink": declared(
        "Where the file of a download is had by its own client, and until when.",
        {"@type": "text!", "url": "text!", "expiresAt": "moment!"},
    ),
    "DownloadManifest": declared(
        "What the file of a download is, of which moment, and for whom and what it was made.",
        {
            "@type": "text!",
            "id": "text!",
            "recordCount": "whole!",
            "k": "whole",
            "smallestClass": "whole",
            "leftOutCount": "whole",
            "column": "[text]",
            "size": "whole!",
            "sha256": "text!",
            "takenAt": "moment!",
            "feedPosition": "whole!",
            "requestedAt": "moment!",
            "readyAt": "moment!",
            "expiresAt": "moment!",
        },
        words="kind filter fields format protection clientId person purpose lawfulBasis requestId approvedBy",
    ),
}
_REASON = {"required": False, "content": {"application/json": {"schema": ref("DownloadReason")}}}
_WISH = {"required": True, "content": {"application/json": {"schema": ref("DownloadRequest")}}}
_BYTES: Part = {"schema": {"type": "string"}}
_FILE: Part = {"content": {"*/*": _BYTES}}


def download_operation(method: str, below: str, named: Named) -> Part | None:
    """Return what a method does at a path below downloads; None for a method that it has not."""
    if method == "GET" and below in {"", "{id}"}:
        return of_register(record_operation("GET", named) if below else collection_operation("GET", named))
    return _OPERATIONS.get((method, below))


def _takes(verb: str, summary: str) -> Part:
    return {
        "operationId": f"{verb}{_NAME}",
        "summary": summary,
        "parameters": use("purpose"),
        "requestBody": _REASON,
        "responses": {"200": gives("It as it is now.", ref(_NAME)), **refuses(408, 409, 413, 415)},
    }


_OPERATIONS: dict[tuple[str, str], Part] = {
    ("POST", ""): {
        "operationId": f"create{_NAME}",
        "summary": "Ask for a file with records",
        "parameters": use("purpose"),
        "requestBody": _WISH,
        "responses": {"201": gives("Asked for.", ref(_NAME), "Location"), **refuses(408, 413, 415, 422, 429)},
    },
    ("POST", "preview"): {
        "operationId": f"preview{_NAME}",
        "summary": "Ask what a download would hold, and whether somebody must approve it",
        "parameters": use("purpose"),
        "requestBody": _WISH,
        "responses": {"200": gives("That.", ref("DownloadPreview")), **refuses(408, 413, 415, 422, 429)},
    },
    ("DELETE", "{id}"): {
        "operationId": f"cancel{_NAME}",
        "summary": "Cancel one's own download and remove its file",
        "parameters": use("purpose"),
        "responses": {"204": {"description": "Cancelled."}, **refuses(409)},
    },
    ("POST", "{id}/approve"): _takes("approve", "Let a download be made that somebody else asked for"),
    ("POST", "{id}/refuse"): _takes("refuse", "Refuse a download that somebody else asked for"),
    ("POST", "{id}/link"): {
        "operationId": f"link{_NAME}",
        "summary": "Get where the file is had, for an hour or less, in place of every link before",
        "parameters": use("purpose"),
        "requestBody": {"required": False, "content": {"application/json": {"schema": ref("DownloadLinkRequest")}}},
        "responses": {"201": gives("It.", ref("DownloadLink"), "Location"), **refuses(408, 409, 413, 415)},
    },
    ("GET", "{id}/manifest"): {
        "operationId": f"retrieve{_NAME}Manifest",
        "summary": "Get what the file is, of which moment, and for whom and what it was made",
        "parameters": use("purpose"),
        "responses": {"200": gives("It.", ref("DownloadManifest")), **refuses(409)},
    },
    ("GET", "{id}/content/{token}"): {
        "operationId": f"retrieve{_NAME}Content",
        "summary": "Get the file through its link",
        "parameters": use("purpose", "ifNoneMatch", "byteRange"),
        "responses": {
            "200": {"description": "The file.", "headers": headers("ETag"), **_FILE},
            "206": {"description": "A part of it.", "headers": headers("ETag", "Content-Range"), **_FILE},
            "304": {"description": "The client has it.", "headers": headers("ETag")},
            **refuses(409, 416),
        },
    },
}
