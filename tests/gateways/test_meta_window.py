"""What goes to a contact of Meta's who has not written for 24 hours."""

from datetime import timedelta

import pytest

from bot import content
from bot.config import ConfigError
from bot.gateway_settings import read_gateways
from bot.gateways.meta import Meta
from bot.gateways.meta.window import PARAMETER_LIMIT
from tests.gateways.contract import account_of

DEVICE = "106540000000011"
CHOICE = content.Choice(id="ya", title="Ya")
ANYTHING: list[content.Content] = [
    content.Text(text="Pesanan siap"),
    content.Media(kind="image", text="Menu", link="https://toko.example/menu.jpg"),
    content.Location(latitude=-6.2, longitude=106.8),
    content.Contacts(cards=(content.Card(name="Sari"),)),
    content.Buttons(text="Jadi?", buttons=(CHOICE,)),
    content.Listing(text="Apa?", label="Menu", sections=(content.Section(rows=(CHOICE,)),)),
]


def meta(**fields: str) -> Meta:
    return Meta([account_of("meta", "rahasia", access_token="token", **fields)])


def takes_text(template: str = "kabar/id") -> Meta:
    return meta(window_template=template, window_template_text="true")


def test_without_a_template_nothing_goes() -> None:
    assert [meta().outside_window(DEVICE, said) for said in ANYTHING] == [None] * len(ANYTHING)


def test_a_template_without_a_parameter_stands_for_anything() -> None:
    template = content.Template(name="kabar_baru", language="pt_BR")

    found = [meta(window_template="kabar_baru/pt_BR").outside_window(DEVICE, s) for s in ANYTHING]

    assert found == [template] * len(ANYTHING)


def test_nobody_is_told_of_a_reaction_by_a_template() -> None:
    reaction = content.Reaction(message_id="wamid.A", emoji="👍")

    assert meta(window_template="kabar/id").outside_window(DEVICE, reaction) is None


def test_a_template_that_takes_a_text_stands_for_texts_alone() -> None:
    found = [takes_text().outside_window(DEVICE, said) for said in ANYTHING]

    template = content.Template(name="kabar", language="id", parameters=("Pesanan siap",))
    assert found == [template] + [None] * (len(ANYTHING) - 1)


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("Pesanan siap.\n\n\tTotal:     Rp 50.000 \r\n", "Pesanan siap. Total: Rp 50.000"),
        ("a" * PARAMETER_LIMIT, "a" * PARAMETER_LIMIT),
        ("a" * PARAMETER_LIMIT + "b", "a" * (PARAMETER_LIMIT - 1) + "…"),
        ("kata " * 1000, ("kata " * 205)[:1023].rstrip() + "…"),
    ],
)
def test_a_text_becomes_one_line_that_meta_takes(text: str, parameter: str) -> None:
    found = takes_text().outside_window(DEVICE, content.Text(text=text))

    assert isinstance(found, content.Template)
    assert found.parameters == (parameter,)
    assert len(parameter) <= PARAMETER_LIMIT


def test_a_text_without_a_word_is_no_parameter() -> None:
    assert takes_text().outside_window(DEVICE, content.Text(text=" \n")) is None


@pytest.mark.parametrize("address", ["6281200000011", "ID.13490000000002"])
def test_a_contact_has_a_window(address: str) -> None:
    assert meta().window(DEVICE, address) == timedelta(hours=24)


def test_the_window_of_a_group_is_left_to_meta() -> None:
    assert meta().window(DEVICE, "Y2FwaV9ncm91cDoxMjM") is None


@pytest.mark.parametrize("written", ["kabar", "kabar:id", "Kabar/id", "kabar/", "/id", "a/b/c"])
def test_what_names_no_template_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(ConfigError, match="META_WINDOW_TEMPLATE is not usable: expected the name"):
        read_gateways({"META_APP_SECRET": "rahasia", "META_WINDOW_TEMPLATE": written})


def test_each_number_takes_the_template_of_all_unless_it_has_its_own() -> None:
    environ = {
        "META_APP_SECRET": "rahasia",
        "META_WINDOW_TEMPLATE": "kabar/id",
        "META_ACCOUNTS": (
            '[{"device": "1", "app_secret": "x", "window_template": "promo/en_US"},'
            ' {"device": "2", "app_secret": "x"}]'
        ),
    }
    found = read_gateways(environ)["meta"]

    templates = [found.outside_window(device, ANYTHING[0]) for device in ("1", "2", "3")]
    assert [each.name for each in templates if isinstance(each, content.Template)] == [
        "promo",
        "kabar",
        "kabar",
    ]
