"""The examples in docs/rules.md are files that work, and say what the page says."""

import re
from pathlib import Path

import pytest

from bot.content import choices_of, text_of
from bot.events import Button, Kind, MessageType
from bot.gateways import GATEWAYS
from bot.outbox.adapt import adapt
from bot.rules import Handover, Notify, read
from bot.rules.filters import FILTERS
from bot.rules.names import NAMES
from bot.rules.schema import EVENTS, Condition, Match, Rule, Settings, Takeover
from bot.rules.schema import Handover as HandoverAction
from bot.rules.schema_says import Listing, Media, Row, Says, Section
from tests.rules.playing import Chat, texts

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_good_file(example: str) -> None:
    rules = read(example, "docs/rules.md")

    assert rules.rules or rules.event_rules


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


def test_the_menu_of_the_page_looks_as_the_page_says() -> None:
    rules = next(read(example) for example in EXAMPLES if "btn_order" in example)
    [conversation] = re.findall(r"```text\n(Siti:  halo\n.*?)```", PAGE, re.DOTALL)
    chat = Chat(rules)

    [menu] = chat.say("halo").replies
    [words] = adapt(menu.content, GATEWAYS["wagate"].capabilities)
    shown = text_of(words).replace("\n", "\n       ").replace("       \n", "\n")
    assert conversation == f"Siti:  halo\nBalas: {shown}\nSiti:  2\n"
    pressed = Button(id=choices_of(words)[1].id)
    assert texts(chat.say(type=MessageType.BUTTON, button=pressed)) == ["Mau kopi yang mana?"]


def test_the_page_hands_a_customer_over() -> None:
    rules = next(read(example) for example in EXAMPLES if "komplain" in example)

    effects = Chat(rules).say("saya kecewa").effects

    assert [type(effect) for effect in effects] == [Handover, Notify]


@pytest.mark.parametrize("event", EVENTS)
def test_the_page_names_what_each_event_tells(event: str) -> None:
    [row] = [line for line in PAGE.splitlines() if re.match(rf"\|[^|]*`{event}`", line)]
    told = {name for name in NAMES[Kind(event)] if name not in ("device", "gateway")}

    assert all(f"`{name}" in row.split("|")[3] for name in told)


def test_the_limits_of_the_page_are_those_of_meta() -> None:
    limits = GATEWAYS["meta"].capabilities
    rows = dict(re.findall(r"^\| ([a-z, ]+) \| (\d[^|]*) \|", PAGE, re.MULTILINE))

    assert {name: [int(n) for n in re.findall(r"\d+", cell)] for name, cell in rows.items()} == {
        "buttons": [limits.buttons, limits.button_title_limit],
        "rows of a list": [limits.rows, limits.row_title_limit, limits.row_description_limit],
        "text above buttons, above a list": [limits.buttons_text_limit, limits.list_text_limit],
        "label": [limits.list_label_limit],
        "header, footer": [limits.header_limit],
        "caption": [limits.caption_limit],
    }


@pytest.mark.parametrize(
    "word",
    [
        *EVENTS,
        *(name for name in FILTERS if name not in ("d", "count")),
        *(
            field.alias or name
            for model in (
                *(Settings, Takeover, Match, Condition, Rule, HandoverAction),
                *(Says, Listing, Section, Row, Media),
            )
            for name, field in model.model_fields.items()
        ),
    ],
)
def test_the_page_names_everything_that_there_is(word: str) -> None:
    assert re.search(rf"`{re.escape(word)}\b", PAGE)
