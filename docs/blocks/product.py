"""Blocks about the product itself: settings, commands, errors, roles, metrics, log events."""  # noqa: INP001  see generate.py

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from cyclopts import App, Argument
from docstring_parser import parse

import customer_inventory
from customer_inventory import cli
from customer_inventory.access.grants import VERBS, allows, grantable
from customer_inventory.access.roles import ROLE_GRANTS, ROLES, UNMASKED_ROLES
from customer_inventory.api.metrics import Metrics
from customer_inventory.errors import Failure, InventoryError
from customer_inventory.settings import ENVIRONMENT_PREFIX, Settings
from docs.blocks.log_events import rows as log_event_rows
from docs.blocks.words import code, in_code, sentence, table

_SETTINGS = frozenset(field.name for field in fields(Settings))


def settings() -> str:
    """Return the table of settings: flag, environment variable, TOML key, default, meaning."""
    described = {known.arg_name: known.description for known in parse(Settings.__doc__ or "").params}
    rows = [
        (
            f"`--{field.name.replace('_', '-')}`",
            f"`{ENVIRONMENT_PREFIX}{field.name.upper()}`",
            f"`{field.name}`",
            in_code(field.default),
            sentence(described[field.name]),
        )
        for field in fields(Settings)
    ]
    return table(("flag", "environment variable", "in the file", "default", "meaning"), rows)


def verbs(app: App, *above: str) -> Iterator[tuple[str, App]]:
    """Yield every verb that does something, with its full name."""
    for name in app:
        if not name.startswith("-"):
            verb = app[name]
            below = list(verbs(verb, *above, name))
            yield from below or [(" ".join((*above, name)), verb)]


def commands() -> str:
    """Return a section for each command: what it does, how it is written, its own parameters."""
    return "\n\n".join(_command(name, verb) for name, verb in sorted(verbs(cli.command_line())))


def _command(name: str, verb: App) -> str:
    documented = parse((verb.default_command.__doc__ if verb.default_command else "") or "")
    described = _described(verb)
    rows, usage = [], [f"customer-inventory {name}"]
    for argument in verb.assemble_argument_collection():
        if not argument.show or any(key in _SETTINGS for key in argument.keys):
            continue
        shown, default = _written(argument), argument.field_info.default
        usage.append(shown if argument.required else f"[{shown}]")
        rows.append(
            (f"`{shown}`", sentence(described[argument.field_info.name]), _unless_given(argument.required, default))
        )
    parts = [f"## {name}", sentence(documented.short_description), f"    {' '.join(usage)} [settings]"]
    if documented.long_description:
        parts.insert(2, documented.long_description)
    return "\n\n".join([*parts, table(("parameter", "meaning", "when not given"), rows)] if rows else parts)


def _described(verb: App) -> dict[str, str | None]:
    """What each parameter of a command means, by name; those that come in a group are described at the group."""
    command = verb.default_command
    groups = [hint for hint in get_type_hints(command).values() if is_dataclass(hint) and hint is not Settings]
    texts = [getattr(each, "__doc__", None) or "" for each in (command, *groups)]
    return {known.arg_name: known.description for text in texts for known in parse(text).params}


def _written(argument: Argument) -> str:
    """A parameter as it is written on the command line: FILE, --flag or --flag VALUE."""
    word = argument.field_info.name.upper()
    flag = next((name for name in argument.names if name.startswith("--")), "")
    if argument.index is not None or not flag:
        return word
    return flag if argument.is_flag() else f"{flag} {word}"


def _unless_given(required: bool, default: Any) -> str:
    return "refused" if required else in_code(default) if not isinstance(default, bool) else ""


def errors() -> Iterator[type[InventoryError]]:
    """Yield every error with a code of its own, wherever the product declares it."""
    for module in pkgutil.walk_packages(customer_inventory.__path__, "customer_inventory."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name:
            importlib.import_module(module.name)
    coded = (error for error in _below(InventoryError) if error is InventoryError or error.code != InventoryError.code)
    yield from sorted(coded, key=lambda error: (error.code, error.__module__, error.__name__))


def _below(error: type[InventoryError]) -> set[type[InventoryError]]:
    below = {found for child in error.__subclasses__() for found in _below(child)}
    return {error for error in (error, *below) if error.__module__.startswith("customer_inventory.")}


def error_table() -> str:
    """Return the table of error codes: status, exit code, what happened, what to do."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    for error in errors():
        what, _, advice = (error.__doc__ or "").strip().partition("\n\n")
        said = sentence(what), sentence(advice) if advice.strip() else ""
        status, exit_code = str(error.failure.status), str(error.failure.exit_code)
        rows[error.code, said[0]] = (f"`{error.code}`", status, exit_code, *said)
    return table(("code", "HTTP", "exit", "what happened", "what to do"), list(rows.values()))


def failures() -> str:
    """Return the table of the kinds of failure that the doors know."""
    rows = [
        (failure.name.lower().replace("_", " "), str(failure.status), str(failure.exit_code)) for failure in Failure
    ]
    return table(("failure", "HTTP status", "exit code"), rows)


def roles() -> str:
    """Return what each role is for, and the table of role, verb and resource."""
    told = [f"- `{name}`: {sentence(role.told)}" for name, role in ROLES.items()]
    rows = [(code(name), *(_verbs(role, kind) for role in ROLES)) for name, kind in sorted(grantable().items())]
    seen = [("*special categories and CPNI*", *("seen" if role in UNMASKED_ROLES else "masked" for role in ROLES))]
    return "\n".join(told) + "\n\n" + table(("resource", *map(code, ROLES)), [*rows, *seen])


def _verbs(role: str, kind: str) -> str:
    granted = [verb for verb in VERBS if allows(ROLE_GRANTS[role], verb, kind)]
    return "every verb" if len(granted) == len(VERBS) else ", ".join(granted) or ""


def metrics() -> str:
    """Return the table of metrics, under the names that /metrics shows."""
    rows = []
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        rows.append((f"`{name}`", family.type, sentence(family.documentation)))
    return table(("metric", "type", "meaning"), sorted(rows))


def log_events() -> str:
    """Return the table of what can be logged."""
    return table(("event", "level", "says also"), list(log_event_rows(Path(customer_inventory.__file__).parent)))
