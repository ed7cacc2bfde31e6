"""Migrations make the tables that the models describe, on both databases, whoever runs them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, make_url, text

from models import Base, make_engine
from models.engine import turnstile
from models.migrate import _LOCK, is_current, upgrade

ROOT = Path(__file__).parents[2]
MIGRATE = """
import sys
from models import make_engine
from models.migrate import upgrade
upgrade(make_engine(sys.argv[1]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give a database without any table."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path}/new/folder/empty.sqlite3")
        yield engine
        engine.dispose()
        return
    server = make_engine(request.getfixturevalue("postgres_url"))
    administer(server, "DROP DATABASE IF EXISTS kosong", "CREATE DATABASE kosong")
    engine = make_engine(url(server, database="kosong"))
    yield engine
    engine.dispose()
    administer(server, "DROP DATABASE kosong WITH (FORCE)")


def administer(server: Engine, *statements: str) -> None:
    """Make and remove databases, which takes as long as the disk needs."""
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for statement in statements:
            connection.execute(text(statement))
    server.dispose()


def url(engine: Engine, *, database: str | None = None) -> str:
    found = make_url(engine.url)
    if database:
        found = found.set(database=database)
    return found.render_as_string(hide_password=False)


def test_makes_every_table(empty: Engine) -> None:
    upgrade(empty)

    assert set(Base.metadata.tables) <= set(inspect(empty).get_table_names())
    assert is_current(empty)


def test_migrations_and_models_agree(empty: Engine) -> None:
    upgrade(empty)

    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_runs_twice_without_harm(empty: Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO lanes (lane, processed_events) VALUES (1, 7)"))

    upgrade(empty)

    with empty.connect() as connection:
        assert connection.scalar(text("SELECT processed_events FROM lanes")) == 7


def test_an_empty_database_is_not_current(empty: Engine) -> None:
    if empty.dialect.name == "sqlite":
        Path(str(empty.url.database)).parent.mkdir(parents=True)

    assert not is_current(empty)


def test_waits_for_another_migration(empty: Engine) -> None:
    with being_migrated(empty):
        waiting = subprocess.Popen([sys.executable, "-c", MIGRATE, url(empty)], cwd=ROOT)
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(3)
        assert not is_current(empty)

    assert waiting.wait(30) == 0
    assert is_current(empty)


@contextmanager
def being_migrated(engine: Engine) -> Iterator[None]:
    """Hold what a process holds that migrates."""
    if engine.dialect.name == "sqlite":
        database = Path(str(engine.url.database))
        database.parent.mkdir(parents=True, exist_ok=True)
        with turnstile(database):
            yield
        return
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield


def test_several_processes_may_migrate_at_once(empty: Engine) -> None:
    arguments = [sys.executable, "-c", MIGRATE, url(empty)]
    processes = [
        subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]

    endings = [(process.communicate(timeout=60)[1], process.returncode) for process in processes]

    assert endings == [("", 0)] * 3
    assert is_current(empty)
