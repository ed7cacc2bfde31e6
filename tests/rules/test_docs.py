"""The examples in docs/rules.md are files that work, and say what the page says."""

import re
from pathlib import Path

import pytest

from bot.rules import read
from bot.rules.filters import FILTERS
from bot.rules.schema import EVENTS, Condition, Match, Rule, Settings
from tests.rules.playing import Chat, texts

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_good_file(example: str) -> None:
    assert read(example, "docs/rules.md").rules


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("Harganya berapa kak?", ["Harga produk Toko Melati Abadi mulai dari Rp 50.000."]),
        ("HRG?", ["Harga produk Toko Melati Abadi mulai dari Rp 50.000."]),
        ("kami menghargai Anda", ["Terima kasih, CS kami akan segera merespon."]),
        ("makasih ya", []),
    ],
)
def test_the_first_file_makes_the_conversation_of_the_page(said: str, answered: list[str]) -> None:
    assert said in PAGE
    assert texts(Chat(read(EXAMPLES[0])).say(said)) == answered


@pytest.mark.parametrize(
    "word",
    [
        *EVENTS,
        *(name for name in FILTERS if name not in ("d", "count")),
        *(
            field.alias or name
            for model in (Settings, Match, Condition, Rule)
            for name, field in model.model_fields.items()
        ),
    ],
)
def test_the_page_names_everything_that_there_is(word: str) -> None:
    assert re.search(rf"`{re.escape(word)}\b", PAGE)
