"""A process that is killed while it keeps a large webhook leaves it whole, or nothing lasting."""

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from bot.inbox.append import insert_large
from bot.inbox.parts import read_payload, sweep_orphans
from models import Event, EventPart, reading
from tests.making import arrivals

ROOT = Path(__file__).parents[2]
SIZE = 24 * 1024 * 1024
# Keeps one large webhook again and again, each under an id of its own, and says how far it is.
KEEP = """
import sys
from dataclasses import replace
from bot.inbox.append import insert_large
from models import make_engine
from tests.making import arrivals

engine = make_engine(sys.argv[1])
payload = b"x" * int(sys.argv[2])
print("begins", flush=True)
for number in range(1000):
    row = replace(arrivals(message_id=f"{sys.argv[3]}-{number}")[0], payload=payload)
    insert_large(engine, [row])
    print("kept", flush=True)
"""


def test_a_kill_leaves_whole_events_and_orphans_that_go_away(
    engine: Engine, database_url: str
) -> None:
    for tag, events, seconds in (("a", 0, 0.05), ("b", 0, 0.2), ("c", 1, 0.1), ("d", 2, 0.3)):
        keep_and_be_killed(database_url, tag, after=seconds, events=events)

    with reading(engine) as session:
        kept = session.scalars(select(Event)).all()
        sizes = {len(read_payload(session, event)) for event in kept}
    assert len(kept) >= 3
    assert sizes == {SIZE}

    # The gateway got no 200 for what was under way, and sends it again.
    for tag in "abcd":
        number = sum(event.key.startswith(f"message:{tag}-") for event in kept)
        [row] = arrivals(message_id=f"{tag}-{number}")
        assert insert_large(engine, [row]) == 1

    sweep_orphans(engine, now=datetime.now(UTC) + timedelta(hours=2))
    with reading(engine) as session:
        bodies = set(session.scalars(select(EventPart.body_id)))
        named = set(session.scalars(select(Event.body_id).where(Event.body_id.is_not(None))))
        assert bodies == named
        assert session.scalar(select(func.count()).select_from(Event)) == len(kept) + 4


def keep_and_be_killed(database_url: str, tag: str, *, events: int, after: float) -> None:
    """Start a process that keeps large webhooks, and kill it a while after it has kept some."""
    process = subprocess.Popen(
        [sys.executable, "-c", KEEP, database_url, str(SIZE), tag],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"begins\n"
        assert [process.stdout.readline() for _ in range(events)] == [b"kept\n"] * events
        time.sleep(after)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    # PostgreSQL carries out what it was told, and then finds out that nobody is there any more.
    time.sleep(0.3)
