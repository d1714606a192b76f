"""`python -m bench.variant WORD …`: the product's own command line with one thing changed, for benchmarks alone.

`plain` changes nothing, `untrailed` leaves the entries of reads out of the trail, `masked` masks what clients read as
an auditor's reading is masked. The product itself has no such options.
"""

from __future__ import annotations

import sys
from typing import Any

from customer_inventory.__main__ import main
from customer_inventory.access import Access, Desk
from customer_inventory.access.scoped import masked_access
from customer_inventory.access.trail import TrailWriter

_KEY = bytes(32)


async def _unrecorded(self: TrailWriter, entry: object) -> None:
    """Take an entry and write nothing."""
    del self, entry


def _mask() -> None:
    opened = Desk.open_by_token

    async def masked(self: Desk, token: str, **more: Any) -> Access:
        return masked_access(await opened(self, token, **more), _KEY)

    Desk.open_by_token = masked  # type: ignore[method-assign]


def _change(word: str) -> None:
    match word:
        case "plain":
            pass
        case "untrailed":
            TrailWriter.record = _unrecorded  # type: ignore[method-assign,assignment]
        case "masked":
            _mask()
        case _:
            sys.exit(f"no variant is called {word}")


if __name__ == "__main__":
    _change(sys.argv.pop(1))
    main()
