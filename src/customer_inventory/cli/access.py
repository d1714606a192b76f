"""The access room's verbs: register and revoke clients, add people."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from customer_inventory.access.clients import Credentials, client_of_name, register_client, revoke_client, rotate_client
from customer_inventory.access.granting import doubts_of, regrant
from customer_inventory.access.grants import InvalidGrant
from customer_inventory.access.people import FirstPassword, add_person, person_named, reset_password
from customer_inventory.access.policy import InvalidPolicy
from customer_inventory.access.second_factor import reset_second_factor
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.expected import Expected, Expecting
from customer_inventory.cli.inventory import deciding_of, opened, operator
from customer_inventory.cli.proofs import Proofs, Proving
from customer_inventory.clock import system_clock
from customer_inventory.settings import Settings

client = App(name="client", help="Register the processes that use the inventory.")
person = App(name="person", help="Give people access to the console.")

_DEFAULTS = Settings()
_EXPECTED, _PROOFS = Expected(), Proofs()

_LONGEST_POLICY = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What is granted: on the command line, and in a file.

    Attributes
    ----------
    grant
        What it may do: all, a verb (create, modify, update, delete, download, read), or verb:resource such as
        read:customer, separated by commas; or one limited grant, such as "read customer (name, status) where
        status = active for billing". May be repeated.
    policy
        A file with limited grants, one a line; empty lines and those that begin with # are passed over.
    """

    grant: Annotated[tuple[str, ...], Parameter(negative=())] = ()
    policy: Path | None = None

    def read(self) -> tuple[str, ...]:
        """Return every grant. Raises InvalidGrant and InvalidPolicy."""
        if self.policy is None:
            if not self.grant:
                raise InvalidGrant("Say what it may do: --grant read:customer, or --policy FILE.")
            return self.grant
        try:
            lines = self.policy.read_text("utf-8")[:_LONGEST_POLICY].splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidPolicy(f"The policy {self.policy} cannot be read as UTF-8 text.") from error
        return (*self.grant, *(line for each in lines if (line := each.strip()) and not line.startswith("#")))


_GRANTED = Granted()


@client.command
def register(
    name: str,
    *,
    granted: Annotated[Granted, Parameter(name="*")] = _GRANTED,
    purpose: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    volume: int | None = None,
    owner: str | None = None,
    json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    expected: Expecting = _EXPECTED,
    proofs: Proving = _PROOFS,
    settings: Configured = _DEFAULTS,
) -> int:
    """Register a process and show its credentials; the secret is shown only now.

    Parameters
    ----------
    name
        The process's name: letters, digits, dots, hyphens and underscores.
    granted
        What it is granted.
    purpose
        A purpose it serves; may be repeated. With several, each call says which in the header X-Purpose.
    volume
        The most records that it is shown a day; beyond, it is stopped until the day is over (UTC).
    owner
        Who answers for it; you, unless somebody else is named. What it asks for, the owner does not approve.
    json
        Print the credentials as one line of JSON.
    expected
        What is expected of it.
    proofs
        By what it proves who it is.
    settings
        How the inventory is set up.
    """
    told = expected.told(volume, owner=owner)
    return run(_register(name, granted, purpose, proofs, told, as_json=json, settings=settings), settings)


def _warn(grants: tuple[str, ...]) -> None:
    """Tell on standard error what is odd about grants that were understood."""
    for doubt in doubts_of(grants):
        print(f"warning: {doubt}", file=sys.stderr)


async def _register(
    name: str,
    granted: Granted,
    purpose: tuple[str, ...],
    proofs: Proofs,
    expected: Mapping[str, object],
    *,
    as_json: bool,
    settings: Settings,
) -> None:
    keys, grants = proofs.read(), granted.read()
    async with opened(settings) as desk:
        credentials = await register_client(
            desk.repository.register,
            name=name,
            purposes=purpose,
            grants=grants,
            by=operator(),
            clock=system_clock,
            keys=keys,
            expected=expected,
        )
    _warn(grants)
    show_credentials(credentials, as_json=as_json)


