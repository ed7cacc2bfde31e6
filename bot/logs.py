"""Structured logs: ids, gateways, rules and attempts; never bodies, tokens, texts or numbers."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.config import LogFormat, LogLevel

# These say every request or job at INFO, and some of them its arguments.
QUIET = ("rq", "urllib3", "alembic", "redis", "granian.access", "werkzeug")


class _Lenient:
    """A stream that loses what it cannot write: a full disk must not end who tells of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            return self._stream.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def set_up(log_format: LogFormat, log_level: LogLevel) -> None:
    """Send everything to standard error, as lines for a person or as JSON."""
    level = logging.getLevelNamesMapping()[log_level.upper()]
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if log_format is LogFormat.JSON:
        renderer = structlog.processors.JSONRenderer()
    errors = cast("TextIO", _Lenient(sys.stderr))
    common: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_exception,
    ]
    _set_up_libraries(common, renderer, level, errors)
    structlog.configure(
        processors=[*common, renderer],
        logger_factory=structlog.PrintLoggerFactory(errors),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def _set_up_libraries(
    common: list[Processor], renderer: Processor, level: int, errors: TextIO
) -> None:
    """Let what libraries log through `logging` look like our own lines."""
    handler = logging.StreamHandler(errors)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _name_exception(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    """Replace an exception by its class: its text and its traceback may quote anybody."""
    found = entry.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        entry.setdefault("error", type(error).__name__)
    return entry
