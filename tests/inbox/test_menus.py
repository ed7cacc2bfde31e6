"""A number or a title typed below a menu is the choice that it stands for, and only there."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from bot import outbox
from bot.content import Buttons, Choice, Content, Reaction, Text
from bot.events import Author, Chat, MessageEcho, MessageReceived, MessageType
from bot.gateways import GATEWAYS
from bot.gateways.base import WebhookRequest
from bot.inbox.arrivals import arrival
from bot.inbox.conversations import ensure_conversation
from bot.inbox.fold import Responder
from bot.inbox.menus import pressed
from bot.inbox.people import ends_menu
from bot.outbox import Echo, Verdict
from bot.simulator.compose import SENDER, compose
from models import Direction, Message, MessageStatus, writing
from tests.making import NOW, arrivals, incoming, outgoing, process_all, receive, responder

RULES = """
version: 1
settings: {takeover: off, loop_guard: {replies: 100, within: 1m, pause: 30m}}
rules:
  - id: berhenti
    match: [{exact: berhenti}, {button: stop}]
    opt_out: true
    reply: baik
  - {id: menu, match: {exact: menu}, reply: {text: Pilih ya, buttons: [{id: btn_harga, title: Harga}, {id: btn_cs, title: Chat CS}, {id: stop, title: Jangan}]}}
  - {id: harga, match: {button: btn_harga}, reply: Rp 1}
  - {id: cs, match: {button: btn_cs}, reply: Sebentar}
  - {id: diam, match: {exact: diam}, reply: none}
