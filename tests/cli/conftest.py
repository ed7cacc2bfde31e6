"""The commands, run inside the test against a real database."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from redis import Redis

from tests.conftest import Valkey
from tests.web import Web, web_process

Flask = Callable[..., Result]


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


@pytest.fixture
def flask(web: Web) -> Flask:
    """Give a way to run a `flask …` command; it must end with the given exit code."""

    def run(*arguments: str, code: int = 0) -> Result:
        result = web.app.test_cli_runner().invoke(args=list(arguments))
        assert result.exit_code == code, result.output
        return result

    return run
