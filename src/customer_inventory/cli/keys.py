"""The verbs of keys: which there are, and another one in the place of that in use."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from customer_inventory.access.rotating import (
    PSEUDONYMS,
    SEALS,
    TOKENS,
    Wanted,
    keys_of,
    rotate,
    to_replace,
)
from customer_inventory.cli.app import Configured, run
from customer_inventory.cli.inventory import acting
from customer_inventory.repository.keys import KeyRow
from customer_inventory.settings import Settings

key = App(name="key", help="See the keys of the inventory, and replace them.")

_DEFAULTS = Settings()
_FOLLOWS = {
    TOKENS: (
        "New tokens are signed by the new key within a second, on every server.",
        "Tokens of {id} are taken for {overlap} s yet; clients notice nothing.",
        "/oauth2/jwks shows both keys until then.",
    ),
    SEALS: (
        "The next block of the trail is signed by the new key, for which {id} vouches.",
        "Blocks of before stay proved by {id}: whoever keeps its public half need not change anything.",
    ),
    PSEUDONYMS: (
        "Everybody gets new pseudonyms in downloads for this purpose: files of before cannot be joined with later.",
        "Nobody can tell any more whose the old pseudonyms are. A file still tells by its marks where it came from.",
    ),
}


@key.command(name="list")
def list_keys(
    *,
    json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """List the keys of tokens, seals and pseudonyms that there are and were; their secrets are never shown.

    Parameters
    ----------
    json
        Print each key as one line of JSON.
    settings
        How the inventory is set up.
    """
    return run(_list(settings, as_json=json), settings)


async def _list(settings: Settings, *, as_json: bool) -> None:
    async with acting(settings, "key-list") as access:
        found = await keys_of(access)
    for each in found:
        print(msgspec.json.encode(each._asdict()).decode() if as_json else _told(each))


def _told(row: KeyRow) -> str:
    of = row.of if row.purpose is None else f"{row.of} for {row.purpose}"
    state = "in use" if row.retired_at is None else f"retired {row.retired_at:%Y-%m-%d %H:%M:%S}"
    return f"{of}  {row.id}  {row.algorithm}  since {row.created_at:%Y-%m-%d %H:%M:%S}  {state}"


@key.command(name="rotate")
def rotate_key(
    of: Literal["tokens", "seals", "pseudonyms"],
    *,
    purpose: str | None = None,
    algorithm: str | None = None,
    overlap: timedelta | None = None,
    yes: Annotated[bool, Parameter(negative=())] = False,
    settings: Configured = _DEFAULTS,
) -> int:
    """Put a new key in the place of the one in use; without --yes show only what would follow.

    Parameters
    ----------
    of
        What the key is of: tokens, seals, or the pseudonyms of a purpose.
    purpose
        For pseudonyms: of downloads for which purpose.
    algorithm
        The algorithm of the new key of tokens or seals: ES256 or Ed25519; that of the one before when not given.
    overlap
        For tokens: how long those of the old key are taken yet, such as 5m; 0s when it is in wrong hands. 10m at most,
        and when not given.
    yes
        Do it.
    settings
        How the inventory is set up.
    """
    return run(_rotate(Wanted(of, purpose, algorithm, overlap), settings, yes=yes), settings)


async def _rotate(wanted: Wanted, settings: Settings, *, yes: bool) -> None:
    async with acting(settings, "key-rotate") as access:
        if yes:
            before, made = await rotate(access, wanted)
            print(f"{_told(made)}, in place of {before.id}")
            print("Now run `customer-inventory privacy scrub`, which takes the old secret out of the files.")
            return
        before = await to_replace(access, wanted)
    print(f"To be replaced: {_told(before)}")
    for line in _FOLLOWS[wanted.of]:
        print(line.format(id=before.id, overlap=int(wanted.taken.total_seconds())))
    print("Its secret half goes, and out of the files with `customer-inventory privacy scrub`.")
    print("Nothing was changed; say --yes to do it.")
