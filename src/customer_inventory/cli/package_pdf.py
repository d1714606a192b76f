"""A subject access package as a PDF for people: what its page says, to print and to keep, its text to be searched.

Letters that the font lacks, such as Chinese ones, are written as their code points: nothing is left out silently.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import fontpkg
from fpdf import FPDF
from fpdf.fonts import TTFFont

from customer_inventory.access.packaging import Held, Package
from customer_inventory.cli.package_facts import facts, moment
from customer_inventory.repository.kinds import KINDS

MOST_LINES = 50_000
"""So many lines a PDF has at most, about 900 pages; what is beyond is in the data for machines."""
_FONT = "Noto Sans"
_LINE_MM, _SMALL, _USUAL = 4.6, 8.5, 9.5
_CUT = "There is more than fits into this document: data.json, beside it, has all of it."


class _Full(Exception):
    """The document has as many lines as it may have."""


def pdf_of(made: Package) -> bytes:
    """Return a package as a PDF, its sections in its outline, each page with its number."""
    for name in ("fontTools", "fpdf"):
        logging.getLogger(name).setLevel(logging.ERROR)  # what they say of fonts is for who makes fonts
    page = _Pages(made.at)
    try:
        _write(page, made)
    except _Full:
        page.say(_CUT, counted=False)
    return bytes(page.output())


def _write(page: _Pages, made: Package) -> None:
    page.heading("What is held of you", 0)
    page.say(f"Made on {moment(made.at)}, for the record {made.subject}.")
    page.heading("Your records", 1)
    for held in made.records:
        _write_record(page, held)
    page.heading("What you said about the use of your data", 1)
    for said in made.consents:
        word = "given" if said.given else "withdrawn"
        until = f", until {moment(said.expires_at)}" if said.expires_at else ""
        page.say(f"{moment(said.said_at)}: {said.purpose} {word}{until}")
        for more in filter(None, (said.document_version, said.evidence)):
            page.say(more, indent=1)
    if not made.consents:
        page.say("Nothing is recorded.")
    page.heading("Who saw or wrote it", 1)
    for each in made.seen:
        who = ", ".join(filter(None, (each.client, each.person)))
        page.say(f"{who}, for {each.purpose}: {each.verb} {each.outcome}, {each.kind}, {each.times} times")
        page.say(f"first {moment(each.first)}, last {moment(each.last)}", indent=1)
    _write_rest(page, made)


def _write_record(page: _Pages, held: Held) -> None:
    name = KINDS[held.kind].name
    page.heading(f"{name}: {held.label}" if held.label else name, 2)
    page.say(f"{held.id}, {held.total} version{'' if held.total == 1 else 's'}", small=True)
    for place, value in facts(held):
        page.say(f"{place}: {value}")
    for each in held.versions:
        by, source = each.person or each.client_id or "", f", from {each.source}" if each.source else ""
        done = f"version {each.version}, {moment(each.since)}: {each.operation or ''}"
        page.say(f"{done} by {by} for {each.purpose or ''}{source}", indent=1, small=True)


def _write_rest(page: _Pages, made: Package) -> None:
    if made.files:
        page.heading("Files", 1)
        for name, kept in made.files.values():
            page.say(f"files/{name}, {kept.size} bytes")
    if made.shared:
        page.heading("Records of others that refer to you", 1)
        page.say("They are not in here, for they are about others too:")
        for kind, number in made.shared.items():
            page.say(f"{number} of {KINDS[kind].name}", indent=1)


class _Pages(FPDF):
    """Pages under way."""

    def __init__(self, at: datetime) -> None:
        super().__init__(format="A4")
        file = str(fontpkg.path(_FONT))
        self.add_font(_FONT, "", file)
        self.set_title("What is held of you")
        self.set_creation_date(at.astimezone(UTC))
        self.set_lang("en")
        self.set_font(_FONT, size=_USUAL)
        # One weight: another would be made of the variable font, which takes ten seconds. Headings are larger.
        (font,) = self.fonts.values()
        self._letters = frozenset(font.cmap if isinstance(font, TTFFont) else ())
        self._lines = 0
        self.add_page()

    def footer(self) -> None:
        """Put the number below a page."""
        self.set_y(-14)
        self.set_font(_FONT, size=_SMALL)
        self.cell(0, 8, f"Page {self.page_no()} of {{nb}}", align="R")

    def heading(self, text: str, level: int) -> None:
        """Write a heading, which is in the outline too."""
        self.ln(2)
        self.set_font(_FONT, size=(18, 14, 11.5)[level])
        shown = self._shown(text)[:200]
        self.start_section(shown, level=level)
        for part in self._wrapped(shown, self.epw):
            self._put(part, 0, _LINE_MM * (1.7, 1.4, 1.2)[level])

    def say(self, text: str, *, indent: int = 0, small: bool = False, counted: bool = True) -> None:
        """Write a line, or as many as it takes. Raises _Full."""
        self.set_font(_FONT, size=_SMALL if small else _USUAL)
        for whole in text.splitlines() or [""]:
            for part in self._wrapped(self._shown(whole), self.epw - 5 * indent):
                if counted and self._lines >= MOST_LINES:
                    raise _Full
                self._lines += 1
                self._put(part, indent, _LINE_MM)

    def _put(self, text: str, indent: int, height: float) -> None:
        self.set_x(self.l_margin + 5 * indent)
        self.cell(0, height, text, new_x="LMARGIN", new_y="NEXT")

    def _wrapped(self, text: str, width: float) -> Iterator[str]:
        """Yield a text in parts that fit: at spaces, within a word that is too long for a line anywhere."""
        room = width - 2 * self.c_margin
        if self.get_string_width(text) <= room:
            yield text
            return
        space, line, used = self.get_string_width(" "), "", 0.0
        for word, wide in self._pieces(text, room):
            if line and used + space + wide > room:
                yield line
                line, used = word, wide
            else:
                line, used = (f"{line} {word}", used + space + wide) if line else (word, wide)
        yield line

    def _pieces(self, text: str, room: float) -> Iterator[tuple[str, float]]:
        for word in text.split(" "):
            wide = self.get_string_width(word)
            if wide <= room:
                yield word, wide
                continue
            piece, used = "", 0.0
            for letter in word:
                one = self.get_string_width(letter)
                if piece and used + one > room:
                    yield piece, used
                    piece, used = "", 0.0
                piece, used = piece + letter, used + one
            yield piece, used

    def _shown(self, text: str) -> str:
        """The text as the font can write it."""
        return "".join(self._letter(each) for each in text)

    def _letter(self, letter: str) -> str:
        if letter in "\t\r":
            return " "
        return letter if ord(letter) in self._letters else f"[U+{ord(letter):04X}]"
