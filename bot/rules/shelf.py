"""Keep the rules fresh: changed files are read again, and broken ones change nothing."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.rules.book import load, module_files
from bot.rules.compiling import Extend
from bot.rules.errors import Problem, RulesError
from bot.rules.parts import Book
from bot.rules.trouble import Trouble

# How often the files are looked at, in seconds.
INTERVAL = 1.0
# What was written so lately may be half written: it is read when it has been still for so long,
SETTLED = 0.2
# unless it is never still.
PATIENCE = 1.0
MAX_LOGGED = 10

log = structlog.get_logger("balas.rules")

_Stamp = tuple[int, int, int] | None
UNKNOWN = (0, 0, 0)
# How coarse the clock of a file system may be, in seconds.
SLACK = 0.05


class Shelf:
    """Holds the last good book of a file and of those that it includes.

    `extend` returns what the module of the settings registers. Raises RulesError when the rules
    are broken from the start; with `patient`, `book` raises it until they are good.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        gateways: Iterable[str] = (),
        extend: Extend | None = None,
        patient: bool = False,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = Path(path)
        self._gateways = tuple(gateways)
        self._extend = extend
        self._clock, self._now = clock, now
        self._lock = threading.Lock()
        self._files: tuple[str, ...] = (str(self._path),)
        self._book: Book | None = None
        self._loaded_at = now()
        self._trouble: Trouble | None = None
        self._error: RulesError | None = None
        self._stamps: dict[str, _Stamp] = {}
        self._unsettled_since: float | None = None
        self._look_again_at = clock() + INTERVAL
        self._read()
        if self._error and not patient:
            raise self._error

    @property
    def book(self) -> Book:
        """Return the rules in force; the files are looked at once a second at most."""
        self.look()
        book, error = self._book, self._error
        if book is None:
            raise RulesError(error.problems if error else (), files=self._files)
        return book

    @property
    def trouble(self) -> Trouble | None:
        """Return what is wrong with the files as they are now, None while they are in force."""
        self.look()
        return self._trouble

    def seen(self) -> tuple[Book | None, Trouble | None, datetime]:
        """Return the rules in force, what is wrong, and when they were read, without a look."""
        return self._book, self._trouble, self._loaded_at

    def look(self) -> None:
        """Read the files again if they have changed, and if it is time to look."""
        # Whoever finds the lock taken does not wait: the last good book is there.
        if self._clock() < self._look_again_at or not self._lock.acquire(blocking=False):
            return
        try:
            self._refresh()
        finally:
            self._lock.release()

    def _refresh(self) -> None:
        clock = self._clock()
        self._look_again_at = clock + INTERVAL
        stamps = self._look()
        if stamps == self._stamps:
            self._unsettled_since = None
            return
        if self._unsettled_since is None:
            self._unsettled_since = clock
        if self._is_settling(stamps) and clock - self._unsettled_since < PATIENCE:
            self._look_again_at = clock + SETTLED
            return
        self._unsettled_since = None
        self._read()

    def _read(self) -> None:
        # Looked at before reading, so that a change during the reading is seen the next time.
        before, began = self._look(), self._now().timestamp()
        try:
            book = load(self._path, gateways=self._gateways, extend=self._extend)
        except RulesError as error:
            self._refuse(error)
            # Those of a folder of the module are known only while it can be loaded.
            files = (*error.files, *self._files)
        except Exception as error:  # noqa: BLE001 - whatever it is, the last good book stays in force
            text = f"the rules cannot be read ({type(error).__name__})"
            self._refuse(RulesError([Problem(file=str(self._path), text=text)]))
            files = self._files
        else:
            self._accept(book)
            files = (
                *book.files,
                *module_files(book.name, book.settings.module),
                *book.extensions.files,
            )
        self._files = tuple(dict.fromkeys((str(self._path), *files)))
        self._stamps = {
            name: before[name] if name in before else _stamp(name, before=began)
            for name in self._files
        }

    def _accept(self, book: Book) -> None:
        if self._book or self._trouble:
            count = len(book.rules) + len(book.event_rules)
            log.info("rules_loaded", file=str(self._path), version=book.version, rules=count)
        self._book, self._error, self._trouble = book, None, None
        self._loaded_at = self._now()

    def _refuse(self, error: RulesError) -> None:
        since = self._trouble.since if self._trouble else self._now()
        self._error = error
        self._trouble = Trouble(error.problems[0], len(error.problems), since)
        if self._book:
            log.error(
                "rules_broken",
                file=str(self._path),
                version_in_force=self._book.version,
                count=len(error.problems),
                problems=[str(problem) for problem in error.problems[:MAX_LOGGED]],
            )

    def _look(self) -> dict[str, _Stamp]:
        return {name: _stamp(name) for name in self._files}

    def _is_settling(self, stamps: dict[str, _Stamp]) -> bool:
        """Return whether one of the files was written, or taken away to be replaced, just now."""
        if any(stamp is None and self._stamps[name] for name, stamp in stamps.items()):
            return True
        written = max((stamp[0] for stamp in stamps.values() if stamp), default=0)
        return abs(self._now().timestamp() - written / 1e9) < SETTLED


def _stamp(name: str, *, before: float | None = None) -> _Stamp:
    """Return what tells one content of a file from the next, None if there is no file.

    Of a file that may have changed since `before` it is UNKNOWN, so that it is read again.
    """
    try:
        found = Path(name).stat()
    except (OSError, ValueError):
        return None
    changed = max(found.st_mtime, found.st_ctime)
    if before is not None and changed >= before - SLACK:
        return UNKNOWN
    return found.st_mtime_ns, found.st_size, found.st_ino
