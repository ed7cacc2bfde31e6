"""What a turn says, does and remembers."""

import json
from datetime import timedelta

import pytest

from bot.events import DeviceChanged, DeviceState, MessageType
from bot.rules import Notify, State, Turn, play, release
from tests.rules.playing import NOW, SITI, Chat, book, rules_of, texts

HOUR = timedelta(hours=1)
COOL = """\
rules:
  - {id: halo, match: {words: halo}, cooldown: 10m, reply: hai}
fallback: {reply: maaf, cooldown: 1h}
"""
GREET = """\
rules:
  - {id: sapa, if: {silent_for: 14d}, reply: Selamat datang, continue: true}
  - {id: tutup, match: {words: harga}, cooldown: 8h, reply: Kami tutup, continue: true}
  - {id: harga, match: {words: harga}, reply: Rp 1}
fallback: {reply: maaf}
"""


def test_a_rule_on_cooldown_is_silent_and_does_not_fall_back() -> None:
    chat = Chat(book(COOL))

    assert texts(chat.say("halo")) == ["hai"]
    again = chat.say("halo")
    assert again.replies == ()
    assert again.explanation.skipped == (("halo", "cooldown"),)
    assert texts(chat.say("halo", after=timedelta(minutes=10))) == ["hai"]


def test_the_fallback_has_a_cooldown_too() -> None:
    chat = Chat(book(COOL))

    assert texts(chat.say("asdf")) == ["maaf"]
    assert texts(chat.say("qwer")) == []
    assert texts(chat.say("zxcv", after=HOUR)) == ["maaf"]


def test_a_released_cooldown_lets_the_rule_speak_again() -> None:
    chat = Chat(book(COOL))
    (reply,) = chat.say("halo").replies

    state = release(chat.view.state, reply.rules)

    assert "halo" in chat.view.state.cooldowns
    assert "halo" not in state.cooldowns


def test_a_cooldown_is_reserved_only_for_what_is_said() -> None:
    rules = book("rules:\n  - {id: a, match: {words: a}, cooldown: 1h, reply: '{{ caption }}'}\n")

    answer = Chat(rules).say("a")

    assert answer.replies == ()
    assert answer.state.cooldowns == {}
    assert answer.explanation.skipped == (("a", "nothing to say"),)


def test_continue_says_more_in_the_same_bubble() -> None:
    answer = Chat(book(GREET), first=True).say("harga?")

    assert texts(answer) == ["Selamat datang\n\nKami tutup\n\nRp 1"]
    assert answer.replies[0].rules == ("sapa", "tutup", "harga")


def test_bubbles_can_be_separate() -> None:
    rules = book("settings: {bubbles: separate}\n" + GREET)

    answer = Chat(rules, first=True).say("harga?")

    assert texts(answer) == ["Selamat datang", "Kami tutup", "Rp 1"]
    assert [reply.rules for reply in answer.replies] == [("sapa",), ("tutup",), ("harga",)]


def test_a_rule_that_continues_and_is_on_cooldown_lets_the_next_one_answer() -> None:
    chat = Chat(book(GREET))
    chat.say("harga")

    assert rules_of(chat.say("harga")) == ("harga",)


def test_the_fallback_answers_after_a_greeting_that_answered_nothing() -> None:
    assert rules_of(Chat(book(GREET), first=True).say("asdf")) == ("sapa", "fallback")


def test_the_fallback_is_for_what_no_rule_understood() -> None:
    rules = book("""\
rules:
  - {id: catat, match: {words: alamat}, cooldown: 1h, reply: Kami catat, continue: true}
fallback: {reply: maaf}
""")
    chat = Chat(rules)

    assert texts(chat.say("alamat saya")) == ["Kami catat"]
    assert texts(chat.say("alamat saya")) == []
    assert texts(chat.say("asdf")) == ["maaf"]


def test_a_contact_is_greeted_again_after_a_long_silence() -> None:
    chat = Chat(book(GREET))

    assert rules_of(chat.say("harga", after=timedelta(days=13))) == ("tutup", "harga")
    assert rules_of(chat.say("harga", after=timedelta(days=14)))[0] == "sapa"


def test_the_first_entry_of_a_reply_that_holds_is_said() -> None:
    rules = book("""\
replies: {lama: {text: Lama}}
rules:
  - id: a
    match: {words: a}
    reply:
      - {if: {first: true}, text: Baru}
      - {if: [{gateway: meta}, {device: toko-2}], text: Lain}
      - {use: lama}
""")

    assert texts(Chat(rules, first=True).say("a")) == ["Baru"]
    assert texts(Chat(rules).say("a", gateway="meta")) == ["Lain"]
    assert texts(Chat(rules).say("a", device="toko-2")) == ["Lain"]
    assert texts(Chat(rules).say("a")) == ["Lama"]


