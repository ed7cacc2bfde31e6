"""A database error says whether the database is away, the transaction unlucky, or the row bad."""

import sqlite3
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.embedded import free_port
from models import Device, make_engine, writing
from models.faults import Fault, judge


def failing(engine: Engine, act: Callable[[Session], object]) -> Exception:
    with pytest.raises(Exception) as caught, writing(engine) as session:
        act(session)
    return caught.value


def device(**changes: object) -> list[dict[str, object]]:
    return [{"gateway": "wagate", "device": "1", **changes}]


def test_a_second_row_with_one_key_is_the_rows_fault(engine: Engine) -> None:
    def act(session: Session) -> None:
        session.execute(insert(Device), device())
        session.execute(insert(Device), device())

    assert judge(failing(engine, act)) is Fault.ROW


def test_a_missing_value_is_the_rows_fault(engine: Engine) -> None:
    error = failing(engine, lambda session: session.execute(insert(Device), device(gateway=None)))

    assert judge(error) is Fault.ROW


@pytest.mark.parametrize("value", ["a\ud800", "a\0b", "x" * 500])
def test_a_text_that_postgresql_refuses_is_the_rows_fault(
    clean_postgres: Engine, value: str
) -> None:
    error = failing(
        clean_postgres, lambda session: session.execute(insert(Device), device(device=value))
    )

    assert judge(error) is Fault.ROW


def test_a_text_that_sqlite_refuses_is_the_rows_fault(sqlite_engine: Engine) -> None:
    error = failing(
        sqlite_engine, lambda session: session.execute(insert(Device), device(name="a\ud800"))
    )

    assert judge(error) is Fault.ROW


def test_a_missing_table_is_nobodys_row(engine: Engine) -> None:
    error = failing(
        engine, lambda session: session.execute(text("INSERT INTO tidak_ada VALUES(1)"))
    )

    assert judge(error) is Fault.AWAY


def test_a_server_that_refuses_is_away() -> None:
    engine = make_engine(f"postgresql+psycopg://balas@127.0.0.1:{free_port()}/balas")

    assert judge(failing(engine, lambda session: session.execute(text("SELECT 1")))) is Fault.AWAY


def test_a_server_that_ended_the_connection_is_away(clean_postgres: Engine) -> None:
    def act(session: Session) -> None:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    assert judge(failing(clean_postgres, act)) is Fault.AWAY


def test_a_cancelled_statement_is_away(clean_postgres: Engine) -> None:
    def act(session: Session) -> None:
        session.execute(text("SET LOCAL statement_timeout = 50"))
        session.execute(text("SELECT pg_sleep(5)"))

    assert judge(failing(clean_postgres, act)) is Fault.AWAY


def test_no_free_connection_is_away(postgres_url: str) -> None:
    engine = make_engine(postgres_url, pool_size=1)
    try:
        with engine.connect(), engine.connect():
            error = failing(engine, lambda session: session.execute(text("SELECT 1")))
    finally:
        engine.dispose()

    assert judge(error) is Fault.AWAY


def test_a_deadlock_is_worth_another_try(clean_postgres: Engine) -> None:
    with writing(clean_postgres) as session:
        session.execute(text("INSERT INTO lanes VALUES (1, 0), (2, 0)"))
    errors: list[Exception] = []

    def cross(first: int, second: int) -> None:
        update = text("UPDATE lanes SET processed_events = 1 WHERE lane = :lane")
        try:
            with writing(clean_postgres) as session:
                session.execute(update, {"lane": first})
                time.sleep(0.3)
                session.execute(update, {"lane": second})
        except SQLAlchemyError as error:
            errors.append(error)

    threads = [threading.Thread(target=cross, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [judge(error) for error in errors] == [Fault.TRANSIENT]


def test_a_lock_that_does_not_come_is_worth_another_try(clean_postgres: Engine) -> None:
    def act(session: Session) -> None:
        session.execute(text("SET LOCAL lock_timeout = 50"))
        session.execute(text("LOCK TABLE lanes"))

    with writing(clean_postgres) as holder:
        holder.execute(text("LOCK TABLE lanes"))
        assert judge(failing(clean_postgres, act)) is Fault.TRANSIENT


def test_a_locked_file_is_worth_another_try(sqlite_engine: Engine) -> None:
    def act(session: Session) -> None:
        session.execute(text("INSERT INTO lanes VALUES (1, 0)"))

    other = sqlite3.connect(str(sqlite_engine.url.database), isolation_level=None)
    impatient = make_engine(str(sqlite_engine.url))
    with impatient.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    try:
        error = failing(impatient, act)
    finally:
        other.close()
        impatient.dispose()

    assert judge(error) is Fault.TRANSIENT


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_FULL, Fault.AWAY),
        (sqlite3.SQLITE_IOERR, Fault.AWAY),
        (sqlite3.SQLITE_CANTOPEN, Fault.AWAY),
        (sqlite3.SQLITE_READONLY, Fault.AWAY),
        (sqlite3.SQLITE_CORRUPT, Fault.AWAY),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Fault.TRANSIENT),
        (sqlite3.SQLITE_TOOBIG, Fault.ROW),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, Fault.ROW),
    ],
)
def test_sqlite_is_judged_by_its_code(code: int, fault: Fault) -> None:
    error = sqlite3.OperationalError("kata")
    error.sqlite_errorcode = code

    assert judge(DBAPIError("", {}, error)) is fault


def test_a_full_disk_of_postgresql_is_away() -> None:
    class Full(Exception):
        sqlstate = "53100"

    assert judge(DBAPIError("", {}, Full())) is Fault.AWAY