fallback: {reply: "balas {{ message.text }}"}
"""  # noqa: E501 - one rule, one line
SECOND = timedelta(seconds=1)
MENU_IN_WORDS = "Pilih ya\n\n1. Harga\n2. Chat CS\n3. Jangan\n\nKetik 1 / 2 / 3"


class Customer:
    """Somebody who writes through one gateway, and is answered batch by batch."""

    def __init__(self, engine: Engine, gateway: str = "wagate", sender: str = SENDER) -> None:
        self.engine = engine
        self.gateway = gateway
        self.sender = sender
        self.now: datetime = NOW
        self.who: Responder = responder(RULES)

    def writes(self, *texts: str, case: str = "text") -> None:
        """Write texts, which are not processed yet."""
        for text in texts:
            self.now += SECOND
            rows = arrivals(
                self.gateway,
                case,
                now=self.now,
                text=text,
                sender=self.sender,
                message_id=f"M{self.now:%H%M%S}",
            )
            receive(self.engine, rows)

    def is_answered(self) -> None:
        process_all(self.engine, self.who, now=self.now)

    def says(self, *texts: str) -> list[str]:
        """Write each text in a batch of its own, and return all replies of the conversation."""
        for text in texts:
            self.writes(text)
            self.is_answered()
        return replies(self.engine)


def replies(engine: Engine) -> list[str]:
    return [message.text for message in outgoing(engine) if message.rule]


def set_status(engine: Engine, status: MessageStatus) -> None:
    with writing(engine) as session:
        session.execute(
            update(Message)
            .where(Message.direction == Direction.OUT)
            .values(status=status, attempted_at=NOW)
        )


def person_sends(engine: Engine, content: Content) -> None:
    """Put a message into the outbox as `flask send` does."""
    place = ("wagate", "wa-melati-1700000001", SENDER)
    with writing(engine) as session:
        conversation = ensure_conversation(session, place, now=NOW)
        message = outbox.NewMessage(conversation_id=conversation, place=place, content=content)
        outbox.add(session, [message], now=NOW)


def test_a_menu_is_written_out_and_its_number_is_the_button(engine: Engine) -> None:
    assert Customer(engine).says("menu", "2") == [MENU_IN_WORDS, "Sebentar"]


def test_the_menu_and_the_number_may_come_in_one_batch(engine: Engine) -> None:
    siti = Customer(engine)
    siti.writes("menu", "2")
    siti.is_answered()

    assert replies(engine) == [MENU_IN_WORDS, "Sebentar"]


def test_the_history_keeps_what_was_typed_and_what_it_meant(engine: Engine) -> None:
    Customer(engine).says("menu", " 2. ")

    typed = incoming(engine)[1]
    assert (typed.text, typed.kind) == (" 2. ", "button")
    assert typed.details == {"button": {"id": "btn_cs", "title": "Chat CS"}}
    assert typed.explanation is not None
    assert typed.explanation["rules"] == ["cs"]


@pytest.mark.parametrize(
    "typed",
    ["1", "1.", "(1)", "#1", "no. 1", "Nomor 1", "１", "1️⃣", "*1*", "1. Harga", "harga", " HARGA "],
)
def test_a_choice_may_be_typed_in_many_ways(sqlite_engine: Engine, typed: str) -> None:
    assert Customer(sqlite_engine).says("menu", typed)[1:] == ["Rp 1"]


@pytest.mark.parametrize(
    "typed", ["22", "0", "4", "1000", "2 kopi", "1 chat cs", "harga kopi", "dua", "-2", "2,5"]
)
def test_anything_else_is_what_it_says(sqlite_engine: Engine, typed: str) -> None:
    assert Customer(sqlite_engine).says("menu", typed)[1:] == [f"balas {typed}"]


def test_a_number_counts_again_while_nothing_else_was_said(engine: Engine) -> None:
    assert Customer(engine).says("menu", "diam", "2")[1:] == ["Sebentar"]


def test_a_number_after_another_reply_is_a_number(engine: Engine) -> None:
    assert Customer(engine).says("menu", "asdf", "2")[1:] == ["balas asdf", "balas 2"]


def test_a_number_after_another_reply_in_one_batch_is_a_number(engine: Engine) -> None:
    siti = Customer(engine)
    siti.says("menu")
    siti.writes("asdf", "2")
    siti.is_answered()

    assert replies(engine)[1:] == ["balas asdf", "balas 2"]


@pytest.mark.parametrize("status", list(MessageStatus))
def test_a_menu_that_never_arrived_asks_for_nothing(
    sqlite_engine: Engine, status: MessageStatus
) -> None:
    siti = Customer(sqlite_engine)
    siti.says("menu")
    set_status(sqlite_engine, status)

    never_seen = status in (MessageStatus.DEAD, MessageStatus.CANCELLED, MessageStatus.FAILED)
    assert siti.says("2")[1:] == (["balas 2"] if never_seen else ["Sebentar"])


def test_a_reply_that_never_arrived_leaves_the_menu_before_it(engine: Engine) -> None:
    siti = Customer(engine)
    siti.says("menu", "asdf")
    with writing(engine) as session:
        session.execute(
            update(Message).where(Message.text == "balas asdf").values(status=MessageStatus.DEAD)
        )

    assert siti.says("2")[2:] == ["Sebentar"]


def test_what_a_person_sends_ends_the_menu(engine: Engine) -> None:
    siti = Customer(engine)
    siti.says("menu")
    person_sends(engine, Text(text="Ada 3 pilihan kopi: mau yang mana?"))

    assert siti.says("2")[1:] == ["balas 2"]


def test_a_reaction_says_nothing_and_ends_no_menu(engine: Engine) -> None:
    siti = Customer(engine)
    siti.says("menu")
    person_sends(engine, Reaction(message_id="M1", emoji="👍"))

    assert siti.says("2")[1:] == ["Sebentar"]


def echo(engine: Engine, siti: Customer, text: str, **values: str) -> None:
    """Let WhatsGate tell of a message that went out from the number."""
    siti.now += SECOND
    body = compose(
        "whatsgate",
        "create",
        now=siti.now,
        sender=siti.sender,
        text=text,
        **values,  # type: ignore[arg-type] # all are text
    )
    events = GATEWAYS["whatsgate"]([]).parse(WebhookRequest(body=body))
    receive(engine, [arrival(event, received_at=siti.now) for event in events])


def test_what_the_owner_writes_on_the_phone_ends_the_menu(engine: Engine) -> None:
    siti = Customer(engine, "whatsgate")
    siti.says("menu")
    set_status(engine, MessageStatus.SENT)
    echo(engine, siti, "Mau yang 1 kg atau 2 kg?")
    siti.is_answered()

    assert siti.says("2")[1:] == ["balas 2"]


def test_the_owner_and_the_number_may_come_in_one_batch(engine: Engine) -> None:
    siti = Customer(engine, "whatsgate")
    siti.says("menu")
    set_status(engine, MessageStatus.SENT)
    echo(engine, siti, "Mau yang 1 kg atau 2 kg?")
    siti.writes("2")
    siti.is_answered()

    assert replies(engine)[1:] == ["balas 2"]


def test_the_echo_of_the_menu_itself_ends_nothing(engine: Engine) -> None:
    siti = Customer(engine, "whatsgate")
    siti.says("menu")
    set_status(engine, MessageStatus.SENT)
    echo(engine, siti, MENU_IN_WORDS)
    siti.writes("2")
    siti.is_answered()

    assert replies(engine)[1:] == ["Sebentar"]


BUTTONS = Buttons(text="Pilih", buttons=(Choice(id="btn_cs", title="Chat CS"),))


@pytest.mark.parametrize(("typed", "answer"), [("1", "balas 1"), ("chat cs", "Sebentar")])
def test_beside_real_buttons_a_number_is_a_number(engine: Engine, typed: str, answer: str) -> None:
    siti = Customer(engine)
    siti.writes("diam")
    siti.is_answered()
    person_sends(engine, BUTTONS)

    assert siti.says(typed) == [answer]


def test_each_conversation_has_its_own_menu(engine: Engine) -> None:
    siti, ani = Customer(engine), Customer(engine, sender="6281200000002")
    ani.now += timedelta(hours=1)
    siti.says("menu")

    assert ani.says("2") == [MENU_IN_WORDS, "balas 2"]


def test_an_opted_out_contact_is_still_left_alone(engine: Engine) -> None:
    siti = Customer(engine)

    assert siti.says("menu", "berhenti", "2")[1:] == ["baik"]


def test_stop_may_be_a_choice_too(engine: Engine) -> None:
    siti = Customer(engine)

    assert siti.says("menu", "3", "halo")[1:] == ["baik"]


def test_a_number_that_comes_too_late_is_not_answered(engine: Engine) -> None:
    siti = Customer(engine)
    siti.says("menu")
    late = siti.now + timedelta(hours=2)
    [row] = arrivals(text="2", now=siti.now, message_id="late")
    receive(engine, [replace(row, received_at=late)])
    process_all(engine, siti.who, now=late)

    assert len(outgoing(engine)) == 1
    assert incoming(engine)[-1].explanation["guard"] == "stale"  # type: ignore[index]


def test_a_message_that_needs_a_human_is_kept_and_not_answered(engine: Engine) -> None:
    siti = Customer(engine, "csku")
    siti.says("menu")
    siti.now += SECOND
    body = compose("csku", "text", now=siti.now, text="2").replace(
        b'"need_human":0', b'"need_human":1'
    )
    assert b'"need_human":1' in body
    events = GATEWAYS["csku"]([]).parse(WebhookRequest(body=body))
    receive(engine, [arrival(event, received_at=siti.now) for event in events])
    siti.is_answered()

    assert len(outgoing(engine)) == 1
    assert incoming(engine)[-1].explanation["guard"] == "needs human"  # type: ignore[index]


def received(text: str, **fields: object) -> MessageReceived:
    return MessageReceived(gateway="g", device="d", key="k", raw=b"", text=text, **fields)  # type: ignore[arg-type]


def test_two_choices_with_one_title_are_told_apart_by_number_only() -> None:
    menu = Text(text="x", choices=(Choice(id="a", title="Kopi"), Choice(id="b", title="kopi")))

    assert pressed(received("kopi"), menu).button is None
    assert pressed(received("2"), menu).button is not None


def test_a_caption_presses_nothing() -> None:
    menu = Text(text="x", choices=(Choice(id="a", title="Kopi"),))

    assert pressed(received("1", type=MessageType.IMAGE), menu).button is None
    assert pressed(received("1", chat=Chat.GROUP), menu).button is not None


@pytest.mark.parametrize(
    ("fields", "verdict", "ends"),
    [
        ({"text": "lain"}, Verdict(whose=Echo.FOREIGN), True),
        ({"text": ""}, Verdict(whose=Echo.FOREIGN), True),
        ({"text": "kata kami"}, Verdict(whose=Echo.FOREIGN, has_our_words=True), False),
        ({"text": "lain"}, Verdict(whose=Echo.OURS), False),
        ({"text": "lain"}, Verdict(whose=Echo.TOO_EARLY), True),
        ({"text": "👍", "type": MessageType.REACTION}, Verdict(whose=Echo.FOREIGN), False),
    ],
)
def test_only_what_somebody_else_says_ends_a_menu(
    fields: dict[str, object], verdict: Verdict, *, ends: bool
) -> None:
    echo = MessageEcho(gateway="g", device="d", key="k", raw=b"", author=Author.OWNER, **fields)  # type: ignore[arg-type]

    assert ends_menu(echo, verdict) is ends


def test_a_menu_that_still_waits_in_the_queue_was_not_said_yet(engine: Engine) -> None:
    """Its device rests, and the contact answers what was said before."""
    siti = Customer(engine)
    siti.says("menu")
    set_status(engine, MessageStatus.SENT)
    siti.says("asdf")
    siti.now += timedelta(minutes=3)

    assert siti.says("2")[2:] == ["Sebentar"]


FORMS = """
version: 1
settings: {takeover: off, loop_guard: {replies: 100, within: 1m, pause: 30m}}
rules:
  - id: menu
    match: {exact: menu}
    reply: {text: Pilih ya, buttons: [{id: btn_harga, title: Harga}, {id: btn_cs, title: Chat CS}]}
  - id: pesan
    match: {exact: pesan}
    start: order
    reply: {text: Siap, buttons: [{id: btn_harga, title: Harga}, {id: btn_cs, title: Chat CS}]}
  - {id: harga, match: {button: btn_harga}, reply: Rp 1}
  - {id: cs, match: {button: btn_cs}, reply: Sebentar}
