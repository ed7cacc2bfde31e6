"""A shop of the examples at work: a real inbox, performer and network, on this machine."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlalchemy import Engine

from bot.client import Client
from bot.extend import beside
from bot.inbox.fold import Responder
from bot.lanes import LANES
from bot.performing import Performer
from bot.performing.desk import Desk
from bot.rules import Shelf
from bot.signing import read_keys
from models import Message
from tests.making import arrivals, gateways, outgoing, process_all, receive

EXAMPLES = Path(__file__).parents[2] / "examples"


class Town:
    """Somebody writes to a shop with these rules."""

    def __init__(self, engine: Engine, rules: Path, *, key: str = "") -> None:
        self._engine = engine
        self._shelf = Shelf(rules, extend=beside(rules))
        self._gateways = gateways()
        self._desk = Desk(
            engine=engine,
            client=Client(),
            gateways=self._gateways,
            wake=lambda *_, **__: None,
            shelf=lambda: self._shelf,
            signing_keys=read_keys(key),
        )
        self._numbers = count(1)

    def say(self, text: str, *, sender: str = "6281200000017") -> list[Message]:
        """Let a text come in, do everything that it leads to, and return the new messages."""
        before = len(outgoing(self._engine))
        given = {"text": text, "sender": sender, "message_id": f"M{next(self._numbers)}"}
        receive(self._engine, arrivals("wagate", now=datetime.now(UTC), **given))
        self._process()
        performer = Performer(self._desk)
        for lane in range(LANES):
            performer.perform(lane)
        assert performer.finish(seconds=20)
        self._process()
        return outgoing(self._engine)[before:]

    def _process(self) -> None:
        who = Responder(book=self._shelf.book, gateways=self._gateways)
        process_all(self._engine, who, now=datetime.now(UTC))
