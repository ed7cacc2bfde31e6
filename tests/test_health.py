"""What machines are told about Balas."""

from collections.abc import Iterator

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from bot import rules
from models import writing
from tests.conftest import Valkey
from tests.web import CONFIGURED, NAMES, Web, web_process


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


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 401), ("Bearer salah", 401), ("Bearer \xe9", 401), ("Bearer sandi-angka", 200)],
)
def test_metrics_may_need_a_token(
    sqlite_engine: Engine, shared_valkey: Valkey, header: str | None, status: int
) -> None:
    environ = {**CONFIGURED, "METRICS_TOKEN": "sandi-angka"}
    headers = {"Authorization": header} if header else {}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        assert web.client.get("/metrics", headers=headers).status_code == status


def test_metrics_count_what_waits(web: Web) -> None:
    for name in NAMES:
        web.post_text(name)
    before = web.client.get("/metrics").get_data(as_text=True)
    web.process(rules.load("rules.yaml"))

    after = web.client.get("/metrics").get_data(as_text=True)

    assert "balas_events_waiting 5.0" in before
    assert "balas_events_waiting 0.0" in after
    assert "balas_events_processed 5.0" in after
    assert 'balas_messages_waiting{status="queued"} 5.0' in after


def test_metrics_say_that_the_database_is_away(without_tables: Web) -> None:
    answer = without_tables.client.get("/metrics")

    assert answer.status_code == 200
    assert "balas_database_up 0.0" in answer.get_data(as_text=True)
