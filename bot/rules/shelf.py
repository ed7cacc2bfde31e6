"""Keep the rules fresh: a changed file is read again, and a broken one changes nothing."""

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from bot.rules.book import load
from bot.rules.errors import RulesError
from bot.rules.parts import Book

# How often the file is looked at, in seconds.
INTERVAL = 1.0
MAX_LOGGED = 10

log = structlog.get_logger("balas.rules")

_Stamp = tuple[int, int, int] | None


class Shelf:
    """Holds the last good book of a file. Raises RulesError when the first one is broken."""

    def __init__(
        self,
        path: Path | str,
        *,
        gateways: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = Path(path)
        self._clock = clock
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._gateways = tuple(gateways)
        self._book = load(self._path, gateways=self._gateways)
        self._looked_at = clock()

    @property
    def book(self) -> Book:
        """Return the rules in force; the file is looked at once a second at most."""
        # Whoever finds the lock taken does not wait: the last good book is there.
        if self._clock() - self._looked_at >= INTERVAL and self._lock.acquire(blocking=False):
            try:
                self._refresh()
            finally:
                self._lock.release()
        return self._book

    def _refresh(self) -> None:
        self._looked_at = self._clock()
        stamp = self._look()
        if stamp == self._stamp:
            return
        # Taken before reading, so that a change during the reading is seen the next time.
        self._stamp = stamp
        try:
            book = load(self._path, gateways=self._gateways)
        except RulesError as error:
            problems = [str(problem) for problem in error.problems[:MAX_LOGGED]]
            log.error(
                "rules_broken",
                file=str(self._path),
                version_in_force=self._book.version,
                count=len(error.problems),
                problems=problems,
            )
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the last good book stays in force
            log.error("rules_unreadable", file=str(self._path), error=type(error).__name__)
            return
        self._book = book
        log.info("rules_loaded", file=str(self._path), version=book.version, rules=len(book.rules))

    def _look(self) -> _Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
