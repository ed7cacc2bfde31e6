"""The queries that run all the time use the indexes that were made for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, select, text

from bot.alerts.look import look_at_events, look_at_messages
from bot.inbox.conversations import ensure_conversation
from bot.inbox.due import read_due
from bot.inbox.parts import sweep_orphans
from bot.outbox.claim import claim
from bot.outbox.sweep import waiting_lanes
from models import Message, Record, reading, writing

NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture
def history(engine: Engine) -> Engine:
    """Give a database with a long history and a short queue, and what it knows about them."""
    with writing(engine) as session:
        conversations = [
            ensure_conversation(session, ("wagate", "wa-1", f"628{number}"), now=NOW)
            for number in range(20)
        ]
        rows = [
            {
                "conversation_id": conversations[number % 20],
                "gateway": "wagate",
                "device": "wa-1",
                "lane": number % 16,
                "direction": "out",
                "kind": "text",
                "status": "queued" if number > 3950 else "sent",
                "created_at": NOW,
                "due_at": NOW,
            }
            for number in range(4000)
        ]
        session.execute(insert(Message), rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return engine


def plan(engine: Engine, run: Any) -> str:
    """Return how the database would run the statements that `run` makes."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        with reading(engine) as session:
            run(session)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    lines = []
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Small tables are scanned whatever indexes there are; and psycopg in time prepares
            # these statements, whose plans then know no parameters.
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET plan_cache_mode = force_generic_plan"))
        for statement, parameters in statements:
            lines += [
                str(row) for row in connection.exec_driver_sql(explain + statement, parameters)
            ]
        connection.rollback()
    return "\n".join(lines)


def test_a_lane_finds_its_open_events_by_index(engine: Engine) -> None:
    found = plan(engine, lambda session: read_due(session, 3, now=NOW, limit=100))
    assert "ix_events_open" in found


def test_an_orphaned_part_is_looked_for_by_index(engine: Engine) -> None:
    found = plan(engine, lambda _: sweep_orphans(engine, now=NOW))
    assert "ix_events_body" in found


def test_a_claim_finds_queued_messages_and_what_blocks_them_by_index(history: Engine) -> None:
    found = plan(
        history, lambda _: claim(history, 3, free=2, per_device=2, now=NOW - timedelta(days=1))
    )
    assert "ix_messages_queued" in found
    assert "ix_messages_unsettled" in found


def test_the_sweep_looks_only_at_queued_messages(engine: Engine) -> None:
    found = plan(engine, lambda session: waiting_lanes(session, now=NOW))
    assert "ix_messages_queued" in found


def test_alerts_are_looked_for_by_index(history: Engine) -> None:
    found = plan(
        history,
        lambda session: [*look_at_messages(session, now=NOW), *look_at_events(session)],
    )
    for name in ("ix_messages_dead", "ix_messages_failed", "ix_messages_held", "ix_events_failed"):
        assert name in found


def test_the_records_of_a_kind_are_found_by_index(engine: Engine) -> None:
    query = select(Record).where(Record.kind == "order", Record.id > 7).order_by(Record.id)
    found = plan(engine, lambda session: session.execute(query.limit(500)).all())
    assert "ix_records_kind" in found


@pytest.mark.parametrize("name", ["ix_events_open", "ix_messages_queued", "ix_messages_unsettled"])
def test_the_indexes_hold_only_what_is_open(engine: Engine, name: str) -> None:
    source = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = :name",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = :name",
    }
    with engine.connect() as connection:
        definition = connection.scalar(text(source[engine.dialect.name]), {"name": name})
    assert "WHERE" in str(definition)
