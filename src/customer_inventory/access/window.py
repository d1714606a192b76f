"""Windows: what may be seen of the records of one kind, as the grants of whoever asks leave it open.

The same grants cut three ways that agree: which attributes of a document are shown (`shown`), which records a list
finds (`narrowed`, by a predicate of the database), and which of them may be written how (`judged`). A list that asks
for an attribute finds only records of which that attribute may be seen: what is hidden cannot be found out by asking.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from customer_inventory.access.policy.grant import Grant
from customer_inventory.access.policy.pruning import pruned
from customer_inventory.access.policy.rows import holds, terms_of
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import Resource
from customer_inventory.model.filtering import Condition, Either, Selection, Term
from customer_inventory.model.places import meets
from customer_inventory.model.showing import Showing, said_by
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.order import Sort
from customer_inventory.repository.query import ConsentTo, Fence, Hold, Query
from customer_inventory.repository.surroundings import Surroundings
from customer_inventory.requirements.masking import Mask, masked_document

NAMING = frozenset(
    {"name", "givenName", "familyName", "familyNamePrefix", "formattedName", "fullName", "legalName", "tradingName"}
)
"""What records are called by, so that to search by name tells of it."""

Masks = Mapping[str, tuple[Mask, ...]]
"""The masks by the class of record."""


class MaskedAttribute(InventoryError):
    """What is searched or sorted by may not be seen as it is, so the answer must not tell it either.

    Search by something else, or ask somebody who may see it.
    """

    code = "masked-attribute"
    failure = Failure.DENIED


@dataclass(frozen=True, slots=True)
class Window:
    """What the grants leave open of a kind; `masks` are those of every class, `key` that of the hashes they show."""

    resource: Resource
    grants: tuple[Grant, ...]
    masks: Masks
    key: bytes
    consent: ConsentTo | None = None
    """The consent that grants ask for which take one."""
    consenting: frozenset[str] = frozenset()
    """The records, of those at hand, to whose use is consented."""

    @property
    def by_consent(self) -> bool:
        """Whether what may be seen depends on the consent of parties."""
        return any(each.consent for each in self.grants)

    def shown(self, identifier: str, text: bytes) -> bytes | None:
        """Return a stored document as it may be seen, None where nothing of it may."""
        grants = self.holding(identifier, text)
        if not grants:
            return None
        plain = [each for each in grants if not each.masked]
        if len(plain) == len(grants):
            return self._pruned(text, plain)
        document = msgspec.json.decode(text if _all(grants) else self._pruned(text, grants))
        return msgspec.json.encode(self._masked(document, plain))

    def standing(self, identifier: str, text: bytes) -> Window:
        """Return the window on former versions of a record: of the grants that hold for it as it stands now."""
        return replace(self, grants=self.holding(identifier, text)) if self.by_rows else self

    @property
    def by_rows(self) -> bool:
        """Whether what may be seen depends on the record."""
        return any(each.by_record for each in self.grants)

    def at_hand(self, consenting: frozenset[str]) -> Window:
        """Return the window that knows these records as consented to."""
        return replace(self, consenting=consenting)

    def told_of(self, identifier: str, text: bytes) -> bool:
        """Return whether anything of a record with this document may be seen."""
        return bool(self.holding(identifier, text))

    @property
    def fenced(self) -> bool:
        """Whether it depends on the record if anything of it may be seen."""
        return all(each.by_record for each in self.grants)

    def tells_of(self, kinds: Collection[str]) -> bool:
        """Return whether every reference to a record of these kinds may be seen, where the record may be."""
        references = [each for each in self.resource.references if set(each.targets.values()) & set(kinds)]
        return all(grant.covers(".".join(each.path)) for grant in self.grants for each in references)

    def tells(self, attribute: str) -> bool:
        """Return whether that an attribute refers to something may be told of every record of the kind."""
        return not self.by_rows and any(each.covers(attribute) for each in self.grants)

    def covers_all(self, paths: Iterable[str]) -> bool:
        """Return whether each of some attributes, or ANYTHING, is seen as it is where the grants hold."""
        return all(self._covering(path) for path in paths)

    def shows(self, path: str) -> bool:
        """Return whether an attribute may be seen as it is of every record of the kind."""
        return any(not each.by_record for each in self._covering(path))

    def way(self, path: str) -> str:
        """Return how an attribute is shown: whole, or so ofSome records or in part, else masked or leftOut."""
        if covering := self._covering(path):
            return "ofSome" if all(each.by_record for each in covering) else "whole"
        if any(each.covers(path) for each in self.grants):
            return "masked"
        below = any(name.startswith(f"{path}.") for each in self.grants for name in each.attributes or ())
        return "ofSome" if below else "leftOut"

    def masks_role(self, attribute: str) -> bool:
        """Return whether something is masked of an attribute that refers to another record."""
        first = attribute.partition(".")[0]
        masked = [mask.place.path.partition(".")[0] for mask in self._own_masks()]
        return any(each.masked for each in self.grants) and first in masked

    def tells_role(self, attribute: str) -> bool:
        """Return whether as what an attribute refers to something may be told: nothing of it is masked."""
        first = attribute.partition(".")[0]
        return self.tells(attribute) and (
            not any(each.masked for each in self.grants)
            or not any(mask.place.path.partition(".")[0] == first for mask in self._own_masks())
        )

    def narrowed(self, query: Query, *, joint: bool = False) -> Query:
        """Return the query over what may be seen; a `joint` one is of several kinds, and may name what others have.

        Raises MaskedAttribute where its answer would tell what may not be seen.
        """
        asked = [path for path in self._asked(query) if not joint or self._has(path)]
        query = replace(query, sort=self._sorts(query, asked))
        # Once more: an order that would tell what is masked is gone by now.
        asked = [path for path in self._asked(query) if not joint or self._has(path)]
        needed = self._needed(asked)
        fences = dict.fromkeys(fence for grants in needed if (fence := self._fence(grants)) is not None)
        return replace(query, fences=(*query.fences, *fences)) if fences else query

    def holding(self, identifier: str, text: bytes) -> tuple[Grant, ...]:
        """Return the grants that hold for a stored document."""
        if not self.by_rows:
            return self.grants
        document = {**msgspec.json.decode(text), "id": identifier}
        asked = [each for each in self.grants if not each.consent or identifier in self.consenting]
        return tuple(each for each in asked if holds(self.resource, each.rows, document))

    def _pruned(self, text: bytes, grants: Sequence[Grant]) -> bytes:
        if _all(grants):
            return text
        return pruned(text, frozenset[str]().union(*(each.attributes or () for each in grants)))

    def _masked(self, document: dict[str, Any], plain: Sequence[Grant]) -> dict[str, Any]:
        """The document with everything masked that no grant of it as it is covers."""
        own = list(self.masks[self.resource.struct.__name__])
        if self.resource is ENTITY and isinstance(document.get("@type"), str):
            own += self.masks.get(str(document["@type"]), ())
        if plain:
            own = [mask for mask in own if not any(each.covers(mask.place.path) for each in plain)]
        return masked_document(document, own, {} if _all(plain) else self.masks, key=self.key)

    def _needed(self, asked: Iterable[str]) -> Iterator[tuple[Grant, ...]]:
        """For each attribute that is told of, the grants by which it may be seen; first those of any at all."""
        yield self.grants
        for path in dict.fromkeys(asked):
            covering = self._covering(path)
            if not covering:
                raise MaskedAttribute
            yield covering

    def _asked(self, query: Query) -> Iterator[str]:
        """What the query tells of."""
        if query.name:
            yield from (path for path in sorted(NAMING) if self._has(path))
        yield from told_paths(query.conditions)
        for sort in query.sort:
            yield from _path(sort.path, sort.showing)

    def _has(self, path: str) -> bool:
        return path == ANYTHING or self.resource is ENTITY or path in self.resource.attributes

    def _covering(self, path: str) -> tuple[Grant, ...]:
        """The grants by which an attribute, or ANYTHING, is seen as it is, of the records for which they hold."""
        hidden = [mask.place.path for mask in self._own_masks()]
        told = hidden if path == ANYTHING else [at for at in hidden if meets(path, at)]
        return tuple(
            each
            for each in self.grants
            if (each.attributes is None if path == ANYTHING else each.covers(path)) and not (each.masked and told)
        )

    def _own_masks(self) -> Iterable[Mask]:
        if self.resource is not ENTITY:
            return self.masks.get(self.resource.struct.__name__, ())
        return tuple(mask for each in self.masks.values() for mask in each)

    def _sorts(self, query: Query, asked: Collection[str]) -> tuple[Sort, ...]:
        """The order asked for; none where it would tell what is masked. Raises MaskedAttribute for what is hidden."""
        paths = {path for sort in query.sort for path in _path(sort.path, sort.showing)} & set(asked)
        if all(len(self._covering(path)) == len(self.grants) for path in paths):
            return query.sort
        if any(each.limited_beyond_masks for each in self.grants):
            raise MaskedAttribute
        return ()

    def _fence(self, grants: tuple[Grant, ...]) -> Fence | None:
        """What it takes that one of the grants holds, None where one holds for every record."""
        if not all(each.by_record for each in grants):
            return None
        holds = (Hold(terms_of(self.resource, each.rows), self.consent if each.consent else None) for each in grants)
        return Fence(self.resource.kind, tuple(holds))


async def standing_windows(
    surroundings: Surroundings, windows: Mapping[str, Window], records: Iterable[tuple[str, str]]
) -> dict[str, Window]:
    """Return, by id, the windows on records (kind, id) whose rows decide, by what may be seen of them as they are.

    A record that is no more has none: nothing is known of it now.
    """
    ids: dict[str, set[str]] = {}
    for kind, identifier in records:
        if kind in windows and windows[kind].by_rows:
            ids.setdefault(kind, set()).add(identifier)
    now = await surroundings.now(ids)
    return {each.id: windows[each.kind].standing(each.id, each.document) for each in now}


ANYTHING = "*"
"""Stands for every attribute there is: what a JSONPath may look at."""


def _all(grants: Sequence[Grant]) -> bool:
    return any(each.attributes is None for each in grants)


def told_paths(terms: Iterable[Term]) -> Iterator[str]:
    """Yield what terms look at, where it is stored; ANYTHING for a JSONPath."""
    for term in terms:
        match term:
            case Either(alternatives=alternatives):
                for each in alternatives:
                    yield from told_paths(each)
            case Selection():
                yield ANYTHING
            case Condition(path=path, showing=showing):
                yield from _path(path, showing)


def _path(path: str, showing: Showing | None) -> Iterator[str]:
    yield path
    if showing is not None:
        yield from said_by(showing)


def class_alone(text: bytes) -> bytes:
    """Return a stored document of which nothing may be seen but its class."""
    return pruned(text, frozenset())
