"""The verb of retention: show what is past it, and erase that."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from customer_inventory.access.retaining import Found, retain
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting, register_of
from customer_inventory.cli.progress import say
from customer_inventory.repository.kinds import KINDS
from customer_inventory.settings import Settings

_DEFAULTS = Settings()


def retention(
    *,
    carry_out: Annotated[bool, Parameter(negative=())] = False,
    most: int | None = None,
    settings: Configured = _DEFAULTS,
) -> int:
    """Show what is past its retention as the catalogue says, and what keeps it; with --carry-out, erase it.

    Parameters
    ----------
    carry_out
        Erase. Nothing brings it back.
    most
        Erase at most so many records; the next run goes on.
    settings
        How the inventory is set up.
    """
    return run(_retention(settings, most, carry_out=carry_out), settings)


async def _retention(settings: Settings, most: int | None, *, carry_out: bool) -> None:
    register = register_of(settings) if carry_out else None
    async with acting(settings, "privacy-retention", privacy=True) as access:
        found = await retain(access, register=register, most=most, told=_tell)
    if carry_out:
        say(
            f"Erased: {sum(each.erased for each in found)} records with what belongs to them. Now run "
            "`customer-inventory privacy scrub`."
        )
    else:
        say("Nothing was erased. Say --carry-out to erase it; nothing brings it back.")


def _tell(found: Found) -> None:
    rule = found.rule
    ground = f" ({rule.ground})" if rule.ground else ""
    print(f"{KINDS[rule.kind].name}: {rule.period} from {rule.trigger}{ground}")
    if not rule.counted_from:
        print("  the catalogue does not say where that stands: by hand")
        return
    since = f", the first since {found.oldest:%Y-%m-%d}" if found.oldest else ""
    print(f"  {found.past} past{since}; {found.to_erase} to erase; {found.uncounted} not counted yet")
    for ground, number in sorted(found.kept.items()):
        print(f"  {number} kept: {ground}")
    for receipt in found.receipts:
        print(f"  receipt {receipt}")
