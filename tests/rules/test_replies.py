"""What a reply may say besides a text: buttons, lists and media, and how several go together."""

from bot.content import Buttons, Choice, Content, Listing, Media, Section, Text
from bot.events import Button, MessageType
from bot.rules import Answer
from tests.rules.playing import Chat, book, rules_of, texts

SHOP = """\
vars: {toko: Melati}
replies:
  menu:
    text: Mau apa di {{ toko }}?
    buttons: [{id: btn_harga, title: Harga}, {id: btn_cs, title: "Chat {{ toko }}"}]
    header: Toko {{ toko }}
    footer: Buka 09-17
  katalog:
    text: Pilih kopi
    list:
      label: Lihat kopi
      sections:
        - {title: Arabika, rows: [{id: gayo, title: Gayo, description: 250 g}]}
        - {title: Robusta, rows: [{id: lampung, title: Lampung}]}
  promo:
    text: "Promo untuk {{ contact.name }}"
    media: {image: gambar/promo.jpg}
"""


def contents(answer: Answer) -> list[Content]:
    return [reply.content for reply in answer.replies]


def said(reply: str) -> list[Content]:
    """Return what a rule with this reply says to "a"."""
    return contents(
        Chat(book(f"{SHOP}rules:\n  - {{id: a, match: {{words: a}}, {reply}}}\n")).say("a")
    )


MENU = Buttons(
    text="Mau apa di Melati?",
    buttons=(Choice(id="btn_harga", title="Harga"), Choice(id="btn_cs", title="Chat Melati")),
    header="Toko Melati",
    footer="Buka 09-17",
)


def test_a_named_reply_may_have_buttons() -> None:
    assert said("use: menu") == [MENU]


def test_a_named_reply_may_have_a_list() -> None:
    assert said("use: katalog") == [
        Listing(
            text="Pilih kopi",
            label="Lihat kopi",
            sections=(
                Section(
                    title="Arabika", rows=(Choice(id="gayo", title="Gayo", description="250 g"),)
                ),
                Section(title="Robusta", rows=(Choice(id="lampung", title="Lampung"),)),
            ),
        )
    ]


def test_the_text_of_media_is_their_caption() -> None:
    assert said("use: promo") == [
        Media(kind="image", file="gambar/promo.jpg", text="Promo untuk Siti")
    ]


def test_media_need_no_text() -> None:
    link = "https://toko.contoh.id/menu.pdf"

    assert said(f'reply: {{media: {{document: "{link}", filename: Menu.pdf}}}}') == [
        Media(kind="document", link=link, filename="Menu.pdf")
    ]


def test_a_title_alone_is_its_own_id() -> None:
    assert said("reply: {text: Mau apa?, buttons: [Harga, Chat CS]}") == [
        Buttons(
            text="Mau apa?",
            buttons=(Choice(id="Harga", title="Harga"), Choice(id="Chat CS", title="Chat CS")),
        )
    ]


def test_a_list_may_be_titles_alone() -> None:
    assert said("reply: {text: Pilih, list: [Gayo, Lampung]}") == [
        Listing(
            text="Pilih",
            label="Menu",
            sections=(
                Section(
                    rows=(Choice(id="Gayo", title="Gayo"), Choice(id="Lampung", title="Lampung"))
                ),
            ),
        )
    ]


def test_each_entry_of_a_reply_may_have_buttons_of_its_own() -> None:
    rules = book("""\
rules:
  - id: a
    match: {words: a}
    reply:
      - {if: {gateway: meta}, text: Pilih, buttons: [Harga]}
      - Ketik harga
""")

    assert contents(Chat(rules).say("a", gateway="meta")) == [
        Buttons(text="Pilih", buttons=(Choice(id="Harga", title="Harga"),))
    ]
    assert texts(Chat(rules).say("a")) == ["Ketik harga"]


def test_the_fallback_may_have_buttons() -> None:
    rules = book("""\
rules: [{id: a, match: {words: a}, reply: x}]
fallback: {reply: {text: Maaf, buttons: [Bantuan]}}
""")

    assert contents(Chat(rules).say("asdf"))[0].kind == "buttons"


def test_titles_stand_on_one_line_and_a_choice_without_one_is_left_out() -> None:
    menu = said(
        'reply: {text: Pilih, buttons: [{id: a, title: " Chat  {{ toko }} "}, '
        '{id: b, title: "{{ caption }}"}]}'
    )

    assert menu == [Buttons(text="Pilih", buttons=(Choice(id="a", title="Chat Melati"),))]


