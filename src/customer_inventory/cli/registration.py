"""The verbs of registration: ask for a process to be registered, decide on it, and look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter

from customer_inventory.access import registering
from customer_inventory.access.registering import Registered
from customer_inventory.access.registration import Wanted, check_expected
from customer_inventory.cli.access import show_credentials
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.expected import Expected, Expecting
from customer_inventory.cli.inventory import acting, in_utc
from customer_inventory.cli.proofs import Proofs, Proving
from customer_inventory.model.problems import read_as
from customer_inventory.settings import Settings

registration = App(name="registration", help="Register processes: who asks, who approves, and for how long it holds.")

_DEFAULTS = Settings()
_EXPECTED, _PROOFS = Expected(), Proofs()
_MOMENT = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a registration.

    Attributes
    ----------
    owner
        Who answers for the process.
    purpose
        A purpose and why it is lawful, such as self-care=contract; may be repeated. The bases are those of article 6
        GDPR: consent, contract, "legal obligation", "vital interests", "public task", "legitimate interests".
    grant
        What it is to be granted, as `client register` has it; may be repeated.
    volume
        The most records that it is shown a day; beyond, it is stopped until the day is over (UTC).
    deputy
        Who answers when the owner cannot.
    expires
        When the registration ends by itself, such as 2030-01-31, in UTC.
    """

    owner: str
    purpose: Annotated[tuple[str, ...], Parameter(negative=())]
    grant: Annotated[tuple[str, ...], Parameter(negative=())]
    volume: int
    deputy: str | None = None
    expires: datetime | None = None

    def told(self, name: str, expected: Expected) -> dict[str, object]:
        """Return what was given, as registrations name it."""
        return expected.told(
            self.volume,
            name=name,
            owner=self.owner,
            deputy=self.deputy,
            purpose=[_purpose(each) for each in self.purpose],
            grant=list(self.grant),
            expiresAt=in_utc(self.expires),
        )


