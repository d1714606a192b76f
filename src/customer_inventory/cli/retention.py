"""The verb of retention: show what is past it, and erase that."""

from __future__ import annotations

from functools import partial
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
    records: Annotated[bool, Parameter(negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Show what is past its retention as the catalogue says, and what keeps it; with --carry-out, erase it.

    Parameters
    ----------
    carry_out
        Erase. Nothing brings it back.
    most
        Erase at most so many records; the next run goes on.
    records
        Name the records out of which a value goes alone, the first 1,000 of each attribute.
    settings
        How the inventory is set up.
    """
    return run(_retention(settings, most, carry_out=carry_out, records=records), settings)


async def _retention(settings: Settings, most: int | None, *, carry_out: bool, records: bool) -> None:
    register = register_of(settings) if carry_out else None
    async with acting(settings, "privacy-retention", privacy=True) as access:
        found = await retain(access, register=register, most=most, told=partial(_tell, records=records))
    if carry_out:
        whole, alone = [sum(each.erased for each in found if bool(each.attribute) is of) for of in (False, True)]
        say(
            f"Erased: {whole} records with what belongs to them, and values out of {alone} others. Now run "
            "`customer-inventory privacy scrub`."
        )
    else:
        say("Nothing was erased. Say --carry-out to erase it; nothing brings it back.")


def _tell(found: Found, *, records: bool) -> None:
    rule, alone = found.rule, bool(found.attribute)
    ground = f" ({rule.ground})" if rule.ground else ""
    named = KINDS[rule.kind].name + (f".{found.attribute}, the value alone" if alone else "")
    print(f"{named}: {rule.period} from {rule.trigger}{ground}")
    if not rule.counted_from:
        print("  the catalogue does not say where that stands: by hand")
        return
    since = f", the first since {found.oldest:%Y-%m-%d}" if found.oldest else ""
    print(f"  {found.past} past{since}; {found.to_erase} to erase; {found.uncounted} not counted yet")
    for ground, number in sorted(found.kept.items()):
        print(f"  {number} kept: {ground}")
    for identifier in found.ids if records else ():
        print(f"  {'out of' if alone else 'record'} {identifier}")
    for receipt in found.receipts:
        print(f"  receipt {receipt}")
