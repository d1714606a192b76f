"""A grant: one verb on one kind of record, and everything that limits it.

Grants only ever permit: what no grant permits is denied, and several are read as "or". Of a record an attribute is
granted if one grant both holds for the record and covers the attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One condition on the records of a grant: what stands at an attribute's path equals one of the values."""

    path: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """A verb on the records of a kind ("*" for every kind); None and empty limits are none.

    `attributes` are paths, each with everything below it; None for all there are or will be. `rows` must all hold.
    `masked` attributes of special categories and CPNI are shown in the form that their requirement names.
    """

    verb: str
    kind: str
    attributes: frozenset[str] | None = None
    rows: tuple[Row, ...] = ()
    masked: bool = False
    consent: bool = False
    """Whether it holds only for records whose parties consent to the purpose of the call."""
    purposes: frozenset[str] = frozenset()
    daily: int | None = None
    """The most records a day (UTC) that the client is shown or writes by this grant."""
    per_second: int | None = None
    """The most requests a second."""
    starts: datetime | None = None
    ends: datetime | None = None

    @property
    def limited(self) -> bool:
        """Whether it grants less than every record of the kind, whole."""
        return self.limited_beyond_masks or self.masked

    @property
    def limited_beyond_masks(self) -> bool:
        """Whether it grants less than every record and attribute of the kind."""
        return self.attributes is not None or self.by_record

    @property
    def by_record(self) -> bool:
        """Whether it depends on the record if it holds."""
        return bool(self.rows) or self.consent

    def applies(self, purpose: str, now: datetime) -> bool:
        """Return whether it is in force for a purpose at a moment."""
        begun = self.starts is None or self.starts <= now
        return begun and (self.ends is None or now < self.ends) and (not self.purposes or purpose in self.purposes)

    def covers(self, path: str) -> bool:
        """Return whether the attribute at a path is granted, on the records for which the grant holds."""
        return self.attributes is None or covered(path, self.attributes)


def covered(path: str, attributes: frozenset[str]) -> bool:
    """Return whether a path is one of the attributes, or below one; id and class are told of whatever is shown."""
    if path in {"id", "href"} or (path.startswith("@") and "." not in path):
        return True
    while path:
        if path in attributes:
            return True
        path = path.rpartition(".")[0]
    return False
