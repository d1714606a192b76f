"""A masked access: what an auditor reads has its special categories and CPNI masked, wherever records are read.

Values are masked between the repository and whoever asks, so that pages, histories and lists of them have no way around
it. A masked attribute cannot be searched or sorted by either: the answer would tell its value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from uuid import UUID

import msgspec

from customer_inventory.access.access import Access
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.model import RESOURCES, Resource
from customer_inventory.model.filtering import Condition, Term
from customer_inventory.model.tmf703 import ENTITY
from customer_inventory.repository.deleted import DeletedPage
from customer_inventory.repository.kinds import KINDS
from customer_inventory.repository.lists import Page
from customer_inventory.repository.query import Query
from customer_inventory.repository.records import History, Record, Version
from customer_inventory.requirements.masking import Mask, masked_document, masks_of

_NAMING = frozenset(
    {"name", "givenName", "familyName", "familyNamePrefix", "formattedName", "fullName", "legalName", "tradingName"}
)
"""What records are called by, so that to search by name tells of it."""

Masks = Mapping[str, tuple[Mask, ...]]
"""The masks by the class of record."""


class MaskedAttribute(InventoryError):
    """What is searched by is masked for your role, so it cannot be searched by either.

    Search by something else, or ask somebody who may see it.
    """

    code = "masked-attribute"
    failure = Failure.DENIED


@dataclass(frozen=True, slots=True)
class MaskedAccess(Access):
    """An access whose reading is masked; `mask_key` is that of the hashes that it shows."""

    # `super()` finds no class in a dataclass with slots, so that the class above is named.
    mask_key: bytes = b""

    async def read(self, resource: Resource, identifier: UUID, *, as_of: datetime | None = None) -> Record:
        """Return a record, masked. Raises as `Reading.read` does."""
        record = await Access.read(self, resource, identifier, as_of=as_of)
        return self._record(resource, record, await self._masks())

    async def version(
        self, resource: Resource, identifier: UUID, version: int, *, as_of: datetime | None = None
    ) -> Record:
        """Return one version of a record, masked. Raises as `Reading.version` does."""
        record = await Access.version(self, resource, identifier, version, as_of=as_of)
        return self._record(resource, record, await self._masks())

    async def history(
        self,
        resource: Resource,
        identifier: UUID,
        *,
        limit: int,
        offset: int = 0,
        before: int | None = None,
        as_of: datetime | None = None,
    ) -> History:
        """Return a page of a record's versions, masked. Raises as `Reading.history` does."""
        found = await Access.history(self, resource, identifier, limit=limit, offset=offset, before=before, as_of=as_of)
        masks = await self._masks()
        return found._replace(versions=[self._version(resource, each, masks) for each in found.versions])

    async def page(self, resource: Resource, query: Query) -> Page:
        """Return one page of a list, masked. Raises MaskedAttribute, and as `Reading.page` does."""
        masks = await self._masks()
        page = await Access.page(self, resource, _unmasked(query, masks, (resource,)))
        return replace(page, records=[self._record(resource, each, masks) for each in page.records])

    async def page_of(self, resources: Sequence[Resource], query: Query) -> Page:
        """Return one page of a list of several resources, masked. Raises as `page` does."""
        masks = await self._masks()
        page = await Access.page_of(self, resources, _unmasked(query, masks, resources))
        pairs = zip(page.records, page.kinds, strict=True)
        return replace(page, records=[self._record(KINDS[kind], each, masks) for each, kind in pairs])

    async def deleted(
        self, resource: Resource, *, limit: int, offset: int = 0, after: UUID | None = None
    ) -> DeletedPage:
        """Return a page of deleted records, masked. Raises as `Reading.deleted` does."""
        page = await Access.deleted(self, resource, limit=limit, offset=offset, after=after)
        masks = await self._masks()
        shown = [each._replace(document=self._document(resource, each.document, masks)) for each in page.records]
        return page._replace(records=shown)

    async def linked_from(self, resource: Resource, identifier: UUID) -> list[tuple[str, str, str, str]]:
        """Return what refers to a record; as what it does stays out where that attribute is masked."""
        masks = await self._masks()
        found = await Access.linked_from(self, resource, identifier)
        return [
            (kind, source, attribute, "" if _masks_role(masks, KINDS[kind], attribute) else role)
            for kind, source, attribute, role in found
        ]

    async def _masks(self) -> Masks:
        catalogue = self.facilities.catalogue
        found: dict[str, tuple[Mask, ...]] = {}
        for name, resource in RESOURCES.items():
            masks = masks_of((await catalogue.requirements(name)).values())
            found |= dict.fromkeys(resource.classes, masks)
        for name in await catalogue.names() - RESOURCES.keys():
            found[name] = masks_of((await catalogue.requirements(name)).values())
        return found

    def _record(self, resource: Resource, record: Record, masks: Masks) -> Record:
        return record._replace(document=self._document(resource, record.document, masks))

    def _version(self, resource: Resource, version: Version, masks: Masks) -> Version:
        if version.document is None:
            return version
        return replace(version, document=self._document(resource, version.document, masks))

    def _document(self, resource: Resource, text: bytes, masks: Masks) -> bytes:
        if not any(masks.values()):
            return text
        document = msgspec.json.decode(text, type=dict[str, object])
        own = list(masks[resource.struct.__name__])
        if resource is ENTITY and isinstance(document.get("@type"), str):
            own += masks.get(str(document["@type"]), ())
        return msgspec.json.encode(masked_document(document, own, masks, key=self.mask_key))


def masked_access(access: Access, key: bytes) -> MaskedAccess:
    """Return the same access, masked; `key` is that of the hashes that it shows."""
    values = {each.name: getattr(access, each.name) for each in fields(access)}
    return MaskedAccess(**values, mask_key=key)


def _unmasked(query: Query, masks: Masks, resources: Iterable[Resource]) -> Query:
    """The same query, in no order where its order would tell what is masked. Raises MaskedAttribute."""
    hidden = [mask.place.path for resource in resources for mask in _of(masks, resource)]
    if query.name and _NAMING & set(hidden):
        raise MaskedAttribute
    if hidden and any(_tells(term, hidden) for term in query.conditions):
        raise MaskedAttribute
    told = any(_meets(sort.path, path) for sort in query.sort for path in hidden)
    return replace(query, sort=()) if told else query


def _of(masks: Masks, resource: Resource) -> tuple[Mask, ...]:
    if resource is not ENTITY:
        return masks[resource.struct.__name__]
    known = {name for each in RESOURCES.values() for name in each.classes} - {ENTITY.struct.__name__}
    return tuple(mask for name, each in masks.items() if name not in known for mask in each)


def _tells(term: Term, hidden: Sequence[str]) -> bool:
    """Whether the answer to a term would tell of a masked attribute; of what is no plain condition it might."""
    return not isinstance(term, Condition) or any(_meets(term.path, path) for path in hidden)


def _meets(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _masks_role(masks: Masks, resource: Resource, attribute: str) -> bool:
    first = attribute.partition(".")[0]
    return any(mask.place.path.partition(".")[0] == first for mask in _of(masks, resource))
