"""`python -m customer_inventory`: the command line."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line and exit with its code; Ctrl-C ends it without a word until a verb runs."""
    # A KeyboardInterrupt amid an import comes out as whatever the module makes of it; a verb makes it a message.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Imported here: what takes half a second to load comes after the line above.
    from customer_inventory.cli import main as command_line  # noqa: PLC0415

    command_line()


if __name__ == "__main__":
    main()
