"""The command line: one file per room's verbs; `serve` is the default verb."""

from __future__ import annotations

import sys

from cyclopts import App, CycloptsError

from customer_inventory.cli.app import make_app
from customer_inventory.cli.serve import serve

VERBS = {
    "import": "importing:import_",
    "export": "exporting:export",
    "download": "downloads:download",
    "backup": "facilities:backup",
    "restore": "facilities:restore",
    "verify": "facilities:verify",
    "migrate": "facilities:migrate",
    "purge": "facilities:purge",
    "mapping": "importing:mapping",
    "client": "access:client",
    "registration": "registration:registration",
    "person": "access:person",
    "review": "reviews:review",
    "session": "sessions:session",
    "hub": "hub:hub",
    "key": "keys:key",
    "requirement": "deciding:requirement",
    "trail": "trail:trail",
    "privacy": "privacy:privacy",
}
"""Where each verb, or group of verbs, stands. Its file is loaded with the verb: all together take a second."""

_HELP = {"--help", "-h"}


def command_line() -> App:
    """Return the command line with every verb."""
    app = make_app()
    app.default(serve)
    app.command(serve, name="serve")
    for name, place in VERBS.items():
        app.command(f"{__name__}.{place}", name=name)
    return app


def main() -> None:
    """Run the command line and exit with its code."""
    app = command_line()
    if _HELP & {*sys.argv} and not VERBS.keys() & {*sys.argv}:
        for name in VERBS:
            app[name]  # loads it: only then does the list of verbs say what each does
    try:
        sys.exit(app(exit_on_error=False))
    except CycloptsError:
        sys.exit(2)  # the message is printed already; 2 is wrong usage, as DESIGN 9 has it
