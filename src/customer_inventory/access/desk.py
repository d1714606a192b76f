"""The desk: the only way in, for API, console, command line and imports alike.

The desk finds out who is asking and for which purpose, and opens an *access*. Upper rooms carry the access and reach
records only through it. An access refuses what is not granted, checks what is written against the model, and makes the
trail entry durable before it hands anything back.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, timedelta, tzinfo
from types import TracebackType

from customer_inventory.access.access import Access, Facilities, Principal
from customer_inventory.access.alarming import Alarming, hour_of
from customer_inventory.access.breached import BreachedPasswords
from customer_inventory.access.break_glass import through_broken_glass
from customer_inventory.access.certificates import OtherCertificate, Presented
from customer_inventory.access.clients import COMMAND_LINE, CONSOLE, DEFAULT_PURPOSE, HOUSEKEEPING, InvalidClient
from customer_inventory.access.download_rules import DownloadRules
from customer_inventory.access.elsewhere import NOBODY, Deciding
from customer_inventory.access.entity_classes import EntityClasses
from customer_inventory.access.expecting import Expected
from customer_inventory.access.file_scanner import FileScanner
from customer_inventory.access.grants import ON_GUARDED
from customer_inventory.access.guarded import REGISTRATION
from customer_inventory.access.managing import manages
from customer_inventory.access.references import ReferenceChecks
from customer_inventory.access.roles import ROLE_GRANTS, UNMASKED_ROLES
from customer_inventory.access.scoped import masked_access, scoped_access
from customer_inventory.access.scopes import Scope, narrowed, within
from customer_inventory.access.standing import (
    PurposeNotRegistered,
    PurposeRequired,
    Standing,
    standing_of,
    stated_purpose,
)
from customer_inventory.access.tokens import ISSUER, LIFETIME_S, InvalidToken, Tokens
from customer_inventory.access.trail import TrailWriter
from customer_inventory.access.volumes import Volumes
from customer_inventory.clock import Clock
from customer_inventory.ids import Randomness, draw_key
from customer_inventory.model import Resource
from customer_inventory.model.contents import ATTACHMENT_LIMIT
from customer_inventory.model.view import View
from customer_inventory.repository import Repository
from customer_inventory.repository.people import Person
from customer_inventory.repository.register import Client
from customer_inventory.requirements.baseline import shipped
from customer_inventory.requirements.catalogue import Catalogue

_STANDING_LASTS_S = 1.0


class Desk:
    """Opens accesses to one inventory. Use it as a context: it runs the trail's writer.

    Who issues or takes tokens starts `tokens` first; commands do neither.
    """

    def __init__(
        self,
        repository: Repository,
        *,
        clock: Clock,
        randomness: Randomness,
        reference_checks: ReferenceChecks,
        attachment_limit: int = ATTACHMENT_LIMIT,
        purge_after: timedelta | None = None,
        issuer: str = ISSUER,
        downloads: DownloadRules | None = None,
        privacy_zone: tzinfo = UTC,
        breached: BreachedPasswords | None = None,
        scanner: FileScanner | None = None,
        deciding: Deciding = NOBODY,
    ) -> None:
        self.repository, self.clock = repository, clock
        self.trail = TrailWriter(repository.journal, randomness=randomness)
        self.catalogue = Catalogue(repository.catalogue, shipped=shipped, clock=clock)
        self.alarming = Alarming(repository.register)
        self._facilities = Facilities(
            repository,
            self.trail,
            clock,
            randomness,
            reference_checks,
            EntityClasses(repository, clock=clock),
            self.catalogue,
            attachment_limit,
            purge_after,
            downloads or DownloadRules(),
            Volumes(repository.register.allowances, self.alarming),
            privacy_zone,
            breached,
            scanner,
            deciding,
        )
        self.tokens = Tokens(repository.register, clock=clock, issuer=issuer)
        self._mask_key = draw_key(256, randomness)  # of this process: a hash tells equal values on its pages alone
        self._standings: dict[str, tuple[float, Standing | None]] = {}

    async def __aenter__(self) -> Desk:
        await self.trail.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.trail.__aexit__(kind, error, traceback)

    @property
    def purges(self) -> bool:
        """Whether deleted records are purged when their time is over."""
        return self._facilities.purge_after is not None

    @property
    def downloads(self) -> DownloadRules:
        """What holds for downloads."""
        return self._facilities.downloads

    async def entity_classes(self) -> Mapping[str, Resource]:
        """Return the classes of entity that are in force, by name: no customer's data, so no access is needed."""
        return await self._facilities.classes.by_name()

    async def entity_view(self) -> View:
        """Return entities as their API shows them, with the attributes of every class that is specified."""
        return await self._facilities.classes.view()

    async def open_by_token(
        self,
        token: str,
        *,
        purpose: str | None,
        request_id: str,
        peer: str | None = None,
        certificate: Presented | None = None,
    ) -> Access:
        """Open an access for the client that the token names, which calls from the address `peer` by a certificate.

        Raises InvalidToken, Unexpected, PurposeRequired or PurposeNotRegistered.
        """
        read = await self.tokens.read(token)
        standing = await self._standing(read.client_id)
        if standing is None or read.issued < standing.tokens_since:
            raise InvalidToken
        if (bound := read.bound) is not None and (certificate is None or certificate.thumbprint != bound):
            await self._refuse(standing, OtherCertificate.alarm, peer=peer, request_id=request_id)
            raise OtherCertificate
        if standing.expected is not None:
            await self._expect(standing, standing.expected, peer=peer, request_id=request_id)
        try:
            return await self._opened(standing, purpose=purpose, request_id=request_id, scope=read.scope)
        except (PurposeRequired, PurposeNotRegistered):
            await self._note_refused(standing, request_id=request_id)
            raise

    async def token_for(
        self,
        client: Client,
        *,
        peer: str | None,
        request_id: str,
        bound: str | None = None,
        scope: Scope | None = None,
    ) -> tuple[str, int]:
        """Return a token for an active client that asks from an address, and for how many seconds it is good.

        It is not good beyond the hours that the client is registered for, nor with another certificate than that
        whose SHA-256 is `bound`, nor for more than the `scope`. Raises Unexpected and InvalidScope.
        """
        standing, lasts_s = standing_of(client), float(LIFETIME_S)
        if standing is not None and standing.expected is not None:
            await self._expect(standing, standing.expected, peer=peer, request_id=request_id)
            lasts_s = min(lasts_s, standing.expected.lasts_s(self.clock()))
        if standing is not None and scope is not None:
            within(scope, [standing.principal(each, self.clock()) for each in client.purposes])
        seconds = max(1, int(lasts_s))
        await self.tokens.look()
        return self.tokens.issue(client.client_id, lasts_s=seconds, bound=bound, scope=scope), seconds

    async def _expect(self, standing: Standing, expected: Expected, *, peer: str | None, request_id: str) -> None:
        """Return if a call is one that is expected; else put the refusal in the trail and raise it."""
        refusal = expected.refusal(peer, self.clock())
        if refusal is not None:
            await self._refuse(standing, refusal.code, peer=peer, request_id=request_id)
            raise refusal

    async def _refuse(self, standing: Standing, code: str, *, peer: str | None, request_id: str) -> None:
        """Put in the trail that a call was refused, and raise an alarm of it."""
        now, client_id = self.clock(), standing.client.client_id
        await self._note_refused(standing, request_id=request_id)
        said = f"a call from {peer or 'nowhere'}"
        await self.alarming.alarm(client_id, code, since=hour_of(now), at=now, said=said)

    async def _note_refused(self, standing: Standing, *, request_id: str) -> None:
        """Put in the trail that a call was refused, for the first purpose that its client is registered for."""
        access = await self._opened(standing, purpose=standing.client.purposes[0], request_id=request_id)
        await access.note("call", REGISTRATION, "refused", ())

    async def open_for_client(self, client_id: str, *, purpose: str, request_id: str) -> Access:
        """Open an access for a client that is told of something, by what it is granted now.

        Raises InvalidClient when it was revoked, and PurposeNotRegistered.
        """
        standing = await self._standing(client_id)
        if standing is None:
            raise InvalidClient(f"The client {client_id!r} is not registered or was revoked.")
        return await self._opened(standing, purpose=purpose, request_id=request_id)

    async def _opened(
        self, standing: Standing, *, purpose: str | None, request_id: str, scope: Scope | None = None
    ) -> Access:
        stated = stated_purpose(standing.client.purposes, purpose)
        principal = standing.principal(stated, self.clock())
        if scope is not None:
            principal = narrowed(principal, scope)
        restricted = await self._restricted()
        access = Access(self._facilities, principal, purpose=stated, request_id=request_id, restricted=restricted)
        held = principal.limits or principal.counts or principal.volume
        return scoped_access(access, principal.limits, key=self._mask_key) if held else access

    async def open_for_registration(self, client_id: str, token: str, *, request_id: str) -> Access:
        """Open an access for who manages a registration by its own token (RFC 7592); it is granted nothing else.

        Raises InvalidToken.
        """
        usable = client_id.isascii() and "\0" not in client_id
        row = await self.repository.register.registrations.one(client_id) if usable else None
        if not manages(row, token):
            raise InvalidToken
        principal = Principal(client_id, (DEFAULT_PURPOSE,), frozenset(), None)
        return Access(self._facilities, principal, purpose=DEFAULT_PURPOSE, request_id=request_id)

    async def open_for_person(self, person: Person, *, request_id: str, reason: str | None = None) -> Access:
        """Open an access for someone who is signed in at the console; the person's role says what is granted.

        What a role that is not among `UNMASKED_ROLES` reads is masked, but for records for which the glass is broken.
        """
        principal = await self._own(CONSOLE)
        signed_in = Principal(principal.client_id, principal.purposes, ROLE_GRANTS[person.role], person.login)
        opened = Access(
            self._facilities,
            signed_in,
            purpose=stated_purpose(principal.purposes, None),
            request_id=request_id,
            reason=reason,
            restricted=await self._restricted(),
        )
        if person.role in UNMASKED_ROLES:
            return opened
        return await through_broken_glass(masked_access(opened, self._mask_key), person)

    async def open_at_command_line(
        self, *, person: str, purpose: str | None, request_id: str, source: str | None = None, privacy: bool = False
    ) -> Access:
        """Open an access for a command of the command line; `privacy` work is done on what is restricted, too.

        Whoever may run it on the data directory owns that anyway; what they do goes into the same trail all the same.
        """
        principal = await self._own(COMMAND_LINE)
        named = Principal(principal.client_id, principal.purposes, principal.grants | ON_GUARDED, person)
        return Access(
            self._facilities,
            named,
            purpose=purpose or principal.purposes[0],
            request_id=request_id,
            source=source,
            restricted=frozenset() if privacy else await self._restricted(),
        )

    async def open_for_housekeeping(self, *, request_id: str) -> Access:
        """Open an access for what the inventory does by itself; it may delete, and nothing else."""
        principal = await self._own(HOUSEKEEPING)
        return Access(self._facilities, principal, purpose=principal.purposes[0], request_id=request_id)

    async def _restricted(self) -> frozenset[str]:
        return await self.repository.erasures.restrictions.kinds()

    async def _own(self, client_id: str) -> Principal:
        standing = await self._standing(client_id)
        if standing is None:
            raise InvalidClient(f"The product's own client {client_id!r} is not registered or was revoked.")
        return standing.principal(standing.client.purposes[0], self.clock())

    async def _standing(self, client_id: str) -> Standing | None:
        known = self._standings.get(client_id)
        now = time.monotonic()
        if known is None or known[0] < now:
            client = await self.repository.register.client(client_id)
            known = (now + _STANDING_LASTS_S, standing_of(client))
            self._standings[client_id] = known
        return known[1]
