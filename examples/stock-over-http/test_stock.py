"""What a contact hears of the stock. Run it with: pytest examples/stock-over-http"""

import pytest

from bot.extend.testing import FAILS, answers, conversation, rules_file, say

__all__ = ["answers", "conversation", "rules_file", "say"]

URL = "http://127.0.0.1:5001/stock"


@pytest.fixture
def answers():
    # The same object, so that a test may change what the service answers.
    return {URL: {"reply": "Kopi masih ada 12. Mau pesan?"}}


@pytest.mark.parametrize("text", ["stok kopi", "kopi masih ada?"])
def test_says_what_the_service_answers(say, text):
    assert say(text) == ["Kopi masih ada 12. Mau pesan?"]


def test_says_that_the_service_is_away(say, answers):
    answers[URL] = FAILS

    assert "belum bisa dicek" in say("stok kopi")[0]


def test_tells_the_service_what_was_asked_for(conversation):
    conversation.say("stok Kopi")

    [asked] = conversation.heard.effects
    assert asked.body["captured"] == {"barang": "Kopi"}
