"""The tests that stand in the example file and in the shipped one are part of the language."""

from pathlib import Path

import pytest

from bot.gateways import GATEWAYS
from bot.rehearsal import run
from bot.rules import Book, load, parts

FILES = (Path(__file__).parent / "example.yaml", Path(__file__).parents[2] / "rules.yaml")
BOOKS = {path: load(path, gateways=GATEWAYS) for path in FILES}
TESTS = [(book, test) for book in BOOKS.values() for test in book.tests]


def _name(value: object) -> str:
    return value.example.name if isinstance(value, parts.Test) else ""


@pytest.mark.parametrize(("book", "test"), TESTS, ids=_name)
def test_the_file_does_what_it_says(book: Book, test: parts.Test) -> None:
    assert run(book, test).failure is None


def test_the_example_tests_all_that_it_promises() -> None:
    assert len(BOOKS[FILES[0]].tests) == 18
