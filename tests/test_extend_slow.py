"""Code of the user's own that is not quick: its event fails, and its lane goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from bot.extend import beside
from bot.inbox import pace
from bot.inbox.fold import Responder
from bot.rules import load
from tests.making import all_events, arrivals, gateways, outgoing, process_all, receive

RULES = """
version: 1
settings: {module: toko, loop_guard: {replies: 100, within: 1m, pause: 30m}}
rules: [{id: cari, match: {starts: cari}, call: cari}]
fallback: {reply: "balas {{ message.text }}"}
"""
MODULE = """
import time
from bot.extend import action

@action("cari")
def look(occasion):
    time.sleep(float(occasion.text.split()[1]))
    return "ketemu"
"""
SENDER = "6281200000042"


@pytest.fixture
def hasty(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Give a database that soon ends a connection on which nothing is said, as it does in time."""
    monkeypatch.setattr(pace, "TURN_SECONDS", 0.6)
    if engine.dialect.name == "sqlite":
        yield engine
        return
    options = {"options": "-c idle_in_transaction_session_timeout=900ms"}
    hasty = create_engine(engine.url, connect_args=options, pool_pre_ping=True)
    yield hasty
    hasty.dispose()


@pytest.fixture
def who(tmp_path: Path) -> Responder:
    (tmp_path / "toko.py").write_text(MODULE)
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return Responder(book=load(path, extend=beside(path)), gateways=gateways())


def receive_texts(engine: Engine, *texts: str) -> None:
    for text in texts:
        receive(engine, arrivals("wagate", text=text, sender=SENDER, message_id=f"M-{text}"))


@pytest.mark.parametrize("seconds", [0.7, 1.2], ids=["slow", "connection lost"])
def test_what_takes_too_long_fails_its_own_event_only(
    hasty: Engine, who: Responder, seconds: float
) -> None:
    receive_texts(hasty, "satu", f"cari {seconds}", "dua")

    process_all(hasty, who)

    assert [message.text for message in outgoing(hasty)] == ["balas satu", "balas dua"]
    first, slow, last = (event.error for event in all_events(hasty))
    assert (first, last) == (None, None)
    assert (slow or "").startswith("TooSlow: it took ")


def test_those_that_are_slow_together_are_each_in_time(hasty: Engine, who: Responder) -> None:
    texts = [f"cari 0.3{number}" for number in range(3)]
    receive_texts(hasty, *texts)

    process_all(hasty, who)

    assert [message.text for message in outgoing(hasty)] == ["ketemu"] * 3
    assert [event.error for event in all_events(hasty)] == [None] * 3
