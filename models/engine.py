"""Connections to the database, and the two ways to use one: reading and writing.

SQLite gets the settings that make it durable and fair: WAL, `synchronous=FULL`, writers that say
so at the start (BEGIN IMMEDIATE) and wait in a queue of our own. SQLite's own waiting is polling,
which starves whoever polls at the wrong moment.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models.base import Base

CONNECT_SECONDS = 2
STATEMENT_SECONDS = 10
BUSY_SECONDS = 5


def make_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine whose errors show no parameters: they are customers' words."""
    if url.startswith("sqlite"):
        return _sqlite_engine(url, pool_size)
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=CONNECT_SECONDS,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f"-c statement_timeout={STATEMENT_SECONDS}s"
            f" -c lock_timeout={BUSY_SECONDS}s"
            f" -c idle_in_transaction_session_timeout={STATEMENT_SECONDS * 3}s",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
        },
    )


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Give a session that sees one state of the database and changes nothing."""
    with Session(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Give a session in a transaction that commits at the end, or rolls back on an exception."""
    if engine.dialect.name != "sqlite":
        with Session(engine) as session, session.begin():
            yield session
        return
    with (
        turnstile(Path(str(engine.url.database))),
        Session(engine.execution_options(writing=True)) as session,
        session.begin(),
    ):
        yield session


def insert_into(where: Session | Engine, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an insert that can say what happens on a conflict, in the words of the database."""
    bind = where.get_bind() if isinstance(where, Session) else where
    return postgresql.insert(table) if bind.dialect.name == "postgresql" else sqlite.insert(table)


@contextmanager
def turnstile(database: Path) -> Iterator[None]:
    """Hold SQLite's one place for a writer, given out in the order of arrival.

    Two locks: who holds the first is next in line for the second. With one lock, whoever releases
    it could take it again before the others wake up.
    """
    entrance = _lock(database.with_name(database.name + ".next"))
    try:
        place = _lock(database.with_name(database.name + ".write"))
    finally:
        os.close(entrance)
    try:
        yield
    finally:
        os.close(place)


def _lock(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        # To whoever writes, a lock that cannot be opened is a database that is away.
        raise OperationalError(None, None, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _sqlite_engine(url: str, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=pool_size,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        json_deserializer=_read_json,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _read_json(text: str) -> Any:
    """Read a JSON column; what somebody broke by hand is a text, and harms its own row alone."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where sqlite3 guesses
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {setting}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
