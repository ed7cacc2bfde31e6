"""What a contact hears of orders. Run it with: pytest examples/order-status"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.extend.testing import answers, conversation, rules_file, say

__all__ = ["answers", "conversation", "rules_file", "say"]


@pytest.fixture(autouse=True)
def orders(tmp_path, monkeypatch):
    file = tmp_path / "toko.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(Path(__file__).with_name("orders.sql").read_text())
    monkeypatch.setenv("SHOP_DATABASE", str(file))


def test_tells_that_an_order_is_on_its_way(say):
    text, receipt = say("pesanan INV-1007 sampai mana?")[0].split("\n\n")

    assert text == "Pesanan INV-1007 sudah dikirim. Nomor resi:"
    assert receipt == "JP1234567890"


@pytest.mark.parametrize("text", ["lacak inv-1008", "Pesanan INV-1008.", "pesanan inv-1008 kak"])
def test_reads_a_number_however_it_is_written(say, text):
    assert "INV-1008 sudah kami terima pembayarannya" in say(text)[0]


def test_tells_nobody_of_the_orders_of_others(say):
    assert say("lacak INV-1009") == [
        "Pesanan INV-1009 tidak kami temukan untuk nomor WhatsApp ini."
    ]


def test_asks_for_the_number(say):
    assert "nomornya" in say("pesanan")[0]