def test_a_rule_whose_condition_does_not_hold_is_passed_over() -> None:
    rules = book("""\
rules:
  - {id: a, match: {words: a}, if: {gateway: [meta, csku], not: {first: true}}, reply: x}
  - {id: b, match: {words: a}, reply: y}
""")

    assert rules_of(Chat(rules).say("a", gateway="csku")) == ("a",)
    answer = Chat(rules, first=True).say("a", gateway="csku")
    assert rules_of(answer) == ("b",)
    assert answer.explanation.skipped == (("a", "condition"),)


def test_a_text_that_fails_passes_its_rule_over() -> None:
    rules = book("""\
rules:
  - id: a
    match: {words: a}
    reply: "{% if message.text == 'a b' %}{{ 1 // 0 }}{% endif %}halo"
fallback: {reply: maaf}
""")

    assert texts(Chat(rules).say("a")) == ["halo"]
    answer = Chat(rules).say("a b")
    assert texts(answer) == ["maaf"]
    assert answer.explanation.skipped == (
        ("a", "text failed: it cannot be computed (ZeroDivisionError)"),
    )


def test_stop_counts_when_its_text_fails() -> None:
    rules = book("""\
rules:
  - id: berhenti
    match: {exact: stop}
    opt_out: true
    reply: "{% if message.text == 'stop' %}{{ 1 // 0 }}{% endif %}"
fallback: {reply: maaf}
""")
    chat = Chat(rules)

    assert chat.say("stop").replies == ()
    assert chat.view.opted_out


NOTIFY = """\
admins:
  bos: {to: "+62 812-0000-0001"}
  gudang: {to: "6281200000002", device: toko-9}
rules:
  - id: bukti
    match: {type: image}
    cooldown: 5m
    notify: {to: bos, text: "Gambar dari {{ contact.name }}: {{ caption }}", every: 1m}
    reply: Terima kasih
  - id: putus
    event: device.disconnected
    notify: {to: gudang, text: "{{ device.id }} terputus ({{ reason }})"}
"""


def test_an_admin_is_told() -> None:
    answer = Chat(book(NOTIFY)).say("lunas", type=MessageType.IMAGE)

    assert texts(answer) == ["Terima kasih"]
    assert answer.effects == (
        Notify(rule="bukti", admin="bos", to="6281200000001", text="Gambar dari Siti: lunas"),
    )


def test_a_cooldown_silences_the_reply_but_not_the_admin() -> None:
    chat = Chat(book(NOTIFY))
    minute = timedelta(minutes=1)
    answers = [chat.say(type=MessageType.IMAGE, after=minute / 2) for _ in range(4)]

    assert [len(answer.replies) for answer in answers] == [1, 0, 0, 0]
    assert [len(answer.effects) for answer in answers] == [1, 0, 1, 0]


def test_a_device_that_disconnects_is_told() -> None:
    event = DeviceChanged(
        gateway="wagate",
        device="toko-1",
        key="k",
        raw=b"",
        state=DeviceState.DISCONNECTED,
        reason="logout",
    )

    answer = play(book(NOTIFY), Turn(event=event, now=NOW, received_at=NOW))

    assert answer.replies == ()
    (effect,) = answer.effects
    assert effect == Notify(
        rule="putus",
        admin="gudang",
        to="6281200000002",
        device="toko-9",
        text="toko-1 terputus (logout)",
    )


def test_the_explanation_is_small_and_quotes_nobody() -> None:
    answer = Chat(book(COOL)).say("rahasia saya")

    assert answer.explanation.as_json() == {
        "version": answer.explanation.version,
        "rules": ["fallback"],
    }
    assert "rahasia" not in repr(answer)
    assert SITI not in repr(answer)


def test_the_same_turn_has_the_same_answer() -> None:
    rules = book(GREET)

    assert Chat(rules, first=True).say("harga") == Chat(rules, first=True).say("harga")


def test_the_state_survives_as_json() -> None:
    chat = Chat(book(GREET))
    state = chat.say("harga").state

    written = json.loads(json.dumps(state.as_json()))

    assert State.from_json(written) == state


def test_an_empty_state_is_an_empty_object() -> None:
    assert State().as_json() == {}
    assert State.from_json({}) == State()


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "x",
        {"cooldowns": [], "replies": {}, "paused_until": 5, "flow": "x"},
        {"cooldowns": {"a": "soon"}, "replies": [None, "2026-01-01T00:00:00"]},
    ],
)
def test_a_broken_state_is_forgotten(broken: object) -> None:
    assert State.from_json(broken) == State()


def test_the_state_forgets_what_has_passed() -> None:
    chat = Chat(book(GREET))
    chat.say("harga")

    state = chat.say("asdf", after=timedelta(days=1)).state

    assert state.cooldowns == {}
    assert len(state.replies) == 1
