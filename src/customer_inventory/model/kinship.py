"""Kinship: what parties are to each other, seen from either end.

A relation is stored at one end: on Ada's record, "Bob, spouse" says that Bob is Ada's spouse. Seen from Bob it is the
inverse: Ada is Bob's spouse. Of some pairs one is above the other; those make trees, such as a group of companies or a
household. The names are free text in the Open APIs; those below are understood, others are kept as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

PAIRS = (
    ("parent", "child"),
    ("household", "member"),
    ("employer", "employee"),
    ("guardian", "ward"),
    ("owner", "owned"),
    ("head office", "branch"),
    ("company", "department"),
    ("manager", "report"),
    ("group", "group member"),
)
"""Relations with an upper and a lower end, and what each is to the other."""

EQUALS = ("spouse", "partner", "sibling", "friend", "neighbour", "colleague", "relative", "cohabitant")
"""Relations whose ends are the same to each other."""

SYNONYMS = {
    "mother": "parent",
    "father": "parent",
    "parent organization": "parent",
    "parent company": "parent",
    "holding": "parent",
    "son": "child",
    "daughter": "child",
    "child organization": "child",
    "subsidiary": "child",
    "household member": "member",
    "legal guardian": "guardian",
    "headquarters": "head office",
    "husband": "spouse",
    "wife": "spouse",
    "brother": "sibling",
    "sister": "sibling",
    "neighbor": "neighbour",
}
"""Other names of these relations, where only the end that bears them is meant more narrowly."""

_INVERSE = {
    **dict(PAIRS),
    **{lower: upper for upper, lower in PAIRS},
    **{name: name for name in EQUALS},
    "engaged party": "party role",
    "party role": "engaged party",
}
_UPPER = frozenset(upper for upper, _ in PAIRS)
_LOWER = frozenset(lower for _, lower in PAIRS)
_BY_ATTRIBUTE = {
    "engagedParty": "engaged party",
    "organizationParentRelationship.organization": "parent",
    "organizationChildRelationship.organization": "child",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """What a party is to another: in the words that were stored or their inverse, and which way it leads.

    `direction` is up, down or side; `inverse` says that a name without a known inverse is told from the other end;
    `detail` is what the relation says about itself besides, such as the type of a parent relationship.
    """

    name: str
    direction: str
    inverse: bool = False
    detail: str | None = None


def relation(attribute: str, role: str, *, from_target: bool) -> Relation:
    """Return what the far end of a stored reference is to the near one.

    The near end is the record that holds the reference, or with `from_target` the one that it points at.
    """
    given = _BY_ATTRIBUTE.get(attribute)
    stored = given or role or attribute
    detail = role if given and role else None
    if not from_target:
        return Relation(stored, direction(stored), detail=detail)
    turned = _INVERSE.get(canonical(stored))
    if turned is None:
        return Relation(stored, "side", inverse=True, detail=detail)
    return Relation(turned, direction(turned), detail=detail)


def direction(name: str) -> str:
    """Return whether who bears the name of a relation stands above (up), below (down) or beside the other (side)."""
    known = canonical(name)
    return "up" if known in _UPPER else "down" if known in _LOWER else "side"


def canonical(name: str) -> str:
    """Return the name of a relation in the one spelling in which relations are compared."""
    words = " ".join(name.replace("_", " ").replace("-", " ").casefold().split())
    return SYNONYMS.get(words, words)


def same_relationship(name: str) -> frozenset[str]:
    """Return the canonical names of both ends of the relationship that `name` names."""
    known = canonical(name)
    return frozenset({known, _INVERSE.get(known, known)})
