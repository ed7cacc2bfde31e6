"""Read a rules file: the YAML, its schema, and the rules compiled from it.

`read` and `load` either return a Book that can be played, or raise RulesError with everything
that is wrong with the file.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from bot.rules.compiling import compile_book
from bot.rules.errors import Problem, RulesError
from bot.rules.parts import Book
from bot.rules.source import MAX_SIZE, decode, read_source


def load(path: Path | str, *, gateways: Iterable[str] = ()) -> Book:
    """Return the book in a file, or raise RulesError. `gateways` are those that a rule may name."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except OSError as error:
        text = f"the file cannot be read: {error.strerror or 'unknown reason'}"
        raise RulesError([Problem(file=str(path), text=text)]) from None
    return _read(content, str(path), gateways)


def read(text: str, name: str = "rules.yaml", *, gateways: Iterable[str] = ()) -> Book:
    """Return the book in a text, or raise RulesError."""
    return _read(text.encode("utf-8", "surrogatepass"), name, gateways)


def _read(content: bytes, name: str, gateways: Iterable[str]) -> Book:
    source = read_source(decode(content, name), name, gateways=tuple(gateways))
    book = compile_book(source, version=hashlib.sha256(content).hexdigest()[:12])
    if source.problems or book is None:
        raise RulesError(source.problems)
    return book
