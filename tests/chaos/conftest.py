"""Stages for the tests, each in a folder of its own that is gone afterwards."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.databases import Kind, Server, new_database
from tests.chaos.stage import Stage

NewStage = Callable[..., Stage]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def folder(stack: ExitStack) -> Path:
    # Short, as pytest's own are not: a socket's path has little room.
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="balas")))


@pytest.fixture(scope="session")
def server(postgres_url: str) -> Server:
    return Server(Kind.POSTGRESQL, postgres_url)


@pytest.fixture
def new_stage(request: pytest.FixtureRequest, stack: ExitStack, folder: Path) -> NewStage:
    """Give what makes a stage on an empty database; nothing of it runs yet."""

    def make(kind: Kind = Kind.SQLITE, *, delay: float = 0.05) -> Stage:
        on = request.getfixturevalue("server") if kind is Kind.POSTGRESQL else Server(kind)
        database_url = stack.enter_context(new_database(on, folder))
        return stack.enter_context(Stage(folder, database_url, delay=delay))

    return make
