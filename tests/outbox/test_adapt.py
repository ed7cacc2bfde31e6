"""Whatever is said, it goes out within the limits of each gateway, and no word of it is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import (
    KINDS,
    MEDIA_KINDS,
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    MediaKind,
    Reaction,
    Section,
    Template,
    Text,
    choices_of,
)
from bot.gateways import GATEWAYS
from bot.gateways.capabilities import Capabilities
from bot.outbox.adapt import adapt

WORDS_ONLY = Capabilities()
EVERYTHING = Capabilities(sends=frozenset(KINDS), buttons=3, rows=10, sections=10)
LIST_ONLY = replace(EVERYTHING, sends=frozenset({"text", "list"}))
SMALL = Capabilities(
    sends=frozenset({"text", "buttons", "list", "image", "document"}),
    text_limit=60,
    caption_limit=20,
    buttons_text_limit=30,
    list_text_limit=40,
    header_limit=8,
    footer_limit=8,
    buttons=2,
    rows=4,
    sections=2,
)
ABILITIES = {
    **{name: gateway.capabilities for name, gateway in GATEWAYS.items()},
    "words only": WORDS_ONLY,
    "everything": EVERYTHING,
    "list only": LIST_ONLY,
    "small": SMALL,
}

TEXTS = st.one_of(
    st.text(max_size=120),
    st.lists(
        st.sampled_from(["kopi", "\n", "\n\n", " ", "👨‍👩‍👧", "é", "x" * 70]), max_size=40
    ).map("".join),
    st.integers(1, 300).map(lambda count: "baris panjang sekali\n" * count),
)
TITLES = st.one_of(st.text(min_size=1, max_size=40), st.sampled_from(["Harga", "harga", "Order"]))
IDS = st.one_of(st.text(max_size=12), st.just("x" * 300))
CHOICES = st.builds(Choice, id=IDS, title=TITLES, description=st.just("") | st.text(max_size=90))
BUTTONS = st.builds(Choice, id=IDS, title=TITLES)
MENUS = st.one_of(
    st.builds(
        Buttons,
        text=TEXTS,
        buttons=st.lists(st.one_of(BUTTONS, CHOICES), max_size=6).map(tuple),
        header=st.text(max_size=80),
        footer=st.text(max_size=80),
    ),
    st.builds(
        Listing,
        text=TEXTS,
        label=st.text(max_size=30),
        sections=st.lists(
            st.builds(
                Section,
                title=st.just("") | st.text(max_size=30),
                rows=st.lists(CHOICES, max_size=15).map(tuple),
            ),
            max_size=4,
        ).map(tuple),
        header=st.text(max_size=80),
        footer=st.text(max_size=80),
    ),
)
MEDIA = st.builds(
    Media,
    kind=st.sampled_from(MEDIA_KINDS),
    text=TEXTS,
    link=st.just("https://toko.contoh.id/katalog%20kopi.pdf?v=2"),
) | st.builds(Media, kind=st.sampled_from(MEDIA_KINDS), text=TEXTS, file=st.just("a/promo.jpg"))
CONTENTS = st.one_of(
    st.builds(Text, text=TEXTS),
    MENUS,
    MEDIA,
    st.builds(
        Location,
        latitude=st.floats(-90, 90),
        longitude=st.floats(-180, 180),
        name=st.text(max_size=60),
        address=st.text(max_size=60),
    ),
    st.builds(
        Contacts,
        cards=st.lists(
            st.builds(
                Card,
                name=st.text(min_size=1, max_size=30),
                phones=st.lists(st.text(max_size=20), max_size=3).map(tuple),
                organisation=st.text(max_size=30),
            ),
            min_size=1,
            max_size=5,
        ).map(tuple),
    ),
)
each_gateway = pytest.mark.parametrize("abilities", ABILITIES.values(), ids=ABILITIES)


def squeezed(text: str) -> str:
    return "".join(text.split())


def words(content: Content) -> Iterator[str]:
    """Yield everything in a content that is there to be read, but the label of a list."""
    match content:
        case Text():
            yield content.text
        case Media():
            yield from (content.text, content.link or "")
        case Location():
            yield from (content.name, content.address)
        case Contacts():
            for card in content.cards:
                yield from (card.name, card.organisation, *card.phones)
        case Buttons() | Listing():
            yield from (content.header, content.text, content.footer)
            if isinstance(content, Listing):
                yield from (section.title for section in content.sections if section.rows)
            for choice in choices_of(content):
                yield from (choice.title, choice.description)


def read(parts: Sequence[Content]) -> str:
    return squeezed("".join(text for part in parts for text in words(part)))


@each_gateway
@settings(max_examples=60, deadline=None)
@given(content=CONTENTS)
def test_no_word_is_lost(abilities: Capabilities, content: Content) -> None:
    shown = read(list(adapt(content, abilities)))

    lost = [text for text in words(content) if squeezed(text) not in shown]
    assert lost == []


@each_gateway
@settings(max_examples=60, deadline=None)
@given(content=CONTENTS)
def test_every_part_is_within_the_limits(abilities: Capabilities, content: Content) -> None:
    for part in adapt(content, abilities):
        without_words = isinstance(part, Media) and not part.text and not part.link
        assert part.kind in abilities.sends or without_words
        match part:
            case Text():
                assert 0 < len(part.text.strip()) <= abilities.text_limit
            case Media():
                assert len(part.text) <= abilities.caption_limit
            case Buttons():
                assert 0 < len(part.text.strip()) <= abilities.buttons_text_limit
                assert 0 < len(part.buttons) <= abilities.buttons
                assert_fits(part.buttons, abilities.button_title_limit, abilities.button_id_limit)
                assert not any(button.description for button in part.buttons)
            case Listing():
                rows = choices_of(part)
                assert 0 < len(part.text.strip()) <= abilities.list_text_limit
                assert 0 < len(rows) <= abilities.rows
                assert 0 < len(part.sections) <= abilities.sections
                assert all(section.rows for section in part.sections)
                titles = [section.title for section in part.sections]
                assert all(titles) or len(titles) == 1
                assert all(len(title) <= abilities.section_title_limit for title in titles)
                assert 0 < len(part.label) <= abilities.list_label_limit
                assert all(len(row.description) <= abilities.row_description_limit for row in rows)
                assert_fits(rows, abilities.row_title_limit, abilities.row_id_limit)
        if isinstance(part, Buttons | Listing):
            assert len(part.header) <= abilities.header_limit
            assert len(part.footer) <= abilities.footer_limit


def assert_fits(choices: Sequence[Choice], title: int, identifier: int) -> None:
    assert len({choice.title for choice in choices}) == len(choices)
    assert len({choice.id for choice in choices}) == len(choices)
    assert all(0 < len(choice.title) <= title for choice in choices)
    assert all(0 < len(choice.id) <= identifier for choice in choices)


@each_gateway
@settings(max_examples=60, deadline=None)
@given(menu=MENUS)
def test_the_last_part_offers_every_choice_in_its_order(
    abilities: Capabilities, menu: Buttons | Listing
) -> None:
    parts = list(adapt(menu, abilities))

    wanted = [choice.id for choice in choices_of(menu)]
    offered = [[choice.id for choice in choices_of(part)] for part in parts]
    assert [ids for ids in offered if ids] == ([wanted] if wanted else [])
    assert not wanted or offered[-1] == wanted


MENU = Buttons(
    text="Mau apa?",
    buttons=(Choice(id="a", title="Harga"), Choice(id="b", title="Order")),
    header="Toko Melati",
    footer="Buka 09-17",
)


def adapted(content: Content, abilities: Capabilities, language: str = "id") -> list[Content]:
    return list(adapt(content, abilities, language=language))


def test_buttons_that_fit_stay_as_they_are() -> None:
    assert adapted(MENU, EVERYTHING) == [MENU]


@pytest.mark.parametrize(
    ("language", "asks"), [("id", "Ketik 1 / 2"), ("en", "Reply 1 / 2"), ("fr", "Reply 1 / 2")]
)
def test_without_buttons_a_menu_is_words_with_numbers(language: str, asks: str) -> None:
    [part] = adapted(MENU, WORDS_ONLY, language)

    assert part == Text(
        text=f"Toko Melati\n\nMau apa?\n\n1. Harga\n2. Order\n\nBuka 09-17\n\n{asks}",
        choices=MENU.buttons,
    )


def test_too_many_buttons_become_a_list() -> None:
    many = replace(MENU, buttons=tuple(Choice(id=str(n), title=f"Kopi {n}") for n in range(4)))

    [part] = adapted(many, EVERYTHING)

    assert isinstance(part, Listing)
    assert (part.label, part.sections) == ("Menu", (Section(rows=many.buttons),))
    assert (part.header, part.footer) == (MENU.header, MENU.footer)


def test_buttons_become_a_list_where_there_are_only_lists() -> None:
    assert [part.kind for part in adapted(MENU, LIST_ONLY)] == ["list"]


@pytest.mark.parametrize(
    "buttons",
    [
        (Choice(id="a", title="Sebuah judul yang jauh terlalu panjang"),),
        (Choice(id="a", title="Kopi"), Choice(id="b", title="Kopi")),
        (Choice(id="a", title="Kopi"), Choice(id="a", title="Teh")),
        (Choice(id="x" * 300, title="Kopi"),),
    ],
)
def test_choices_that_no_gateway_takes_become_words(buttons: tuple[Choice, ...]) -> None:
    [part] = adapted(replace(MENU, buttons=buttons), EVERYTHING)

    assert isinstance(part, Text)
    assert part.choices == buttons


def test_forty_rows_become_one_text_with_forty_numbers() -> None:
    rows = tuple(Choice(id=str(n), title=f"Kopi {n}", description="enak") for n in range(40))

    [part] = adapted(Listing(text="Pilih", sections=(Section(rows=rows),)), EVERYTHING)

    assert isinstance(part, Text)
    assert "\n40. Kopi 39 - enak\n\nKetik 1-40" in part.text
    assert part.choices == rows


def test_a_list_of_one_section_needs_no_title() -> None:
    listing = Listing(text="Pilih", label="Lihat", sections=(Section(rows=MENU.buttons),))

    assert adapted(listing, EVERYTHING) == [listing]


def test_several_sections_need_titles() -> None:
    sections = (
        Section(title="Kopi", rows=(Choice(id="a", title="Gayo"),)),
        Section(rows=(Choice(id="b", title="Melati"),)),
    )

    [part] = adapted(Listing(text="Pilih", label="Lihat", sections=sections), EVERYTHING)

    assert isinstance(part, Text)
    assert part.text == "Pilih\n\n*Kopi*\n1. Gayo\n\n2. Melati\n\nKetik 1 / 2"


def test_a_long_label_is_cut_and_a_missing_one_is_given() -> None:
    listing = Listing(text="Pilih", sections=(Section(rows=MENU.buttons),))
    long = replace(listing, label="Lihat semua pilihan kopi kami")

    [without], [cut] = adapted(listing, EVERYTHING), adapted(long, EVERYTHING)

    assert isinstance(without, Listing)
    assert isinstance(cut, Listing)
    assert (without.label, cut.label) == ("Menu", "Lihat semua pilihan…")


def test_a_text_too_long_for_buttons_goes_before_them() -> None:
    paragraphs = [f"{number} {'kata ' * 30}".strip() for number in range(20)]
    menu = replace(MENU, text="\n\n".join(paragraphs))

    first, last = adapted(menu, EVERYTHING)

    assert isinstance(first, Text)
    assert isinstance(last, Buttons)
    assert 1024 < len(first.text) <= 4096
    assert f"{first.text}\n\n{last.text}" == f"{menu.header}\n\n{menu.text}"
    assert (last.header, last.footer) == ("", menu.footer)


def test_a_header_too_long_becomes_part_of_the_text() -> None:
    [part] = adapted(replace(MENU, header="Toko " * 20), EVERYTHING)

    assert isinstance(part, Buttons)
    assert part.header == ""
    assert part.text.startswith("Toko Toko")
    assert part.text.endswith("Mau apa?")
    assert part.footer == MENU.footer


@pytest.mark.parametrize("text", ["", " \n ", "\u3000"])
def test_nothing_goes_out_for_no_words(text: str) -> None:
    assert adapted(Text(text=text), WORDS_ONLY) == []


@pytest.mark.parametrize("text", ["", "  "])
def test_buttons_without_a_text_become_words(text: str) -> None:
    [part] = adapted(replace(MENU, text=text, header="", footer=""), EVERYTHING)

    assert isinstance(part, Text)
    assert part.text == "1. Harga\n2. Order\n\nKetik 1 / 2"


def media(kind: MediaKind, **where: str) -> Media:
    return Media(kind=kind, text="Promo", **where)


def test_a_link_to_media_that_cannot_be_sent_is_written_out() -> None:
    link = "https://toko.contoh.id/promo.jpg"

    assert adapted(media("image", link=link), WORDS_ONLY) == [Text(text=f"Promo\n{link}")]


def test_the_words_of_a_file_that_cannot_be_sent_arrive_all_the_same() -> None:
    parts = adapted(media("image", file="promo.jpg"), WORDS_ONLY)

    assert parts == [Text(text="Promo"), Media(kind="image", file="promo.jpg")]


@pytest.mark.parametrize(
    ("kind", "sends", "becomes"),
    [
        ("voice", {"audio", "document"}, "audio"),
        ("voice", {"document"}, "document"),
        ("sticker", {"image"}, "image"),
        ("video", {"image", "document"}, "document"),
        ("document", {"document"}, "document"),
    ],
)
def test_media_go_as_the_nearest_kind_that_there_is(
    kind: MediaKind, sends: set[str], becomes: str
) -> None:
    abilities = Capabilities(sends=frozenset({"text", *sends}))

    part = adapted(replace(media(kind, link="https://a.id/x/lagu%20kita.ogg"), text=""), abilities)[
        0
    ]

    assert isinstance(part, Media)
    assert part.kind == becomes
    assert part.filename == ("lagu kita.ogg" if becomes == "document" else "")


@pytest.mark.parametrize("kind", ["audio", "voice", "sticker"])
def test_a_sound_has_no_caption_so_its_text_follows(kind: MediaKind) -> None:
    sound = media(kind, file="a.ogg")

    assert adapted(sound, EVERYTHING) == [replace(sound, text=""), Text(text="Promo")]


def test_a_caption_too_long_follows_as_a_text() -> None:
    picture = replace(media("image", file="a.jpg"), text="kata " * 300)

    parts = adapted(picture, EVERYTHING)

    assert parts == [replace(picture, text=""), Text(text=("kata " * 300).strip())]


def test_a_place_is_written_out_with_a_map() -> None:
    place = Location(latitude=-6.2, longitude=106.8166667, name="Toko", address="Jl. Melati 5")

    assert adapted(place, WORDS_ONLY) == [
        Text(text="Toko\nJl. Melati 5\nhttps://maps.google.com/?q=-6.200000,106.816667")
    ]
    assert adapted(place, EVERYTHING) == [place]


def test_cards_are_written_out() -> None:
    cards = (
        Card(name="Siti", phones=("0812-0000-0001",), organisation="Toko Melati"),
        Card(name="Budi"),
    )

    assert adapted(Contacts(cards=cards), WORDS_ONLY) == [
        Text(text="Siti (Toko Melati)\n0812-0000-0001\n\nBudi")
    ]


@pytest.mark.parametrize(
    "content", [Template(name="promo", language="id"), Reaction(message_id="M1", emoji="👍")]
)
def test_what_cannot_be_said_otherwise_is_left_to_the_gateway(content: Content) -> None:
    assert adapted(content, WORDS_ONLY) == [content]
