"""The command line: one file per room's verbs; `serve` is the default verb."""

from __future__ import annotations

import sys

from cyclopts import CycloptsError

from customer_inventory.cli import access, capture, facilities
from customer_inventory.cli.app import make_app
from customer_inventory.cli.serve import serve


def main() -> None:
    """Run the command line and exit with its code."""
    app = make_app()
    app.default(serve)
    app.command(serve, name="serve")
    app.command(access.client)
    app.command(access.person)
    app.command(capture.import_, name="import")
    app.command(capture.export)
    app.command(capture.mapping)
    for verb in (facilities.backup, facilities.restore, facilities.verify, facilities.migrate):
        app.command(verb)
    try:
        sys.exit(app(exit_on_error=False))
    except CycloptsError:
        sys.exit(2)  # the message is printed already; 2 is wrong usage, as DESIGN 9 has it
