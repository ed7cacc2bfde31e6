"""The examples do what they say: with a real database, a real service and a real inbox."""

import json
import runpy
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from werkzeug.serving import make_server

from bot.extend.testing import Conversation
from bot.rehearsal import run_all
from models import Conversation as ConversationRow
from models import reading
from tests.examples.town import EXAMPLES, Town

KEY = "kunci-bersama-yang-panjang"
ADDRESS = "http://127.0.0.1:5001"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "toko.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((EXAMPLES / "order-status" / "orders.sql").read_text())
    monkeypatch.setenv("SHOP_DATABASE", str(file))
    return file


@pytest.fixture
def orders_town(engine: Engine, orders: Path) -> Town:
    return Town(engine, EXAMPLES / "order-status" / "rules.yaml")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the service of the example, and give its address."""
    monkeypatch.setenv("HTTP_SIGNING_SECRET", KEY)
    app: Flask = runpy.run_path(str(EXAMPLES / "stock-over-http" / "service.py"))["app"]
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def stock_town(engine: Engine, folder: Path, address: str, *, key: str = KEY) -> Town:
    """Return the shop of the example, which asks at another address."""
    text = (EXAMPLES / "stock-over-http" / "rules.yaml").read_text()
    assert ADDRESS in text
    (folder / "rules.yaml").write_text(text.replace(ADDRESS, address))
    return Town(engine, folder / "rules.yaml", key=key)


def test_an_order_is_looked_up_in_the_database(orders_town: Town) -> None:
    [message] = orders_town.say("Pesanan INV-1007 sampai mana kak?")

    assert message.text == "Pesanan INV-1007 sudah dikirim. Nomor resi:\n\nJP1234567890"
    assert (message.rule, message.automatic) == ("lacak", True)


def test_an_order_of_somebody_else_is_not_told(orders_town: Town) -> None:
    [message] = orders_town.say("lacak INV-1007", sender="6281200000099")

    assert message.text == "Pesanan INV-1007 tidak kami temukan untuk nomor WhatsApp ini."


def test_a_database_that_is_away_says_nothing_and_makes_no_file(
    orders_town: Town, orders: Path
) -> None:
    orders.unlink()

    assert orders_town.say("lacak INV-1007") == []
    assert not orders.exists()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("stok kopi", "Kopi masih ada 12. Mau pesan?"),
        ("teh masih ada?", "Teh sedang habis."),
        ("stok sabun", "Sabun tidak kami jual."),
    ],
)
def test_the_stock_is_asked_at_the_service(
    engine: Engine, tmp_path: Path, service: str, text: str, answer: str
) -> None:
    [message] = stock_town(engine, tmp_path, service).say(text)

    assert message.text.startswith(answer)


def test_a_button_of_the_service_can_be_pressed(
    engine: Engine, tmp_path: Path, service: str
) -> None:
    town = stock_town(engine, tmp_path, service)
    town.say("stok kopi")

    # WAGate has no buttons, so they are numbers.
    [message] = town.say("1")

    assert message.rule == "pesan"


def test_the_service_tags_the_contact(engine: Engine, tmp_path: Path, service: str) -> None:
    stock_town(engine, tmp_path, service).say("stok teh")

    with reading(engine) as session:
        [row] = session.scalars(select(ConversationRow))
    assert row.state["tags"] == ["menunggu-teh"]


@pytest.mark.parametrize("key", ["", "kunci-lain"])
def test_the_service_answers_nobody_without_its_key(
    engine: Engine, tmp_path: Path, service: str, key: str
) -> None:
    [message] = stock_town(engine, tmp_path, service, key=key).say("stok kopi")

    assert message.text == "Maaf, stok belum bisa dicek. Coba beberapa saat lagi ya."


def test_the_key_may_be_changed_on_one_side_first(
    engine: Engine, tmp_path: Path, service: str
) -> None:
    [message] = stock_town(engine, tmp_path, service, key=f"kunci-baru,{KEY}").say("stok kopi")

    assert message.text.startswith("Kopi masih ada 12.")


@pytest.mark.parametrize("name", ["order-status", "stock-over-http"])
def test_the_tests_in_the_files_pass(name: str, orders: Path) -> None:
    book = Conversation(EXAMPLES / name / "rules.yaml").rehearsal.book

    outcomes = list(run_all(book))
    assert outcomes
    assert [outcome for outcome in outcomes if not outcome.passed] == []


def test_the_sample_in_the_readme_has_the_shape_of_what_is_sent(
    engine: Engine, tmp_path: Path, service: str
) -> None:
    readme = (EXAMPLES / "stock-over-http" / "README.md").read_text()
    shown: dict[str, Any] = json.loads(readme.partition("```json\n")[2].partition("```")[0])
    town = Conversation(
        EXAMPLES / "stock-over-http" / "rules.yaml",
        answers={f"{ADDRESS}/stock": {"reply": "ada"}},
    )
    town.say("stok kopi")

    assert town.heard
    sent = town.heard.effects[0].body  # type: ignore[attr-defined] # an HttpCall
    assert sent.keys() == shown.keys()
    for part in ("contact", "message", "captured"):
        assert sent[part].keys() == shown[part].keys()
