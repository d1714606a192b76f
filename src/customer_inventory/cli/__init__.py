"""The command line: one file per room's verbs; `serve` is the default verb."""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError

from customer_inventory.cli import access, capture, facilities, hub
from customer_inventory.cli.app import make_app
from customer_inventory.cli.serve import serve


def command_line() -> App:
    """Return the command line with every verb."""
    app = make_app()
    app.default(serve)
    app.command(serve, name="serve")
    app.command(capture.import_, name="import")
    app.command(capture.export)
    for verb in (facilities.backup, facilities.restore, facilities.verify, facilities.migrate, facilities.purge):
        app.command(verb)
    for group in (capture.mapping, access.client, access.person, hub.hub):
        app.command(group)
    return app


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        sys.exit(command_line()(exit_on_error=False))
    except CycloptsError:
        sys.exit(2)  # the message is printed already; 2 is wrong usage, as DESIGN 9 has it
