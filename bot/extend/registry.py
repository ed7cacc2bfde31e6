"""What the module registers that is being loaded, and how the blame for its failures is put."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any

import structlog

from bot.rules.compiling import ModuleRefused
from bot.rules.extensions import Extensions

log = structlog.get_logger("balas.rules")

# Those that `call` reaches share their names.
_SHARED = {"action": "function", "task": "function"}

# Any: functions of the user's own.
Function = Callable[..., Any]


class ExitCalled(RuntimeError):
    """Code of the user's own has wanted to end the process, as command lines do."""


class FilterFailed(ValueError):
    """A filter of the user's own has raised; the message says what and where, without values."""


class Registry:
    """Collects what one module registers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken: set[tuple[str, str]] = set()
        self._functions: dict[str, dict[str, Function]] = {}
        self._listeners: dict[str, dict[str, Function]] = {}

    def extensions(self, files: Sequence[Path]) -> Extensions:
        """Return what was registered."""
        found = self._functions
        return Extensions(
            matchers=found.get("matcher", {}),
            conditions=found.get("condition", {}),
            actions=found.get("action", {}),
            tasks=found.get("task", {}),
            filters=found.get("filter", {}),
            listeners=self._listeners,
            files=tuple(map(str, files)),
        )

    def add(self, what: str, name: str, function: Function, *, kinds: Sequence[str]) -> None:
        """Register a function. Raises ModuleRefused for a name that is taken."""
        shared = _SHARED.get(what, what)
        if (shared, name) in self._taken:
            raise ModuleRefused(f'there are two {shared}s named "{name}"')
        self._taken.add((shared, name))
        if what == "filter":
            self._functions.setdefault(what, {})[name] = _filter(name, function, self._folder)
            return
        blamed = _blamed(function, self._folder)
        if what == "listener":
            for kind in kinds:
                self._listeners.setdefault(kind, {})[name] = blamed
        else:
            self._functions.setdefault(what, {})[name] = blamed


_open: ContextVar[Registry | None] = ContextVar("registry", default=None)


@contextmanager
def registering(folder: Path) -> Iterator[Registry]:
    """Let what is loaded in here register itself. `folder` is where its code lies."""
    registry = Registry(folder)
    token = _open.set(registry)
    try:
        yield registry
    finally:
        _open.reset(token)


def register(what: str, name: str, function: Function, *, kinds: Sequence[str] = ()) -> None:
    """Register a function in the module that is being loaded, if one is."""
    registry = _open.get()
    if registry is not None:
        registry.add(what, name, function, kinds=kinds)


def place_in(error: BaseException, folder: Path) -> str:
    """Return where in the user's own code an error comes from, "" if it does not."""
    place = ""
    traceback = error.__traceback__
    while traceback is not None:
        path = Path(traceback.tb_frame.f_code.co_filename)
        if path.is_relative_to(folder):
            place = f"{path.relative_to(folder)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place


def _blamed(function: Function, folder: Path) -> Function:
    """Return the function so that its errors end at its own code, however deep they come from.

    Of a traceback only the last places are kept, and those of a library help nobody.
    """

    @wraps(function)
    def blamed(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except SystemExit as error:
            called = ExitCalled("it calls sys.exit").with_traceback(error.__traceback__)
            _cut(called, folder)
            raise called from None
        except Exception as error:
            _cut(error, folder)
            raise

    return blamed


def _cut(error: Exception, folder: Path) -> None:
    last, traceback = None, error.__traceback__
    while traceback is not None:
        if Path(traceback.tb_frame.f_code.co_filename).is_relative_to(folder):
            last = traceback
        traceback = traceback.tb_next
    if last is not None:
        last.tb_next = None


def _filter(name: str, function: Function, folder: Path) -> Function:
    """Return a filter whose errors are those of a text that cannot be written."""

    @wraps(function)
    def filtered(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything, and only its text fails
            place = place_in(error, folder)
            where = f" at {place}" if place else ""
            what = f'the filter "{name}" raises {type(error).__name__}{where}'
            log.warning("a text fails", reason=what)
            raise FilterFailed(what) from None

    return filtered
