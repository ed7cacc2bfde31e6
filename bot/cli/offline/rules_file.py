"""A rules file that is being edited while it is tried."""

from collections.abc import Iterable
from pathlib import Path

from bot.cli.rules.group import load_book
from bot.rules import Book, RulesError
from bot.rules.book import module_files

Stamp = tuple[int, int, int] | None


class RulesFile:
    """Reads a file, and all that belongs to it, whenever one of them has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamps: dict[str, Stamp] | None = None

    def read(self) -> Book | None:
        """Return the book if there is something new, None if not. Raises RulesError, once for each
        change.
        """
        # Taken before reading, so that a change during the reading is seen the next time.
        stamps = _look(self._stamps or [str(self.path)])
        if stamps == self._stamps:
            return None
        files: Iterable[str] = ()
        try:
            book = load_book(self.path)
            files = (*book.files, *module_files(book.name, book.settings.module))
        except RulesError as error:
            files = error.files
            raise
        finally:
            self._stamps = _look(files) | stamps
        return book


def _look(files: Iterable[str]) -> dict[str, Stamp]:
    return {name: _stamp(name) for name in files}


def _stamp(name: str) -> Stamp:
    try:
        found = Path(name).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