flows:
  order:
    cancel: batal
    timeout: 30m
    steps:
      - {id: jumlah, ask: Berapa?, type: int}
      - id: kirim
        ask: {text: Dikirim?, buttons: [{id: ya, title: Ya}, {id: tidak, title: Ambil sendiri}]}
        type: choice
        choices: {ya: [ya], tidak: [tidak, ambil sendiri]}
    done: {reply: "{{ form.jumlah }} {{ form.kirim }}"}
"""


def test_a_number_answers_the_open_question_of_a_form(engine: Engine) -> None:
    siti = Customer(engine)
    siti.who = responder(FORMS)
    siti.says("pesan", "2")

    assert replies(engine)[-1].startswith("Dikirim?")
    assert incoming(engine)[1].kind == "text"


def test_a_number_presses_the_menu_that_is_the_open_question(engine: Engine) -> None:
    siti = Customer(engine)
    siti.who = responder(FORMS)

    assert siti.says("pesan", "2", "2")[-1] == "2 tidak"
    assert incoming(engine)[2].kind == "button"


def test_a_menu_of_before_counts_again_when_the_form_is_left(engine: Engine) -> None:
    siti = Customer(engine)
    siti.who = responder(FORMS)

    assert siti.says("pesan", "batal", "menu", "2")[-1] == "Sebentar"