@registration.command
def request(
    name: str,
    *,
    asked: Annotated[Asked, Parameter(name="*")],
    expected: Expecting = _EXPECTED,
    proofs: Proving = _PROOFS,
    draft: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Ask for a process to be registered, and show its credentials only now; they work from its approval on.

    Parameters
    ----------
    name
        The process's name: letters, digits, dots, hyphens and underscores.
    asked
        What is asked of it.
    expected
        What is expected of it.
    proofs
        By what it proves who it is.
    draft
        Do not hand it in yet: `registration submit` does.
    json
        Print the credentials as one line of JSON.
    settings
        How the inventory is set up.
    """
    told = asked.told(name, expected)
    return run(_request(told, proofs, draft=draft, as_json=json, settings=settings), settings)


async def _request(told: dict[str, object], proofs: Proofs, *, draft: bool, as_json: bool, settings: Settings) -> None:
    wanted = read_as(told, Wanted)
    keys = proofs.read()
    async with acting(settings, "registration") as access:
        found, credentials = await registering.request(access, wanted, keys=keys, draft=draft)
    show_credentials(credentials, as_json=as_json)
    if not as_json:
        print(_line(found))


@registration.command
def submit(name: str, *, settings: Configured = _DEFAULTS) -> int:
    """Hand your own draft in for a decision.

    Parameters
    ----------
    name
        The process's name or client id.
    settings
        How the inventory is set up.
    """
    return run(_submit(name, settings), settings)


async def _submit(name: str, settings: Settings) -> None:
    async with acting(settings, "registration") as access:
        print(_line(await registering.submit(access, name)))


async def _decide(
    name: str, verb: str, reason: str | None, settings: Settings, volumes: dict[str, int] | None = None
) -> None:
    check_expected(volumes or {})
    async with acting(settings, "registration") as access:
        print(_line(await registering.decide(access, name, verb, said=reason, volumes=volumes)))


@registration.command
def recertify(
    name: str,
    *,
    reason: str | None = None,
    volume: int | None = None,
    volume_per_hour: int | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Vouch for a registration for another period: 180 days, 30 for a privileged one.

    Parameters
    ----------
    name
        The process's name or client id.
    reason
        Why; it is kept with the registration.
    volume
        The most records that it is shown a day from now on, where that changes.
    volume_per_hour
        The most records that it is shown an hour from now on, where that changes.
    settings
        How the inventory is set up.
    """
    told = {"expectedVolume": volume, "expectedVolumePerHour": volume_per_hour}
    volumes = {key: value for key, value in told.items() if value is not None}
    return run(_decide(name, "recertify", reason, settings, volumes), settings)


def _verb(verb: str, summary: str) -> Callable[..., int]:
    def decide(name: str, *, reason: str | None = None, settings: Configured = _DEFAULTS) -> int:
        return run(_decide(name, verb, reason, settings), settings)

    decide.__name__ = verb
    decide.__doc__ = f"""{summary}

    Parameters
    ----------
    name
        The process's name or client id.
    reason
        Why; it is kept with the registration.
    settings
        How the inventory is set up.
    """
    return decide


for _name, _summary in {
    "approve": "Let a process that somebody else asked for be a client, with what it asked for.",
    "reject": "Turn down what somebody else asked for.",
    "suspend": "Let a process do nothing for a time: it is out within a second.",
    "resume": "Let a suspended process go on.",
    "revoke": "End a registration for good: the process is out within a second.",
}.items():
    registration.command(_verb(_name, _summary), name=_name)


@registration.command(name="list")
def list_registrations(*, status: str | None = None, settings: Configured = _DEFAULTS) -> int:
    """List the registrations: where each stands, who answers for it, and until when it holds.

    Parameters
    ----------
    status
        Only those that stand there: draft, submitted, approved, rejected, active, due, suspended or revoked.
    settings
        How the inventory is set up.
    """
    return run(_list(status, settings), settings)


async def _list(status: str | None, settings: Settings) -> None:
    async with acting(settings, "registration") as access:
        for each in await registering.registrations(access):
            if status in {None, each.row.status}:
                print(_line(each))


@registration.command
def show(name: str, *, settings: Configured = _DEFAULTS) -> int:
    """Show a registration: what was told of the process, and every step that was taken.

    Parameters
    ----------
    name
        The process's name or client id.
    settings
        How the inventory is set up.
    """
    return run(_show(name, settings), settings)


async def _show(name: str, settings: Settings) -> None:
    async with acting(settings, "registration") as access:
        found = await registering.registration(access, name)
    print(_line(found))
    for key, value in found.told.items():
        if key not in {"name", "owner"}:
            print(f"  {key:<14}  {_said(value)}")
    for each in found.decisions:
        said = f": {each.said}" if each.said else ""
        print(f"  {each.decided_at.astimezone(UTC):{_MOMENT}}  {each.verb} by {each.decided_by}{said}")
    for alarm in reversed(found.alarms):
        print(f"  {alarm.at.astimezone(UTC):{_MOMENT}}  alarm {alarm.code}: {alarm.said}")


@registration.command
def alarms(*, settings: Configured = _DEFAULTS) -> int:
    """List what processes did in the last 30 days that their registrations do not let expect, the latest first.

    Parameters
    ----------
    settings
        How the inventory is set up.
    """
    return run(_alarms(settings), settings)


async def _alarms(settings: Settings) -> None:
    async with acting(settings, "registration") as access:
        for name, alarm in await registering.alarms(access):
            print(f"{alarm.at.astimezone(UTC):{_MOMENT}}  {name}  {alarm.client_id}  {alarm.code}  {alarm.said}")


def _line(found: Registered) -> str:
    row = found.row
    parts = [row.name, row.client_id, row.status, f"owner {found.told['owner']}"]
    if row.privileged:
        parts.append("privileged")
    if row.due_at is not None and row.status in {"active", "due", "suspended"}:
        parts.append(f"recertify before {row.due_at.astimezone(UTC):{_MOMENT}}")
    return "  ".join(parts)


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_said, value))
    if isinstance(value, dict):
        return " ".join(map(str, value.values()))
    return str(value)


def _purpose(text: str) -> dict[str, str]:
    name, equals, basis = text.partition("=")
    return {"name": name, "lawfulBasis": basis} if equals else {"name": name}
