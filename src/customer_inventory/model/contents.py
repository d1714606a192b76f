"""Contents: the files that documents carry in base64, and how a record does without the large ones.

A file above `INLINE` bytes is taken out of the document before it is checked and kept; what stays behind is the name of
the file's content (`checksum`, its SHA-256), its size and the address from which it can be had. A small one stays.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model.attributes import Attribute
from customer_inventory.model.bounds import DEPTH
from customer_inventory.model.mediatype import UNKNOWN, agrees, found_type, is_executable
from customer_inventory.model.problems import InvalidDocument, Problem
from customer_inventory.model.resource import Resource
from customer_inventory.model.shapes import Field, Leaf, Position, Shape

INLINE = 8 * 1024
"""The most bytes of a file that stay in the record: so small a file costs less there than a look elsewhere."""

ATTACHMENT_LIMIT = 10 * 1024 * 1024
"""The most bytes that one file may have, unless the inventory is set up otherwise."""

CHECKSUM = "sha256:"
"""What a checksum of ours starts with; the digest follows in hexadecimal."""

_CONTENT = "content"
_HEX = frozenset("0123456789abcdef")


class AttachmentTooLarge(InventoryError):
    """A file is larger than the inventory keeps.

    Make it smaller, or keep it elsewhere and send its url; `--attachment-limit` sets the bound.
    """

    code = "attachment-too-large"
    failure = Failure.TOO_LARGE


@dataclass(frozen=True, slots=True)
class File:
    """One file that was taken out of a document: its SHA-256 in hexadecimal, and its bytes."""

    digest: str
    data: bytes


Place = Callable[[dict[str, Any], str], dict[str, Any]]
"""Returns what is to stand for an attachment, at a path."""


def carries_content(resource: Resource, document: Mapping[str, Any]) -> bool:
    """Tell whether `document` carries a file in base64, or one is kept of it; cheap where there can be none."""
    found = _attachments(resource.shape, document, "")
    return any(isinstance(value.get(_CONTENT), str) or digest_of(value) for value, _ in found)


def contents_of(resource: Resource, document: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that `document` carries in base64, each with the path at which it stands."""
    for value, path in _attachments(resource.shape, document, ""):
        data = _decoded(value.get(_CONTENT))
        if data is not None:
            yield path, data


def taken_out(
    resource: Resource, document: dict[str, Any], *, address: str, limit: int = ATTACHMENT_LIMIT
) -> tuple[dict[str, Any], list[File]]:
    """Return `document` without its large files, and those; `address` and the digest make the url of each.

    What is no base64 is left for validation to name. Raises InvalidDocument for a file that is not of the type it
    declares or that could be executed, and AttachmentTooLarge; `limit` in bytes.
    """
    taking = _Taking(address, limit)
    document = _replaced(resource.shape, document, "", taking.place)
    if taking.problems:
        raise InvalidDocument(taking.problems)
    return document, list(taking.files.values())