@client.command
def rotate(
    name: str,
    *,
    overlap: timedelta = timedelta(hours=24),
    jwks: Path | None = None,
    certificate: Path | None = None,
    certificate_name: str | None = None,
    json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Give a process new credentials, valid at once; the secret is shown only now.

    Parameters
    ----------
    name
        The process's name or client id.
    overlap
        How long the credentials that it has stay valid yet, such as 24h, 30m or 7d; 0s ends them now. 90d at most.
    jwks
        A JSON Web Key Set with the public keys by which it proves itself from now on; then it gets no secret.
    certificate
        A certificate (PEM) by which it proves itself from now on; then it gets no secret.
    certificate_name
        A name in certificates by which it proves itself from now on, such as san_dns=till.example.org.
    json
        Print the credentials as one line of JSON.
    settings
        How the inventory is set up.
    """
    return run(
        _rotate(
            name,
            overlap,
            Proofs(jwks=jwks, certificate=certificate, certificate_name=certificate_name),
            as_json=json,
            settings=settings,
        ),
        settings,
    )


async def _rotate(name: str, overlap: timedelta, proofs: Proofs, *, as_json: bool, settings: Settings) -> None:
    keys = proofs.read()
    async with opened(settings) as desk:
        credentials = await rotate_client(
            desk.repository.register, name=name, overlap=overlap, by=operator(), clock=system_clock, keys=keys
        )
    show_credentials(credentials, as_json=as_json)
    if not as_json:
        until = system_clock() + overlap
        print(f"What it had is valid until {until:%Y-%m-%d %H:%M} UTC.")


@client.command(name="list")
def list_clients(*, settings: Configured = _DEFAULTS) -> int:
    """List the registered processes with their purposes and grants."""
    return run(_list_clients(settings), settings)


async def _list_clients(settings: Settings) -> None:
    async with opened(settings) as desk:
        for entry in await desk.repository.register.clients():
            grants = ", ".join(sorted(entry.grants)) or ("limited:" if entry.policy else "nothing granted")
            print(f"{entry.name}  {entry.client_id}  {entry.status}  for {', '.join(entry.purposes)}  {grants}")
            for line in entry.policy:
                print(f"    {line}")


@client.command
def grant(
    name: str,
    *,
    grant: Annotated[tuple[str, ...], Parameter(negative=())] = (),
    policy: Path | None = None,
    yes: Annotated[bool, Parameter(negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Grant a process this and nothing else; without --yes show only what would change. It holds within a second.

    Parameters
    ----------
    name
        The process's name or client id.
    grant
        What it may do from now on, as `client register` takes it. May be repeated.
    policy
        A file with limited grants, as `client register` takes it.
    yes
        Do it.
    settings
        How the inventory is set up.
    """
    return run(_grant(name, Granted(grant=grant, policy=policy), yes=yes, settings=settings), settings)


async def _grant(name: str, granted: Granted, *, yes: bool, settings: Settings) -> None:
    async with opened(settings) as desk:
        register = desk.repository.register
        known, grants = await client_of_name(register, name), granted.read()
        found = await regrant(register, known, grants, clock=system_clock, dry=not yes)
    _warn(grants)
    for sign, lines in (("-", found.taken), ("+", found.given)):
        for line in lines:
            print(f"{sign} {line}")
    if not found.taken and not found.given:
        print(f"{name} is granted this already.")
    elif not yes:
        print(f"Nothing was changed. With --yes, {name} is granted so within a second.")


@client.command
def revoke(name: str, *, settings: Configured = _DEFAULTS) -> int:
    """Revoke a process: no new tokens, and those it has stop working within a second.

    Parameters
    ----------
    name
        The process's name or client id.
    settings
        How the inventory is set up.
    """
    return run(_revoke(name, settings), settings)


async def _revoke(name: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        revoked = await revoke_client(desk.repository.register, name=name, by=operator(), clock=system_clock)
    print(f"{revoked.name} ({revoked.client_id}) is revoked.")


@person.command
def add(login: str, *, role: str = "steward", name: str = "", settings: Configured = _DEFAULTS) -> int:
    """Give someone access to the console, with a password that is shown only now.

    Parameters
    ----------
    login
        What they sign in with.
    role
        administrator, steward, auditor, privacy-officer, owner or operator.
    name
        Their name, as the history shows it; the login when not given.
    settings
        How the inventory is set up.
    """
    return run(_add(login, role, name, settings), settings)


async def _add(login: str, role: str, name: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        people = desk.repository.people
        _show(await add_person(people, login=login, display_name=name, role=role, clock=system_clock), settings)


@person.command(name="list")
def list_people(*, settings: Configured = _DEFAULTS) -> int:
    """List the people who may sign in."""
    return run(_list_people(settings), settings)


async def _list_people(settings: Settings) -> None:
    async with opened(settings) as desk:
        for entry in await desk.repository.people.people():
            print(f"{entry.login}  {entry.display_name}  {entry.role}  {entry.status}")


@person.command(name="reset-password")
def reset(login: str, *, settings: Configured = _DEFAULTS) -> int:
    """Give someone a new password, shown only now, and end their sessions.

    Parameters
    ----------
    login
        Whose password.
    settings
        How the inventory is set up.
    """
    return run(_reset(login, settings), settings)


async def _reset(login: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        deciding, people = deciding_of(settings), desk.repository.people
        _show(await reset_password(people, login=login, clock=system_clock, deciding=deciding), settings)


@person.command(name="reset-totp")
def reset_totp(login: str, *, settings: Configured = _DEFAULTS) -> int:
    """Take away someone's second factor and recovery codes, such as those of a lost phone, and end their sessions.

    Parameters
    ----------
    login
        Whose second factor.
    settings
        How the inventory is set up.
    """
    return run(_reset_totp(login, settings), settings)


async def _reset_totp(login: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        had = await reset_second_factor(desk.repository, login=login)
    print(f"{login} had {'a' if had else 'no'} second factor, and signs in by password alone.")


@person.command
def unlink(login: str, *, settings: Configured = _DEFAULTS) -> int:
    """Forget as whom the OpenID provider knows someone; who signs in there next with this login is linked anew.

    Parameters
    ----------
    login
        Whose account at the provider.
    settings
        How the inventory is set up.
    """
    return run(_unlink(login, settings), settings)


async def _unlink(login: str, settings: Settings) -> None:
    async with opened(settings) as desk:
        people = desk.repository.people
        found = await person_named(people, login=login)
        known = await people.identities.unlink(found.id)
        await people.end_sessions(found.id)
    print(f"{login} was {'' if known else 'not '}known to a provider. All sessions are ended.")


def show_credentials(credentials: Credentials, *, as_json: bool) -> None:
    """Print a client's id and secret, if it has one, which nobody can show again."""
    shown = {name: value for name, value in asdict(credentials).items() if value is not None}
    if as_json:
        print(msgspec.json.encode(shown).decode())
        return
    print(f"client_id      {credentials.client_id}")
    if credentials.client_secret is not None:
        print(f"client_secret  {credentials.client_secret}   (shown only now)")


def _show(made: FirstPassword, settings: Settings) -> None:
    print(f"login     {made.login}")
    print(f"password  {made.password}   (shown only now)")
    until = system_clock() + timedelta(days=settings.first_password_lasts)
    print(f"until     {until:%Y-%m-%d %H:%M} UTC; the console asks for one of their own")
