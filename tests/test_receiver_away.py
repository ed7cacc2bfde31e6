"""A webhook while Redis, the database, or both are away: kept elsewhere, or asked for again."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from models import writing
from tests.conftest import Valkey
from tests.web import CONFIGURED, NAMES, Web, text_body, web_process

slashes = pytest.mark.parametrize("slash", [False, True], ids=["plain", "slash"])
gateways = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


@contextmanager
def without_events(engine: Engine) -> Iterator[None]:
    """Take away the table that webhooks are written to: nothing can be inserted."""
    with writing(engine) as session:
        session.execute(text("ALTER TABLE events RENAME TO hidden"))
    try:
        yield
    finally:
        with writing(engine) as session:
            session.execute(text("ALTER TABLE hidden RENAME TO events"))


@slashes
@gateways
def test_asks_to_send_again_what_nobody_can_keep(
    database_url: str, shared_valkey: Valkey, name: str, slash: bool
) -> None:
    with (
        web_process(database_url, shared_valkey.url, {**CONFIGURED, "SPOOL": "off"}) as web,
        without_events(web.engine),
    ):
        answer = web.post(web.sign(name, text_body(name)), slash=slash)

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(answer.headers["Retry-After"]) > 0
    assert list(json.loads(answer.data)) == ["error"]


def test_asks_to_send_again_when_the_database_and_redis_are_away(
    database_url: str, own_valkey: Valkey
) -> None:
    own_valkey.kill()
    with web_process(database_url, own_valkey.url) as web, without_events(web.engine):
        answer = web.post_text("wagate")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE


@gateways
def test_keeps_a_webhook_in_the_spool_while_the_database_is_away(web: Web, name: str) -> None:
    with without_events(web.engine):
        answer = web.post_text(name)

    assert answer.status_code == HTTPStatus.OK
    assert web.runtime.spool.size() == 1


@gateways
def test_answers_while_redis_is_silent(database_url: str, own_valkey: Valkey, name: str) -> None:
    assert own_valkey.process is not None
    with web_process(database_url, own_valkey.url) as web:
        web.post_text(name)
        own_valkey.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            answers = [web.post_text(name).status_code for _ in range(5)]
            took = time.monotonic() - started
        finally:
            own_valkey.process.send_signal(signal.SIGCONT)

    assert answers == [HTTPStatus.OK] * 5
    assert took < 1


def test_answers_while_redis_is_down(database_url: str, own_valkey: Valkey) -> None:
    own_valkey.kill()
    with web_process(database_url, own_valkey.url) as web:
        started = time.monotonic()
        answers = [web.post_text("meta").status_code for _ in range(5)]
        took = time.monotonic() - started

    assert answers == [HTTPStatus.OK] * 5
    assert took < 1