def filled(resource: Resource, document: dict[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return `document` with the content of `files`, by digest, in the attachments that name them."""

    def place(value: dict[str, Any], path: str) -> dict[str, Any]:  # noqa: ARG001  a Place knows where it is
        data = files.get(digest_of(value) or "")
        if data is None or _CONTENT in value:
            return value
        return {**value, _CONTENT: base64.b64encode(data).decode()}

    return _replaced(resource.shape, document, "", place)


def without_contents(shape: Shape, document: dict[str, Any]) -> dict[str, Any]:
    """Return a document read as `shape` with empty files, for a look at everything else."""

    def place(value: dict[str, Any], path: str) -> dict[str, Any]:  # noqa: ARG001  a Place knows where it is
        return {**value, _CONTENT: ""} if isinstance(value.get(_CONTENT), str) else value

    return _replaced(shape, document, "", place)


def named(resource: Resource, document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the attachments of `document` whose content is kept elsewhere, by digest; the first of each."""
    found: dict[str, Mapping[str, Any]] = {}
    for value, _ in _attachments(resource.shape, document, ""):
        digest = digest_of(value)
        if digest is not None and _CONTENT not in value:
            found.setdefault(digest, value)
    return found


def digest_of(attachment: Mapping[str, Any]) -> str | None:
    """Return the digest that an attachment's checksum says, or None when it says none of ours."""
    checksum = attachment.get("checksum")
    if not isinstance(checksum, str) or not checksum.startswith(CHECKSUM):
        return None
    digest = checksum.removeprefix(CHECKSUM)
    return digest if len(digest) == 64 and set(digest) <= _HEX else None


def may_carry(resource: Resource) -> bool:
    """Tell whether records of `resource` may carry files at all."""
    return bool(_ways(resource.shape))


def content_paths(attributes: Mapping[str, Attribute]) -> frozenset[str]:
    """Return the paths of those attributes that hold a file in base64."""
    return frozenset(path for path, attribute in attributes.items() if attribute.formats == ("base64",))


@dataclass(slots=True)
class _Taking:
    """Takes the files out of one document."""

    address: str
    limit: int
    files: dict[str, File] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, value: dict[str, Any], path: str) -> dict[str, Any]:
        """Return the attachment without its content, or as it is when that is small or no base64."""
        data = _decoded(value.get(_CONTENT))
        if data is None:
            self.problems += _renamed(value, path)
            return value
        if len(data) > self.limit:
            raise AttachmentTooLarge(f"{path} has {len(data)} bytes; a file may have {self.limit} at most.")
        digest = sha256(data).hexdigest()
        problems = list(_problems(value, data, digest, path))
        self.problems += problems
        if problems or len(data) <= INLINE:
            return value
        self.files[digest] = File(digest, data)
        kept = {name: content for name, content in value.items() if name != _CONTENT}
        own = {"checksum": CHECKSUM + digest, "url": f"{self.address}/attachment/{digest}/content"}
        filled_in = {"size": {"amount": len(data), "units": "bytes"}, "mimeType": found_type(data)}
        if _is_our_url(value.get("url")):  # of what was there before
            kept.pop("url")
        return {**filled_in, **own, **kept, "checksum": own["checksum"]}


def _is_our_url(url: Any) -> bool:
    return isinstance(url, str) and url.endswith("/content") and "/attachment/" in url


def _renamed(value: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Yield whether a file that is kept already is now called a program."""
    declared, name = (text if isinstance(text := value.get(key), str) else "" for key in ("mimeType", "name"))
    if digest_of(value) and is_executable(b"", declared=declared, name=name):
        yield Problem(path, "is called a program; programs are not kept")


def _problems(value: Mapping[str, Any], data: bytes, digest: str, path: str) -> Iterator[Problem]:
    """Yield why a file cannot be kept."""
    declared, name = (text if isinstance(text := value.get(key), str) else "" for key in ("mimeType", "name"))
    if is_executable(data, declared=declared, name=name):
        yield Problem(path, "is a program; programs are not kept")
    elif declared and not agrees(data, declared):
        found = found_type(data)
        shown = "shows nothing of the type that mimeType says" if found == UNKNOWN else f"is {found}"
        yield Problem(path, f"{shown}, not what mimeType says")
    claimed = digest_of(value)
    if claimed is not None and claimed != digest:
        yield Problem(path, "is not the content that checksum says; leave checksum out")


def _decoded(content: Any) -> bytes | None:
    """Return the bytes of a text in base64, or None when it is none."""
    try:
        return msgspec.convert(content, bytes) if isinstance(content, str) else None
    except msgspec.ValidationError:
        return None


def _attachments(shape: Shape, value: Mapping[str, Any], path: str, depth: int = 0) -> Iterator[tuple[Any, str]]:
    """Yield every object that stands where a file may be carried, with the path of the file's content."""
    for name in _ways(shape) if depth < DEPTH else ():
        if name not in value:
            continue
        content = shape.fields[name].content
        for item, inner in _items(value[name], f"{path}.{name}" if path else name):
            if isinstance(content, Position) and type(item) is dict:
                if _holds(content):
                    yield item, f"{inner}.{_CONTENT}"
                yield from _attachments(content.resolve(item), item, inner, depth + 1)


def _replaced(shape: Shape, value: dict[str, Any], path: str, place: Place, depth: int = 0) -> dict[str, Any]:
    """Return `value` with `place` applied to every attachment in it; nothing of `value` is changed."""
    changed: dict[str, Any] = {}
    for name in _ways(shape) if depth < DEPTH else ():
        if name not in value:
            continue
        content = shape.fields[name].content
        items = list(_items(value[name], f"{path}.{name}" if path else name))
        after = [_placed(content, item, inner, place, depth) for item, inner in items]
        changed[name] = after if type(value[name]) is list else after[0]
    return {**value, **changed} if changed else value


def _placed(content: Leaf | Position, item: Any, path: str, place: Place, depth: int) -> Any:
    if not isinstance(content, Position) or type(item) is not dict:
        return item
    if _holds(content):
        item = place(item, f"{path}.{_CONTENT}")
    return _replaced(content.resolve(item), item, path, place, depth + 1)


def _items(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    if type(value) is list:
        yield from ((item, f"{path}[{index}]") for index, item in enumerate(value))
    else:
        yield value, path


def _holds(position: Position) -> bool:
    """Tell whether an object at `position` may carry a file; one of an unknown class does as the known ones do."""
    return any(_is_file(choice.fields.get(_CONTENT)) for choice in position.choices.values())


def _is_file(declared: Field | None) -> bool:
    return declared is not None and isinstance(declared.content, Leaf) and declared.content.formats == ("base64",)


@cache
def _ways(shape: Shape) -> tuple[str, ...]:
    """Return the attributes of `shape` below which a file may be carried."""
    return tuple(name for name, declared in shape.fields.items() if _leads(declared, set()))


def _leads(declared: Field, seen: set[Shape]) -> bool:
    if not isinstance(declared.content, Position):
        return False
    if _holds(declared.content):
        return True
    for choice in declared.content.choices.values():
        if choice not in seen:
            seen.add(choice)
            if any(_leads(inner, seen) for inner in choice.fields.values()):
                return True
    return False
