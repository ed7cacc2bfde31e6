"""A task of the user's own, from the message that asks for it to what is said in the end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from bot.client import Client
from bot.effects import TASK_KINDS
from bot.extend import beside
from bot.inbox.fold import Responder
from bot.lanes import LANES
from bot.performing import Performer
from bot.performing.desk import Desk
from bot.rules import Shelf
from models import Effect, writing
from tests.making import arrivals, gateways, outgoing, process_all, receive

RULES = """
version: 1
settings: {module: toko}
rules:
  - id: cari
    match: {words: cari}
    reply: Sebentar.
    call: {name: cari, on_error: {reply: "Maaf {{ contact.name }}, nanti kami kabari."}}
"""
TASK = """
from bot.extend import task

@task("cari")
def look(occasion):
    %s
"""


class Shop:
    """An inbox and a performer with one module."""

    def __init__(self, engine: Engine, folder: Path, code: str) -> None:
        (folder / "toko.py").write_text(TASK % code)
        path = folder / "rules.yaml"
        path.write_text(RULES)
        shelf = Shelf(path, extend=beside(path))
        self.engine = engine
        self.who = Responder(book=shelf.book, gateways=gateways())
        self.desk = Desk(
            engine=engine,
            client=Client(),
            gateways={},
            wake=lambda *_, **__: None,
            shelf=lambda: shelf,
        )

    def hear(self, text: str) -> list[str]:
        """Let a text come in, run its task until it is done, and return what was said."""
        receive(self.engine, arrivals("wagate", text=text, name="Siti"))
        process_all(self.engine, self.who)
        for _ in range(3):
            self._perform()
        process_all(self.engine, self.who, now=datetime.now(UTC) + timedelta(seconds=1))
        return [message.text for message in outgoing(self.engine)]

    def _perform(self) -> None:
        now = datetime.now(UTC)
        with writing(self.engine) as session:
            session.execute(
                update(Effect)
                .where(Effect.kind.in_(TASK_KINDS))
                .values(created_at=now, due_at=now - timedelta(seconds=1))
            )
        performer = Performer(self.desk)
        for lane in range(LANES):
            performer.perform(lane)
        assert performer.finish(seconds=10)


def test_what_a_task_returns_is_said(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path, "return occasion.text + ' ada'")

    assert shop.hear("cari topi") == ["Sebentar.", "cari topi ada"]


@pytest.mark.parametrize(
    "code",
    ["raise KeyError(occasion.text)", "import sys; sys.exit(1)", "return object()"],
    ids=["raises", "ends", "returns what cannot be said"],
)
def test_when_a_task_fails_its_on_error_is_said(engine: Engine, tmp_path: Path, code: str) -> None:
    shop = Shop(engine, tmp_path, code)

    assert shop.hear("cari topi") == ["Sebentar.", "Maaf Siti, nanti kami kabari."]
