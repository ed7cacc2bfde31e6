"""Structured logs: ids, gateways, rules and attempts; never bodies, tokens, texts or numbers."""

import logging
import sys

import structlog

from bot.config import LogFormat, LogLevel

# These say every request or job at INFO, and some of them its arguments.
QUIET = ("rq", "urllib3", "alembic", "redis", "granian.access", "werkzeug")


def set_up(log_format: LogFormat, log_level: LogLevel) -> None:
    """Send everything to standard error, as lines for a person or as JSON."""
    level = logging.getLevelNamesMapping()[log_level.upper()]
    logging.basicConfig(stream=sys.stderr, level=level, format="%(message)s", force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    if log_format is LogFormat.JSON:
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
