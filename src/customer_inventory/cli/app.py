"""The command line's frame: settings from flags, environment and TOML; errors as messages and exit codes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tomllib
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from cyclopts.config import Env, Toml

from customer_inventory import __version__
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.settings import DEFAULT_CONFIG, ENVIRONMENT_PREFIX, TOML_SECTION, Settings

CONFIG_VARIABLE = f"{ENVIRONMENT_PREFIX}CONFIG"
_SERVE_ONLY = {"demo"}

Configured = Annotated[Settings, Parameter(name="*")]
"""The type of a verb's `settings` parameter: every setting becomes a flag of the verb."""


class UnusableConfig(InventoryError):
    """The settings file cannot be used."""

    code = "unusable-config"
    failure = Failure.USAGE


def config_path() -> Path:
    """Return the TOML file that settings are read from, which need not exist."""
    return Path(os.environ.get(CONFIG_VARIABLE, DEFAULT_CONFIG))


def make_app() -> App:
    """Return the command line without its verbs; each room's file adds its own."""
    keys = " · ".join(field.name for field in fields(Settings))
    return App(
        name="customer-inventory",
        version=__version__,
        help="The system of record for an enterprise's customers.",
        help_epilogue=(
            f"Each setting may also stand in {DEFAULT_CONFIG} (or the file that {CONFIG_VARIABLE} names) under "
            f"[{TOML_SECTION}], named like its flag with underscores: {keys}. A flag beats an environment variable, "
            "which beats the file."
        ),
        config=[Env(ENVIRONMENT_PREFIX, command=False), *_settings_file(config_path())],
    )


def _settings_file(path: Path) -> list[Toml]:
    """Return the settings file as a source of flags, if it is TOML; `check_config` says what is wrong with another."""
    try:
        tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [Toml(path, root_keys=(TOML_SECTION,), use_commands_as_keys=False, allow_unknown=True)]


def run(work: Coroutine[Any, Any, int | None], settings: Settings) -> int:
    """Run a verb's work to its end; return the exit code. An error of the inventory becomes its message.

    Exit codes: 0 done, 1 failed, 2 usage, 3 refused by validation or policy, 4 not found, 5 repository unreachable.
    """
    # Imported here: with rich, which it loads, the log takes 0.1 s, and --version and --help need none.
    import uvloop  # noqa: PLC0415

    from customer_inventory.cli.logs import configure_logs  # noqa: PLC0415

    try:
        with _interruptible():
            configure_logs(settings)
            settings.check()
            check_config(config_path())
            return uvloop.run(work) or 0
    except InventoryError as error:
        work.close()
        print(f"customer-inventory: {error.message}", file=sys.stderr)
        for cause in _causes(error):
            print(f"  because: {cause}", file=sys.stderr)
        return error.failure.exit_code
    except BrokenPipeError:
        # Whoever read standard output has seen enough; what is left in the buffer must not fail at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("customer-inventory: stopped before it was done.", file=sys.stderr)
        return 130


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt; before and after, it ends the process at once (see `__main__`)."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_DFL:
        yield
        return
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def check_config(path: Path) -> None:
    """Refuse a settings file with a name that is no setting: a typing error must not be silently ignored.

    Raises UnusableConfig.
    """
    if not path.exists():
        if CONFIG_VARIABLE in os.environ:
            raise UnusableConfig(f"{CONFIG_VARIABLE} names {path}, which does not exist.")
        return
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableConfig(f"{path} cannot be read: {error}") from error
    section = content.get(TOML_SECTION)
    if not isinstance(section, dict):
        raise UnusableConfig(f"{path} has no section [{TOML_SECTION}].")
    unknown = section.keys() - {field.name for field in fields(Settings)} - _SERVE_ONLY
    if unknown:
        raise UnusableConfig(
            f"{path} sets what is no setting: {', '.join(sorted(unknown))}. See --help for those that are."
        )


def _causes(error: BaseException) -> list[str]:
    causes, cause = [], error.__cause__
    while cause is not None:
        text = " ".join(str(cause).split())
        if text and text not in error.args:
            causes.append(text)
        cause = cause.__cause__
    return causes
