"""Alerts are told: posted to an address, and written to admins through a healthy device."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, update
from structlog.testing import capture_logs

from bot.client import Client
from bot.effects import EffectKind, NewEffect, add
from bot.lanes import LANES
from bot.performing import Performer
from bot.performing.desk import Desk
from bot.rules import Shelf
from models import Alert, Device, Effect, Message, reading, writing
from tests.alerts.conftest import BOOK
from tests.making import gateways
from tests.peers import Peer, once, peer

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
BODY = {"kind": "quota.low", "state": "open", "text": "Balas: Kuota tinggal 80 dari 1000."}
SECRET = "/kait/rahasia-alamat"


class Stage:
    """A performer between a database, a file of rules and a world."""

    def __init__(self, engine: Engine, rules: Path, url: str | None) -> None:
        self.engine = engine
        self.woken: set[str] = set()
        self.waits: list[float] = []
        rules.write_text(BOOK)
        shelf = Shelf(rules)
        self.desk = Desk(
            engine=engine,
            client=Client(),
            gateways=gateways(),
            wake=self.wake,
            shelf=lambda: shelf,
            alert_url=SecretStr(url) if url else None,
        )
        with writing(engine) as session:
            now = datetime.now(UTC)
            told = {"telling": "open", "at": now.isoformat(), "count": 1, "level": 0, "number": 1}
            details = {"told": {"admin": told, "url": told}}
            session.add(Alert(kind="quota.low", opened_at=now, seen_at=now, details=details))

    def wake(self, names: set[str], *, after: float = 0.0) -> None:
        self.woken |= set(names)
        self.waits += [after] if after else []

    def tell(self, way: str, **values: Any) -> Effect:
        """Put an effect down and perform it once; return what became of it."""
        details = {"alert": 1, "number": 1, "way": way, "body": BODY, **values}
        effect = NewEffect(
            kind=EffectKind.ALERT, key="1", gateway="wagate", device="toko-1", details=details
        )
        with writing(self.engine) as session:
            add(session, [effect], now=datetime.now(UTC))
        return self.again()

    def again(self) -> Effect:
        """Perform what there is to do, due or not."""
        with writing(self.engine) as session:
            session.execute(update(Effect).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))
        performer = Performer(self.desk)
        for lane in range(LANES):
            performer.perform(lane)
        assert performer.finish(seconds=10)
        with reading(self.engine) as session:
            return session.scalars(select(Effect)).one()

    def messages(self) -> list[Message]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Message)))


@pytest.fixture
def listener() -> Iterator[Peer]:
    with peer(once(OK)) as running:
        yield running


@pytest.fixture
def stage(engine: Engine, tmp_path: Path, listener: Peer) -> Stage:
    return Stage(engine, tmp_path / "rules.yaml", listener.url + SECRET)


def put_device(engine: Engine, **values: Any) -> None:
    with writing(engine) as session:
        session.add(Device(**{"gateway": "wagate", "device": "toko-2", "pauses": 0, **values}))


def tell_anew(engine: Engine, way: str) -> None:
    """Let there be a newer telling of the alert in one way."""
    with writing(engine) as session:
        row = session.get_one(Alert, 1)
        told = row.details["told"]
        row.details = {"told": {**told, way: {**told[way], "number": 2}}}


def test_posts_an_alert_as_json(stage: Stage, listener: Peer) -> None:
    effect = stage.tell("url")

    assert effect.done_at is not None
    assert effect.error is None
    [request] = listener.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST " + SECRET.encode())
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body) == BODY


@pytest.mark.parametrize("status", ["429 Slow Down", "500 Oops", "503 Away"])
def test_posts_again_where_that_may_help(stage: Stage, listener: Peer, status: str) -> None:
    listener.script = once(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    effect = stage.tell("url")
    listener.script = once(OK)

    assert effect.done_at is None
    assert stage.again().done_at is not None
    assert len(listener.requests) == 2


@pytest.mark.parametrize("status", ["302 Found", "401 No", "404 Nowhere"])
def test_posts_no_more_where_nobody_listens(stage: Stage, listener: Peer, status: str) -> None:
    listener.script = once(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    effect = stage.tell("url")

    assert effect.done_at is not None
    assert effect.error == f"Rejected: ALERT_URL answers {status[:3]}"


def test_the_address_is_in_no_log_and_no_row(engine: Engine, tmp_path: Path) -> None:
    stage = Stage(engine, tmp_path / "rules.yaml", f"http://sandi-url@127.0.0.1:9{SECRET}")
    with capture_logs() as logs:
        effect = stage.tell("url")

    assert effect.error is not None
    for word in ("rahasia-alamat", "sandi-url"):
        assert word not in f"{logs} {effect.error} {effect.details} {stage.desk}"


def test_an_address_that_is_dead_is_logged_once(engine: Engine, tmp_path: Path) -> None:
    stage = Stage(engine, tmp_path / "rules.yaml", "http://127.0.0.1:9/")
    with capture_logs() as logs:
        effect = stage.tell("url")
        stage.again()

    [warning] = [line for line in logs if line["event"] == "an alert is not told yet"]
    assert {
        name: warning[name] for name in ("log_level", "way", "alert", "reason", "attempts")
    } == {
        "log_level": "warning",
        "way": "url",
        "alert": 1,
        "reason": "Unreachable",
        "attempts": 1,
    }
    assert effect.error == "Unreachable: no connection to the address (NewConnectionError)"


def test_writes_to_the_admin_through_a_device_that_is_well(stage: Stage) -> None:
    put_device(stage.engine)

    effect = stage.tell("admin", admin="pemilik")

    [message] = stage.messages()
    assert effect.done_at is not None
    assert (message.gateway, message.device) == ("wagate", "toko-2")
    assert message.text == BODY["text"]
    assert (message.alert_id, message.automatic, message.event_id) == (1, False, None)
    assert message.expires_at == message.created_at + timedelta(hours=6)
    assert f"outbox:{message.lane}" in stage.woken


def test_waits_ever_longer_for_a_device_that_is_well(stage: Stage) -> None:
    put_device(stage.engine, state="disconnected")
    with capture_logs() as logs:
        stage.tell("admin", admin="pemilik")
        for _ in range(9):
            stage.again()

    assert stage.waits == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    [warning] = [line for line in logs if line["event"] == "an alert is not told yet"]
    assert warning["reason"] == "no device is fit to tell an admin"
    assert stage.messages() == []


def test_is_told_as_soon_as_a_device_is_well(stage: Stage) -> None:
    stage.tell("admin", admin="pemilik")
    put_device(stage.engine)

    assert stage.again().done_at is not None
    assert len(stage.messages()) == 1


def test_an_admin_hears_only_the_latest_of_an_alert(stage: Stage) -> None:
    put_device(stage.engine)
    tell_anew(stage.engine, "admin")

    assert stage.tell("admin", admin="pemilik").done_at is not None
    assert stage.messages() == []


def test_an_admin_hears_what_only_the_address_was_told_more_of(stage: Stage) -> None:
    put_device(stage.engine)
    tell_anew(stage.engine, "url")

    stage.tell("admin", admin="pemilik")

    assert len(stage.messages()) == 1


def test_what_is_posted_at_the_first_try_keeps_its_order(stage: Stage, listener: Peer) -> None:
    tell_anew(stage.engine, "url")

    stage.tell("url")

    assert len(listener.requests) == 1


def test_what_could_not_be_posted_is_not_posted_after_something_newer(
    stage: Stage, listener: Peer
) -> None:
    listener.script = once(b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n")
    stage.tell("url")
    tell_anew(stage.engine, "url")

    assert stage.again().done_at is not None
    assert len(listener.requests) == 1


@pytest.mark.parametrize("admin", ["mantan", ""])
def test_who_is_no_admin_any_more_is_not_told(stage: Stage, admin: str) -> None:
    put_device(stage.engine)

    effect = stage.tell("admin", admin=admin)

    assert effect.done_at is not None
    assert effect.error is not None
    assert stage.messages() == []


def test_an_alert_of_yesterday_wakes_nobody(stage: Stage) -> None:
    stage.tell("admin", admin="pemilik")
    put_device(stage.engine)
    with writing(stage.engine) as session:
        long_ago = datetime.now(UTC) - timedelta(hours=25)
        session.execute(update(Effect).values(created_at=long_ago))

    assert stage.again().error == "too old to be of use"
    assert stage.messages() == []
