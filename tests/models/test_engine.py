"""Times come back aware, errors show nobody's words, and SQLite's writers take turns."""

import socket
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import SQLAlchemyError, StatementError

from bot.gateways.reading import clean
from models import Device, Event, make_engine, reading, writing
from models.engine import BUSY_SECONDS, turnstile

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 1, 4, 10, 30, 15, 123456, tzinfo=UTC)
WRITERS, WRITES = 3, 40

# What each writer does: many small transactions, as fast as it can; it prints its longest wait.
WRITER = """
import sys, time
from sqlalchemy import text
from models import make_engine, writing
engine, longest = make_engine(sys.argv[1]), 0.0
for _ in range(int(sys.argv[2])):
    started = time.monotonic()
    with writing(engine) as session:
        session.execute(text("UPDATE lanes SET processed_events = processed_events + 1"))
    longest = max(longest, time.monotonic() - started)
print(longest)
"""


def event(**changes: object) -> dict[str, object]:
    return {
        "gateway": "wagate",
        "device": "wa-melati",
        "key": "message:1",
        "kind": "message.received",
        "address": "6281200000001",
        "lane": 1,
        "payload": b"{}",
        "received_at": NOW,
        "due_at": NOW,
        **changes,
    }


def test_a_time_comes_back_as_the_same_moment_in_utc(engine: Engine) -> None:
    jakarta = NOW.astimezone(timezone(timedelta(hours=7)))
    with writing(engine) as session:
        session.execute(insert(Event), [event(occurred_at=jakarta)])

    with reading(engine) as session:
        found = session.scalars(select(Event.occurred_at)).one()

    assert found == NOW
    assert found is not None
    assert found.tzinfo is UTC


def test_times_of_several_zones_are_compared_as_moments(engine: Engine) -> None:
    with writing(engine) as session:
        session.execute(insert(Event), [event(due_at=NOW)])
    later = (NOW + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-8)))

    with reading(engine) as session:
        found = session.scalars(select(Event.id).where(Event.due_at <= later)).all()

    assert len(found) == 1


def test_refuses_a_time_without_a_zone(engine: Engine) -> None:
    naive = NOW.replace(tzinfo=None)

    with pytest.raises(StatementError, match="time zone"), writing(engine) as session:
        session.execute(insert(Event), [event(received_at=naive)])


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b", "\0", "\udfff"])
def test_a_cleaned_text_fits_into_every_column(engine: Engine, bad: str) -> None:
    with writing(engine) as session:
        session.execute(insert(Device), [{"gateway": "wagate", "device": "1", "name": clean(bad)}])

    with reading(engine) as session:
        assert session.scalars(select(Device.name)).one() == clean(bad)


def test_an_uncleaned_text_fails(engine: Engine) -> None:
    """Otherwise nothing would show that cleaning is needed."""
    with pytest.raises((SQLAlchemyError, UnicodeEncodeError)), writing(engine) as session:
        session.execute(insert(Device), [{"gateway": "wagate", "device": "1", "name": "a\ud800b"}])


def test_an_error_shows_no_values(engine: Engine) -> None:
    rows = [{"gateway": "wagate", "device": "1", "name": "kata-rahasia"}] * 2

    with pytest.raises(SQLAlchemyError) as caught, writing(engine) as session:
        session.execute(insert(Device), rows)

    assert "kata-rahasia" not in str(caught.value)
    assert "kata-rahasia" not in repr(caught.value)


def test_a_failed_writer_leaves_nothing_and_nobody_waits(engine: Engine) -> None:
    def fail() -> None:
        with writing(engine) as session:
            session.execute(insert(Event), [event()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with writing(engine) as session:
        assert session.scalars(select(Event.id)).all() == []


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_sqlite_is_durable(sqlite_engine: Engine, pragma: str, value: object) -> None:
    with reading(sqlite_engine) as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_a_reader_waits_for_no_writer(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as writer:
        writer.execute(insert(Event), [event()])
        started = time.monotonic()
        with reading(sqlite_engine) as session:
            assert session.scalars(select(Event.id)).all() == []
        assert time.monotonic() - started < 0.5


def test_a_writer_is_one_before_its_first_write(sqlite_engine: Engine) -> None:
    """Whoever reads first and writes later may be refused in between, without any waiting."""
    other = sqlite3.connect(str(sqlite_engine.url.database), timeout=0, isolation_level=None)
    try:
        with writing(sqlite_engine) as session:
            session.execute(text("SELECT 1"))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
    finally:
        other.close()


def test_writers_in_several_processes_take_turns(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        session.execute(text("INSERT INTO lanes (lane, processed_events) VALUES (1, 0)"))
    arguments = [sys.executable, "-c", WRITER, str(sqlite_engine.url), str(WRITES)]
    writers = [
        subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(WRITERS)
    ]

    longest = [float(writer.communicate(timeout=60)[0]) for writer in writers]

    with reading(sqlite_engine) as session:
        assert session.scalar(text("SELECT processed_events FROM lanes")) == WRITERS * WRITES
    assert max(longest) < BUSY_SECONDS / 4


def test_a_writer_waits_at_the_turnstile(sqlite_engine: Engine) -> None:
    write = """
import sys
from sqlalchemy import text
from models import make_engine, writing
with writing(make_engine(sys.argv[1])) as session:
    session.execute(text("SELECT 1"))
"""
    with turnstile(Path(str(sqlite_engine.url.database))):
        arguments = [sys.executable, "-c", write, str(sqlite_engine.url)]
        writer = subprocess.Popen(arguments, cwd=ROOT)
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(2)

    assert writer.wait(20) == 0


def test_nobody_starves_at_the_turnstile(tmp_path: Path) -> None:
    is_over = threading.Event()

    def crowd() -> None:
        while not is_over.is_set():
            with turnstile(tmp_path / "db"):
                time.sleep(0.005)

    threads = [threading.Thread(target=crowd) for _ in range(3)]
    for thread in threads:
        thread.start()
    waits = []
    for _ in range(20):
        started = time.monotonic()
        with turnstile(tmp_path / "db"):
            waits.append(time.monotonic() - started)
    is_over.set()
    for thread in threads:
        thread.join()

    assert max(waits) < 0.5


def test_a_killed_writer_leaves_its_place(sqlite_engine: Engine) -> None:
    stalled = """
import sys, time
from models import make_engine, writing
with writing(make_engine(sys.argv[1])) as session:
    print("in", flush=True)
    time.sleep(60)
"""
    arguments = [sys.executable, "-c", stalled, str(sqlite_engine.url)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        writer.kill()

    started = time.monotonic()
    with writing(sqlite_engine) as session:
        session.execute(insert(Event), [event()])
    assert time.monotonic() - started < 1


def test_connecting_to_a_server_that_is_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        engine = make_engine(
            f"postgresql+psycopg://balas@127.0.0.1:{listener.getsockname()[1]}/balas"
        )
        started = time.monotonic()
        with pytest.raises(SQLAlchemyError), reading(engine) as session:
            session.execute(text("SELECT 1"))

    assert time.monotonic() - started < 6
