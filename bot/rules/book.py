"""Read a rules file and those that it includes: the YAML, its schema, the rules compiled from it.

`read` and `load` either return a Book that can be played, or raise RulesError with everything
that is wrong.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.rules.compiling import Extend, compile_book
from bot.rules.errors import Problem, RulesError
from bot.rules.including import Open, among, beside, include
from bot.rules.parts import Book
from bot.rules.source import MAX_SIZE, Source, decode, read_source


def load(path: Path | str, *, gateways: Iterable[str] = (), extend: Extend | None = None) -> Book:
    """Return the book in a file and those that it includes, or raise RulesError.

    `gateways` are those that a rule may name. `extend` returns what the module of the settings
    registers.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SIZE + 1)
    except OSError as error:
        text = f"the file cannot be read: {error.strerror or 'unknown reason'}"
        raise RulesError([Problem(file=str(path), text=text)]) from None
    return _read(content, str(path), gateways, extend, beside(path))


def read(
    text: str,
    name: str = "rules.yaml",
    *,
    gateways: Iterable[str] = (),
    extend: Extend | None = None,
    files: Mapping[str, str] | None = None,
) -> Book:
    """Return the book in a text, or raise RulesError. `files` are the texts that it may include."""
    content = text.encode("utf-8", "surrogatepass")
    return _read(content, name, gateways, extend, among(files))


def module_files(main: str, module: object) -> tuple[str, ...]:
    """Return the files in which the module of the settings may be."""
    if not isinstance(module, str) or not module.isidentifier():
        return ()
    folder = Path(main).parent
    return str(folder / f"{module}.py"), str(folder / module / "__init__.py")


def _read(
    content: bytes, name: str, gateways: Iterable[str], extend: Extend | None, opened: Open
) -> Book:
    source = read_source(decode(content, name), name, gateways=tuple(gateways))
    others = include(source, opened)
    book = compile_book(source, version=_version(content, others), extend=extend)
    if source.problems or book is None:
        raise RulesError(source.problems, files=(*source.files, *_module_files(source)))
    return replace(book, source=partial(_again, content, name, others))


def _again(content: bytes, name: str, others: Mapping[str, bytes]) -> Source:
    """Return the source of a good book once more, from what was read then."""
    source = read_source(decode(content, name), name)
    include(source, others.__getitem__)
    return source


def _version(content: bytes, others: Mapping[str, bytes]) -> str:
    hashed = hashlib.sha256(content)
    for name, other in others.items():
        # The lengths keep one file apart from the next.
        hashed.update(f"\0{name}\0{len(other)}\0".encode())
        hashed.update(other)
    return hashed.hexdigest()[:12]


def _module_files(source: Source) -> tuple[str, ...]:
    settings = source.value.get("settings") if isinstance(source.value, dict) else None
    return module_files(source.name, settings.get("module") if isinstance(settings, dict) else None)