def test_without_any_choice_only_the_text_is_left() -> None:
    assert said('reply: {text: Pilih, buttons: [{id: b, title: "{{ caption }}"}]}') == [
        Text(text="Pilih")
    ]


def test_media_beside_buttons_go_before_them() -> None:
    assert said("reply: {text: Pilih, media: {image: a.jpg}, buttons: [Harga]}") == [
        Media(kind="image", file="a.jpg"),
        Buttons(text="Pilih", buttons=(Choice(id="Harga", title="Harga"),)),
    ]


def together(*replies: str, settings: str = "") -> Answer:
    """Return the answer of several rules that all speak."""
    rules = "".join(
        f"  - {{id: r{number}, match: {{words: a}}, continue: true, {reply}}}\n"
        for number, reply in enumerate(replies, start=1)
    )
    return Chat(book(f"{settings}{SHOP}rules:\n{rules}")).say("a")


def test_texts_go_above_the_buttons_of_another_rule() -> None:
    answer = together("reply: Halo", "use: menu", "reply: Kami buka")

    [reply] = answer.replies
    assert isinstance(reply.content, Buttons)
    assert reply.text == "Halo\n\nMau apa di Melati?\n\nKami buka"
    assert reply.rules == ("r1", "r2", "r3")
    assert reply.content.buttons == MENU.buttons


def test_a_second_menu_is_a_message_of_its_own() -> None:
    answer = together("reply: Halo", "use: menu", "use: katalog")

    assert [reply.content.kind for reply in answer.replies] == ["buttons", "list"]
    assert texts(answer) == ["Halo\n\nMau apa di Melati?", "Pilih kopi"]
    assert [reply.rules for reply in answer.replies] == [("r1", "r2"), ("r3",)]


def test_media_are_messages_of_their_own_in_their_place() -> None:
    answer = together("reply: Halo", "use: promo", "reply: Kami buka")

    assert [reply.content.kind for reply in answer.replies] == ["text", "image", "text"]
    assert texts(answer) == ["Halo", "Promo untuk Siti", "Kami buka"]


def test_a_menu_comes_after_media_so_that_it_is_the_last_thing_said() -> None:
    answer = together("use: menu", "use: promo")

    assert [reply.content.kind for reply in answer.replies] == ["image", "buttons"]
    assert [reply.rules for reply in answer.replies] == [("r2",), ("r1",)]


def test_separate_bubbles_stay_as_the_rules_said_them() -> None:
    answer = together("use: menu", "use: promo", settings="settings: {bubbles: separate}\n")

    assert contents(answer)[0] == MENU
    assert [reply.rules for reply in answer.replies] == [("r1",), ("r2",)]


def test_a_button_is_known_by_its_id_whatever_its_capitals() -> None:
    rules = book("""\
rules:
  - {id: harga, match: {button: harga}, reply: Rp 1}
  - {id: cs, match: {button: btn_CS}, reply: Sebentar}
fallback: {reply: maaf}
""")

    def press(button: str) -> tuple[str, ...]:
        pressed = Button(id=button)
        return rules_of(Chat(rules).say("", type=MessageType.BUTTON, button=pressed))

    assert [press("Harga"), press("btn_cs"), press("lain")] == [("harga",), ("cs",), ()]


def test_a_menu_cools_down_like_a_text() -> None:
    chat = Chat(
        book(f"{SHOP}rules:\n  - {{id: a, match: {{words: a}}, cooldown: 1h, use: menu}}\n")
    )

    assert len(chat.say("a").replies) == 1
    assert chat.say("a").explanation.skipped == (("a", "cooldown"),)


def test_a_title_that_fails_passes_its_rule_over() -> None:
    rules = book("""\
rules:
  - id: a
    match: {words: a}
    reply:
      text: Pilih
      buttons: [{id: b, title: "{% if message.text == 'a b' %}{{ 1 // 0 }}{% endif %}x"}]
fallback: {reply: maaf}
""")

    assert texts(Chat(rules).say("a b")) == ["maaf"]


def test_what_a_contact_writes_is_no_template_in_a_title() -> None:
    reply = 'reply: {text: Pilih, buttons: [{id: b, title: "{{ message.text }}"}]}'
    rules = book(f"rules:\n  - {{id: a, match: {{words: a}}, {reply}}}\n")

    [menu] = contents(Chat(rules).say("a {{ 7*7 }}"))

    assert menu == Buttons(text="Pilih", buttons=(Choice(id="b", title="a {{ 7*7 }}"),))
