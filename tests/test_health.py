"""What machines are told about Balas."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from bot import rules
from bot.rules.shelf import INTERVAL
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


GOOD = "version: 1\nrules:\n  - {id: a, match: {words: a}, reply: x}\n"


@pytest.fixture
def with_rules(
    database_url: str, redis: Redis, shared_valkey: Valkey, tmp_path: Path
) -> Iterator[tuple[Web, Path]]:
    """Give the app with a rules file of its own."""
    file = tmp_path / "rules.yaml"
    file.write_text(GOOD)
    environ = {**CONFIGURED, "RULES_FILE": str(file)}
    with web_process(database_url, shared_valkey.url, environ) as running:
        yield running, file


def told_of_rules(web: Web) -> dict[str, Any]:
    """Return what is told after the next look at the file."""
    time.sleep(INTERVAL + 0.1)
    found: dict[str, Any] = web.client.get("/health").get_json()
    assert found["status"] == "healthy"
    return dict(found["rules"])


def test_tells_the_rules_in_force(with_rules: tuple[Web, Path]) -> None:
    web, file = with_rules

    told = told_of_rules(web)

    assert told["version"] == rules.load(file).version
    assert (told["file"], told["problem"]) == ("rules.yaml", None)
    assert datetime.fromisoformat(told["loaded_at"]).tzinfo


def test_tells_that_a_saved_file_is_broken_and_that_it_is_mended(
    with_rules: tuple[Web, Path],
) -> None:
    web, file = with_rules
    before = told_of_rules(web)

    file.write_text(GOOD + "  - {id: b, balas: x}\n")
    broken = told_of_rules(web)
    ready = web.client.get("/ready")
    file.write_text(GOOD + "  - {id: b, match: {words: b}, reply: x}\n")
    mended = told_of_rules(web)

    assert broken["version"] == before["version"]
    assert broken["problem"].startswith("rules.yaml:4:")
    assert (ready.status_code, ready.get_json()) == (200, {"ready": True, "degraded": ["rules"]})
    assert mended["problem"] is None
    assert mended["version"] == rules.load(file).version != before["version"]


def test_tells_of_rules_that_are_broken_from_the_start(with_rules: tuple[Web, Path]) -> None:
    web, file = with_rules
    file.unlink()

    told = told_of_rules(web)

    assert told["version"] is None
    assert told["problem"].startswith("rules.yaml: the file cannot be read")


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
