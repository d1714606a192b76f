"""Folding of names, so that a search finds "Muller" for "Müller": done here for writing and asking alike."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Return `text` without accents, in one case and with single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())
