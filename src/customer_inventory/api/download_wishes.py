"""Wishes for downloads, understood: the filter and the fields are those of lists, in the present version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from customer_inventory.access import Access
from customer_inventory.access.downloads import Wanted
from customer_inventory.access.downloads.life import TABLES
from customer_inventory.access.downloads.making import Anonymised, Opening, Verify
from customer_inventory.access.downloads.making import Sink as MadeBy
from customer_inventory.access.downloads.previewing import Sought
from customer_inventory.access.downloads.protecting import pseudonymised
from customer_inventory.api.download_protection import (
    AnonymisedSink,
    Ways,
    check_filter,
    kept_of,
    plain_table,
    told_of,
    verifying,
)
from customer_inventory.api.fields import Fields, dotted, parse_fields
from customer_inventory.api.parameters import InvalidParameter, named, parse
from customer_inventory.api.representation import represent_each
from customer_inventory.capture.sinks import CsvSink, Marking, NdjsonSink, Sink, Table, unmarked
from customer_inventory.capture.table_files import ExcelSink, ParquetSink
from customer_inventory.ids import draw_key
from customer_inventory.model import RESOURCES, InvalidDocument
from customer_inventory.model.filtering import known_attribute, paths_on_the_way
from customer_inventory.model.jsonpath_tree import Path
from customer_inventory.model.problems import Problem
from customer_inventory.model.view import View
from customer_inventory.model.views import NATIVE
from customer_inventory.repository.download_files import Digesting
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import Record

Protect = Callable[[dict[str, Any]], dict[str, Any]]
_KEY_BITS = 256


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted, how it is shown, and which attributes the trail tells of."""

    sought: Sought
    view: View
    fields: Fields | None
    named: tuple[str, ...]
    kept: Ways | None = None
    """What becomes of the attributes of a protected download."""

    @property
    def verify(self) -> Verify | None:
        """What reads the file again, where it is to be anonymous."""
        wanted = self.sought.wanted
        anonymous = wanted.protection == "anonymised" and self.kept is not None
        return verifying(self.kept, wanted.format) if anonymous and self.kept is not None else None


async def understood(access: Access, wanted: Wanted) -> Wish:
    """Return what is wanted. Raises InvalidDocument, Denied, and what a list raises of its filter and fields."""
    resource = RESOURCES.get(wanted.kind)
    if resource is None:
        raise InvalidDocument([Problem("kind", "is no resource of the Open APIs, such as individual")])
    await access.require("download", resource.kind)
    view = await access.searched(NATIVE[resource.name])
    asked = parse(view, wanted.filter.encode())
    if asked.paged or asked.query.sort or asked.query.as_of or asked.fields is not None:
        raise InvalidParameter("The filter of a download has conditions only: no page, order, asOf or fields.")
    fields = parse_fields(view, wanted.fields)
    kept = await kept_of(access, resource, view, wanted, fields)
    if kept is not None:
        check_filter(kept, wanted, asked.query.conditions)
    if wanted.format in TABLES and fields is not None and wanted.protection != "anonymised":
        _check_columns(view, fields)
    shown = (
        None if fields is None else frozenset(view.stored_path(path) for each in fields for path in _looked_at(each))
    )
    sought = Sought(wanted, resource, Query(conditions=asked.query.conditions), shown, told_of(kept, wanted))
    return Wish(sought, view, fields, named(view, asked), kept)


async def sought_of(access: Access, wanted: Wanted) -> Sought:
    """Return what is wanted as `downloads` takes it: for doors that show nothing of records. Raises as `understood`."""
    return (await understood(access, wanted)).sought


def _looked_at(entry: str | Path) -> Iterator[str]:
    """Yield what an entry of fields tells of: also what a condition of it asks for, by whether anything is shown."""
    if isinstance(entry, str):
        yield entry
    else:
        yield from paths_on_the_way(entry, "")


async def opening(access: Access, wish: Wish, marks: Marking, *, download: str, public_url: str) -> Opening:
    """Return what opens a file in the format that is wanted, which tells of which `download` it is."""
    wanted, kept = wish.sought.wanted, wish.kept
    table = await _table(access, wish)
    key = await _key(access) if wanted.protection == "pseudonymised" else b""

    def opened(file: Digesting) -> MadeBy:
        if kept is not None and wanted.protection == "anonymised":
            return AnonymisedSink(kept, wanted.k, _sink(wanted, file, table, unmarked, download))
        protect = partial(pseudonymised, kept=kept, key=key) if kept is not None else None
        return Represented(wish, _sink(wanted, file, table, marks, download), public_url, protect)

    return opened


def _sink(wanted: Wanted, file: Digesting, table: Table | None, marks: Marking, download: str) -> Sink:
    if table is None:
        return NdjsonSink(file, marks)
    match wanted.format:
        case "csv":
            return CsvSink(file, table, marks)
        case "parquet":
            return ParquetSink(file, table, download=download)
    return ExcelSink(file, table, scratch=file.scratch, download=download)


async def _table(access: Access, wish: Wish) -> Table | None:
    """The table that is wanted, None for whole records."""
    if wish.sought.wanted.format not in TABLES:
        return None
    if wish.kept is not None and wish.sought.wanted.protection == "anonymised":
        return plain_table(list(wish.kept))
    if wish.fields is not None:
        return Table.with_columns(_columns(wish.fields))
    return Table.of(wish.sought.resource, await access.attributes(wish.sought.resource))


async def _key(access: Access) -> bytes:
    """The key of the pseudonyms for the purpose of the call."""
    new = draw_key(_KEY_BITS, access.facilities.randomness)
    keys = access.facilities.repository.register.keys
    return await keys.pseudonym_key(access.purpose, new=new, at=access.facilities.clock())


class Represented:
    """Writes records as lists show them."""

    anonymised: Anonymised | None = None

    def __init__(self, wish: Wish, sink: Sink, public_url: str, protect: Protect | None) -> None:
        self._protect = protect
        self._wish = wish
        self._sink = sink
        self._public_url = public_url
        self.columns = sink.columns

    def add(self, records: Sequence[Record]) -> None:
        """Write records. Raises OSError."""
        shown = represent_each(self._wish.view, records, self._wish.fields, public_url=self._public_url)
        if self._protect is not None:
            shown = (msgspec.json.encode(self._protect(msgspec.json.decode(each))) for each in shown)
        self._sink.add([each + b"\n" for each in shown])

    def close(self) -> None:
        """Write what ends the file. Raises OSError."""
        self._sink.close()

    def abandon(self) -> None:
        """Let go of a file that nobody wants any more."""
        self._sink.abandon()


def _columns(fields: Fields) -> list[str]:
    return sorted(map(dotted, fields))


def _check_columns(view: View, fields: Fields) -> None:
    """Return if each field is a column of a table. Raises UnknownAttribute and InvalidParameter."""
    for entry in fields:
        if not isinstance(entry, str):
            raise InvalidParameter("A table has attributes, such as status, and no JSONPaths. Ask for ndjson.")
        attribute = known_attribute(view, entry)
        if not attribute.scalar or attribute.many:
            raise InvalidParameter(f"{entry} has no single value for a column. Ask for ndjson, or for what is in it.")
