"""A performer that asks what belongs to the user: an address, a task, a listener."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, update

from bot.client import Client
from bot.effects import EffectKind, NewEffect, add
from bot.extend import beside
from bot.inbox.parts import read_payload
from bot.lanes import LANES, lane_of
from bot.performing import Performer
from bot.performing.desk import Desk
from bot.rules import Shelf
from bot.rules.occasion import Occasion
from bot.signing import read_keys
from models import Effect, Event, reading, writing

PLACE = ("wagate", "toko-1", "6281200000017")
SECRET = "/kait/rahasia-alamat"
RULES = """
version: 1
settings: {module: toko}
rules: [{id: resi, match: {exact: resi}, reply: sebentar}]
"""
BODY = Occasion(
    event="message.received",
    rule="resi",
    now=datetime(2026, 3, 4, 9, 0, tzinfo=UTC),
    gateway="wagate",
    device="toko-1",
    address="6281200000017",
    text="resi JP123 🙏",
    message_id="M1",
).as_json()


def answering(body: bytes, kind: str = "application/json", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def saying(answer: object) -> bytes:
    return answering(json.dumps(answer).encode())


class Stage:
    """A performer between a database, a module of the user's and an address."""

    def __init__(self, engine: Engine, folder: Path, url: str, keys: str = "") -> None:
        self.engine, self.url = engine, url
        self.woken: set[str] = set()
        self.waits: list[float] = []
        self.module = folder / "toko.py"
        self.rules = folder / "rules.yaml"
        self.keys = read_keys(keys)
        self.write('@task("resi")\ndef receipt(occasion): return "sampai " + occasion.text')

    def write(self, module: str) -> None:
        """Let this be the user's module."""
        self.module.write_text(f"from bot.extend import *\n{module}\n")
        self.rules.write_text(RULES)
        shelf = Shelf(self.rules, extend=beside(self.rules))
        self.desk = Desk(
            engine=self.engine,
            client=Client(),
            gateways={},
            wake=self.wake,
            shelf=lambda: shelf,
            signing_keys=self.keys,
        )

    def wake(self, names: set[str], *, after: float = 0.0) -> None:
        self.woken |= set(names)
        self.waits += [after] if after else []

    def ask(self, **values: Any) -> Effect:
        """Ask the address once; return what became of it."""
        details = {"url": self.url, "timeout": 5, **values}
        return self._put(EffectKind.ASK_ADDRESS, details)

    def run(self, name: str = "resi") -> Effect:
        """Run the task once; return what became of it."""
        return self._put(EffectKind.RUN_TASK, {"name": name})

    def tell(self, name: str, event: str = "message.received") -> Effect:
        """Tell a listener once; return what became of it."""
        return self._put(EffectKind.TELL_LISTENER, {"name": name, "body": {**BODY, "event": event}})

    def again(self) -> Effect:
        """Perform what there is to do, due or not."""
        with writing(self.engine) as session:
            session.execute(update(Effect).values(due_at=datetime.now(UTC) - timedelta(seconds=1)))
        performer = Performer(self.desk)
        for lane in range(LANES):
            performer.perform(lane)
        assert performer.finish(seconds=20)
        with reading(self.engine) as session:
            return session.scalars(select(Effect)).one()

    def change(self, **values: Any) -> None:
        """Change the effect in the database."""
        with writing(self.engine) as session:
            session.execute(update(Effect).values(**values))

    def heard(self) -> list[dict[str, Any]]:
        """Return what the conversation hears."""
        with reading(self.engine) as session:
            events = session.scalars(select(Event).order_by(Event.id)).all()
            for event in events:
                assert event.kind == "effect.done"
                assert (event.gateway, event.device, event.address) == PLACE
                assert event.lane == lane_of(*PLACE)
                assert event.processed_at is None
            return [json.loads(read_payload(session, event)) for event in events]

    def _put(self, kind: EffectKind, details: dict[str, Any]) -> Effect:
        gateway, device, address = PLACE
        effect = NewEffect(
            kind=kind,
            key="1:0",
            gateway=gateway,
            device=device,
            address=address,
            details={"body": BODY, "place": "resi", "rule": "resi", **details},
        )
        with writing(self.engine) as session:
            add(session, [effect], now=datetime.now(UTC))
        return self.again()


def error_of(effect: Effect) -> str:
    assert effect.done_at is not None
    assert effect.error is not None
    return effect.error
