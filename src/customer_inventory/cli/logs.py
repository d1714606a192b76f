"""Logs: structured lines on standard error, for people or for collectors. Never customer data."""

from __future__ import annotations

import logging
import sys

import structlog

from customer_inventory.errors import Failure, InventoryError
from customer_inventory.settings import Settings

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class InvalidLogSetting(InventoryError):
    """A log setting is not understood.

    --log-format is text or json; --log-level is debug, info, warning or error.
    """

    code = "invalid-log-setting"
    failure = Failure.USAGE


def configure_logs(settings: Settings) -> None:
    """Set up the logs of this process. Raises InvalidLogSetting."""
    if settings.log_level not in _LEVELS or settings.log_format not in {"text", "json"}:
        raise InvalidLogSetting(
            "--log-format is text or json; --log-level is debug, info, warning or error. "
            f"They are {settings.log_format!r} and {settings.log_level!r}."
        )
    level = _LEVELS[settings.log_level]
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if settings.log_format == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
