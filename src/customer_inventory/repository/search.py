"""Folding of names, so that a search finds "Muller" for "Müller": done here for writing and asking alike."""

from __future__ import annotations

import unicodedata

# Letters of Latin alphabets that Unicode does not take apart into a plain letter and a mark.
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ŧ": "t",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ĸ": "k",
    }
)


def fold(text: str) -> str:
    """Return `text` without accents, in one case and with single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in apart if not unicodedata.combining(c)).casefold()
    return " ".join(plain.translate(_LETTERS).split())
