"""`serve`: start the inventory and serve it until Ctrl-C."""

from __future__ import annotations

from customer_inventory.cli.app import Configured, run
from customer_inventory.settings import Settings


def serve(*, demo: bool = False, settings: Configured = Settings()) -> int:  # noqa: B008  frozen, and cyclopts reads it
    """Start the inventory: the engine, the APIs and the console, until Ctrl-C.

    Parameters
    ----------
    demo
        Load sample customers into an inventory that is empty.
    settings
        How the inventory is set up.
    """
    # Imported here: the default verb's flags belong to every command line, and what serves takes half a second to load.
    from customer_inventory.cli.serving import serve_until_stopped  # noqa: PLC0415

    return run(serve_until_stopped(demo=demo, settings=settings), settings)
