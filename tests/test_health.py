"""What machines are told about Balas."""

from collections.abc import Iterator

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from bot import rules
from models import writing
from tests.conftest import Valkey
from tests.web import NAMES, Web, web_process


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


@pytest.fixture
def without_tables(web: Web) -> Iterator[Web]:
    """Give the app while its tables are away."""
    names = ("events", "lanes")
    with writing(web.engine) as session:
        for name in names:
            session.execute(text(f"ALTER TABLE {name} RENAME TO hidden_{name}"))
    yield web
    with writing(web.engine) as session:
        for name in names:
            session.execute(text(f"ALTER TABLE hidden_{name} RENAME TO {name}"))


def test_counts_processed_events(web: Web) -> None:
    for name in NAMES:
        web.post_text(name)
    web.process(rules.load("rules.yaml"))

    found = web.client.get("/health").get_json()

    assert found["status"] == "healthy"
    assert found["processed_events"] == len(NAMES)
    assert found["gateways"] == sorted(NAMES)


def test_is_healthy_while_the_database_is_away(without_tables: Web) -> None:
    answer = without_tables.client.get("/health")

    assert (answer.status_code, answer.get_json()["status"]) == (200, "healthy")
    assert answer.get_json()["processed_events"] is None


def test_is_ready_when_everything_works(web: Web) -> None:
    answer = web.client.get("/ready")

    assert (answer.status_code, answer.get_json()) == (200, {"ready": True, "degraded": []})


def test_is_ready_with_the_spool_while_the_database_is_away(without_tables: Web) -> None:
    answer = without_tables.client.get("/ready")

    assert answer.status_code == 200
    assert answer.get_json() == {"ready": True, "degraded": ["database"]}


def test_is_ready_without_redis(database_url: str, own_valkey: Valkey) -> None:
    own_valkey.kill()
    with web_process(database_url, own_valkey.url) as web:
        answer = web.client.get("/ready")

    assert (answer.status_code, answer.get_json()) == (200, {"ready": True, "degraded": ["redis"]})


def test_is_not_ready_when_nobody_can_keep_a_webhook(
    sqlite_engine: Engine, own_valkey: Valkey
) -> None:
    own_valkey.kill()
    with web_process("postgres://balas@127.0.0.1:9/balas", own_valkey.url) as web:
        answer = web.client.get("/ready")

    assert answer.status_code == 503
    assert answer.get_json()["ready"] is False
