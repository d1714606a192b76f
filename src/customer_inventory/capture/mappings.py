"""Choosing a mapping for a file: the one that is named, else the one beside the file, else a suggested one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from customer_inventory.capture.drafting import RowRefused
from customer_inventory.capture.mapping import NO_CLASSES, Classes, InvalidMapping, RowMapping, check_columns, parse
from customer_inventory.capture.preparing import cells_of, resource_of
from customer_inventory.capture.sources import BOOKKEEPING, Source, decode_line, open_source
from customer_inventory.capture.suggestion import Suggestion, suggest
from customer_inventory.errors import Failure

_SAMPLE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Chosen:
    """The mapping that an import uses (text None: whole TMF documents), and what its owner should hear about it."""

    text: str | None
    path: Path | None
    origin: str
    records: tuple[str, ...]
    unmapped: tuple[str, ...]
    doubts: tuple[str, ...]
    delimiter: str | None
    encoding: str | None


class NoSuchMapping(InvalidMapping):
    """There is no such mapping.

    Check its name; `customer-inventory mapping suggest FILE` writes one.
    """

    code = "no-such-mapping"
    failure = Failure.NOT_FOUND


_DOCUMENTS = Chosen(None, None, "documents", (), (), (), None, None)


def choose_mapping(
    path: Path,
    *,
    named: Path | None = None,
    form: str | None = None,
    encoding: str | None = None,
    country: str | None = None,
    documents: bool = False,
    classes: Classes = NO_CLASSES,
) -> Chosen:
    """Return the mapping for a file; a suggested one is not saved yet. Raises UnreadableSource or InvalidMapping.

    `documents` says that its lines are whole documents, which take none; `classes` are those of entities.
    """
    if documents:
        return _whole_documents(path, named, form=form, encoding=encoding)
    beside = next((candidate for candidate in (mapping_path(path), _original(path)) if candidate.exists()), None)
    if named is not None or beside is not None:
        return _read(path, named, beside, form=form, encoding=encoding, classes=classes)
    source = open_source(path, form=form, encoding=encoding)
    samples = list(_samples(source))
    if source.format == "ndjson" and _holds_documents(source, classes):
        return _DOCUMENTS
    suggestion = suggest(source.columns, samples, source=path.name, country=country, delimiter=source.delimiter)
    return _suggested(path, suggestion)


def save_suggestion(chosen: Chosen) -> str | None:
    """Write a suggested mapping beside its file; one that is there is never touched. Raises InvalidMapping.

    Returns why it could not be saved, where its directory may not be written to; it is used all the same.
    """
    if chosen.origin != "suggested" or chosen.path is None or chosen.text is None:
        return None
    try:
        with chosen.path.open("x", encoding="utf-8") as file:
            file.write(chosen.text)
    except FileExistsError:
        raise InvalidMapping(f"{chosen.path} has appeared meanwhile; import again to use it.") from None
    except OSError as error:
        return error.strerror or str(error)
    return None


def mapping_path(path: Path) -> Path:
    """Return where the mapping of a file stands when none is named."""
    return path.with_name(f"{path.name}.mapping.toml")


def _original(path: Path) -> Path:
    """Where the mapping stands of the file whose rejected rows `path` may hold."""
    return mapping_path(path.with_name(path.name.replace(".rejected.", ".")))


def _whole_documents(path: Path, named: Path | None, *, form: str | None, encoding: str | None) -> Chosen:
    source = open_source(path, form=form, encoding=encoding)
    if named is not None or source.format != "ndjson":
        raise InvalidMapping(
            "A version of the Open APIs is said of whole documents, one a line; columns become attributes by a "
            "mapping, which names those of the version that is kept. Leave --api-version out."
        )
    return _DOCUMENTS


def _read(
    path: Path, named: Path | None, beside: Path | None, *, form: str | None, encoding: str | None, classes: Classes
) -> Chosen:
    mapping_file = named or beside or mapping_path(path)
    try:
        text = mapping_file.read_text("utf-8")
    except FileNotFoundError:
        raise NoSuchMapping(f"There is no mapping {mapping_file}. Check its name.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidMapping(f"The mapping {mapping_file} cannot be read: {error}.") from None
    mapping = parse(text, name=mapping_file.name, classes=classes)
    source = open_source(path, form=form, encoding=encoding or mapping.encoding, delimiter=mapping.delimiter)
    check_columns(mapping, source.columns, name=mapping_file.name)
    return _chosen(text, mapping, mapping_file, "given" if named else "found", _unmapped(mapping, source))


def _suggested(path: Path, suggestion: Suggestion) -> Chosen:
    beside = mapping_path(path)
    mapping = parse(suggestion.text, name=beside.name)
    return _chosen(suggestion.text, mapping, beside, "suggested", suggestion.unmapped, doubts=suggestion.doubts)


def _chosen(
    text: str,
    mapping: RowMapping,
    path: Path,
    origin: str,
    unmapped: tuple[str, ...],
    *,
    doubts: tuple[str, ...] = (),
) -> Chosen:
    return Chosen(text, path, origin, tuple(mapping.records), unmapped, doubts, mapping.delimiter, mapping.encoding)


def _unmapped(mapping: RowMapping, source: Source) -> tuple[str, ...]:
    return tuple(name for name in source.columns if name not in mapping.columns and name not in BOOKKEEPING)


def _samples(source: Source) -> list[list[str]]:
    chunk = next(source.chunks(_SAMPLE_ROWS), None)
    rows: list[list[str]] = []
    for row in chunk.rows if chunk else []:
        if isinstance(row, list):
            rows.append(row)
            continue
        try:
            rows.append(cells_of(row, source.columns))
        except RowRefused:
            continue
    return rows


def _holds_documents(source: Source, classes: Classes) -> bool:
    """Whether the first object of an NDJSON file says that it is one of the TM Forum resources kept here."""
    chunk = next(source.chunks(_SAMPLE_ROWS), None)
    found = (decode_line(row) for row in (chunk.rows if chunk else []) if isinstance(row, bytes))
    first = next(filter(None, found), None)
    try:
        return first is not None and resource_of(first, classes) is not None
    except RowRefused:
        return False
