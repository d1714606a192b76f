"""The command line: one file per room's verbs; `serve` is the default verb."""

from __future__ import annotations

import sys

from customer_inventory.cli import access
from customer_inventory.cli.app import make_app
from customer_inventory.cli.serve import serve


def main() -> None:
    """Run the command line and exit with its code."""
    app = make_app()
    app.default(serve)
    app.command(serve, name="serve")
    app.command(access.client)
    app.command(access.person)
    sys.exit(app())
