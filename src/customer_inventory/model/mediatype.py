"""Media types: whether the bytes of a file are what its declared type says, and whether they may be kept at all.

The signatures are puremagic's, of which only those count that are long enough not to be met by chance. What a computer
would execute is refused whatever it is called: the inventory hands files on to people's machines.
"""

from __future__ import annotations

import re
from functools import cache

import puremagic

UNKNOWN = "application/octet-stream"
"""The type of bytes of which nothing is known; declared, it says nothing that could be wrong."""

_LONGEST_NAME = 150
_SHORTEST_SIGNATURE = 3
_LOOKED_AT = 8192
_TEXTUAL = re.compile(r"text/.+|application/(?:json|xml|x-ndjson|yaml|x-yaml|sql)|message/.+|.+\+(?:json|xml)")
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NEVER_TEXT = (b"%PDF-", b"GIF87a", b"GIF89a", b"PK\x03\x04", b"{\\rtf")
_EXECUTABLE_TYPES = re.compile(
    r"application/(?:x-(?:ms-?dos-program|msdownload|msi|ms-installer|dosexec|executable|elf|mach-binary|sharedlib"
    r"|sh|csh|bat|java-applet|powershell)|vnd\.microsoft\.portable-executable|vnd\.android\.package-archive"
    r"|java(?:-archive|-vm)?|hta|wasm|(?:x-)?javascript|ecmascript)|text/(?:javascript|x-shellscript|x-sh|x-python)"
)
_EXECUTABLE_NAMES = re.compile(
    r".*\.(?:exe|dll|com|scr|pif|bat|cmd|ps1|vbs|vbe|jse?|wsf|hta|msi|msp|jar|apk|sh|app|deb|rpm|lnk|reg|cpl)\s*",
    re.IGNORECASE | re.DOTALL,
)
_EXECUTABLE_STARTS = (
    b"\x7fELF",
    b"#!",
    b"\0asm",
    b"dex\n",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"L\0\0\0\x01\x14\x02\0",
    b"!<arch>\n",
    b"@echo off",
    b"\xed\xab\xee\xdb",
)
_IN_ARCHIVE = (b"META-INF/MANIFEST.MF", b"classes.dex", b"AndroidManifest.xml")
_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "application/bmp": "image/bmp",
    "image/ms-bmp": "image/bmp",
    "image/heic": "image/heif",
    "audio/mp3": "audio/mpeg",
    "audio/wave": "audio/wav",
    "video/quicktime": "video/mp4",
    "audio/mp4": "video/mp4",
    "audio/m4a": "video/mp4",
    "application/zip-compressed": "application/zip",
    "text/xml": "application/xml",
    "text/rtf": "application/rtf",
}
_CONTAINERS = frozenset(
    {"application/zip", "application/xml", "application/json", "application/gzip", "application/msword"}
)
"""What many formats of applications are made of: any of them may come in one."""

_MOVING = ("audio/", "video/", "application/ogg")
"""What sound and pictures come in: one file may rightly be called by several of these."""


def file_name(name: str) -> str:
    """Return what a file of this name is saved as: without path, unseen letters, and dots or blanks around it."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(letter for letter in last if letter.isprintable()).strip(". ")
    return shown[:_LONGEST_NAME].rstrip(". ")  # what is cut off may have followed a dot


def is_executable(data: bytes, *, declared: str = "", name: str = "") -> bool:
    """Tell whether a file is something that a computer would execute, by its bytes, its declared type or its name."""
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    return (
        data.startswith(_EXECUTABLE_STARTS)
        or start.startswith((b"#!", b"@echo off"))
        or (data.startswith(b"MZ") and not _is_text(data))
        or (data.startswith(b"PK\x03\x04") and any(entry in data for entry in _IN_ARCHIVE))
        or _EXECUTABLE_TYPES.fullmatch(_bare(declared)) is not None
        or any(_EXECUTABLE_NAMES.fullmatch(called) for called in (name, file_name(name)))
    )


def found_type(data: bytes) -> str:
    """Return the media type that the bytes show."""
    for match in _matches(data):
        if match.mime_type and len(match.byte_match) >= _SHORTEST_SIGNATURE:
            return str(match.mime_type)
    return "text/plain" if data and _is_text(data) else UNKNOWN


def agrees(data: bytes, declared: str) -> bool:
    """Tell whether the bytes may be of the declared type: what they show is it, or nothing that contradicts it."""
    wanted = _plain(declared)
    if wanted == _plain(UNKNOWN) or not data:
        return True
    shown = [match for match in _matches(data) if match.mime_type]
    if wanted in {_plain(match.mime_type) for match in shown}:
        return True
    if _TEXTUAL.fullmatch(_bare(declared)):
        return _is_text(data) and not data.startswith(_NEVER_TEXT)
    sure = {_plain(match.mime_type) for match in shown if len(match.byte_match) >= _SHORTEST_SIGNATURE}
    family = wanted.partition("/")[0]
    if family in {"audio", "video"} and any(kind.startswith(_MOVING) for kind in sure):
        return True
    if family == "application" and wanted != "application/pdf" and not sure.isdisjoint(_CONTAINERS):
        return True
    return wanted not in _signed() and not sure  # a file with a known signature would have shown it


def _matches(data: bytes) -> list[puremagic.PureMagicWithConfidence]:
    """Return the signatures that the bytes bear, the surest first."""
    try:
        return puremagic.magic_string(data) if data else []
    except puremagic.PureError:
        return []


@cache
def _signed() -> frozenset[str]:
    """The types whose files always begin with a signature that is known."""
    from puremagic.main import magic_header_array  # noqa: PLC0415  read once, and only when a type is in doubt

    return frozenset(
        _plain(row.mime_type)
        for row in magic_header_array
        if row.mime_type and len(row.byte_match) >= _SHORTEST_SIGNATURE
    )


def _is_text(data: bytes) -> bool:
    """Tell whether the beginning reads as text: UTF-8, UTF-16 with its mark, or an older encoding without controls."""
    start = data[:_LOOKED_AT]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return _CONTROLS.search(start) is None


def _bare(declared: str) -> str:
    return declared.partition(";")[0].strip().lower()


def _plain(declared: str) -> str:
    """Return a type in the one spelling that it is compared in: `x-` and the like say nothing."""
    kind, _, subtype = _bare(declared).partition("/")
    plain = f"{kind}/{subtype.removeprefix('x-')}"
    return _SAME.get(plain, plain)
