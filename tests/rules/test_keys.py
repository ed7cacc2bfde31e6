"""Keys of the language whose work shows only in a file that needs them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events import DeviceChanged, DeviceState, MessageType
from bot.rehearsal.examples import run_all
from bot.rules import Notify, Turn, play
from tests.rules.playing import NOW, Chat, book, message, problems, rules_of, texts


def test_hours_are_those_of_the_time_zone() -> None:
    # 10:00 in Jakarta is 03:00 in London.
    rules = """\
settings: {{timezone: {}}}
hours: {{toko: {{setiap hari: 09:00-17:00}}}}
rules: [{{id: a, match: {{words: a}}, reply: "{{{{ hours.toko.state }}}} {{{{ now.time }}}}"}}]
"""

    assert texts(Chat(book(rules.format("Asia/Jakarta"))).say("a")) == ["buka 10:00"]
    assert texts(Chat(book(rules.format("Europe/London"))).say("a")) == ["tutup 03:00"]


def test_the_loop_guard_counts_within_its_time() -> None:
    rules = book("""\
settings: {loop_guard: {replies: 3, within: 10m}}
rules: [{id: halo, match: {words: halo}, reply: hai}]
""")
    chat = Chat(rules)

    said = [texts(chat.say("halo", after=timedelta(minutes=2))) for _ in range(5)]

    assert said == [["hai"], ["hai"], ["hai"], [], []]


def test_the_fallback_may_use_a_named_reply_and_answer_other_types() -> None:
    rules = book("""\
replies: {maaf: {text: Maaf ya}}
rules: [{id: halo, match: {words: halo}, reply: hai}]
fallback: {use: maaf, match_types: [sticker]}
""")

    assert texts(Chat(rules).say(type=MessageType.STICKER)) == ["Maaf ya"]
    assert texts(Chat(rules).say("apa")) == []


@pytest.mark.parametrize("kind", ["image", "video", "audio", "voice", "document", "sticker"])
def test_every_kind_of_file_can_be_said(kind: str) -> None:
    rules = book(f"rules: [{{id: a, match: {{words: a}}, reply: {{media: {{{kind}: x.bin}}}}}}]\n")

    [reply] = Chat(rules).say("a").replies

    assert reply.content.kind == kind


def test_a_test_names_its_device() -> None:
    rules = book("""\
rules: [{id: a, match: {words: a}, if: {device: turis}, reply: hello}]
tests:
  - {name: di sini, device: turis, say: a, expect: {rule: a}}
  - {name: di sana, device: toko, say: a, expect: {rule: none}}
""")

    assert [outcome.failure for outcome in run_all(rules)] == [None, None]


START = """\
rules:
  - {id: order, match: {words: order}, cooldown: 1h, start: f}
  - {id: lagi, match: {words: lagi}, cooldown: 1h, start: f}
flows:
  f: {cancel: batal, timeout: 10m, steps: [{id: n, ask: Berapa?, type: int}]}
"""


def test_a_form_on_cooldown_does_not_start_again() -> None:
    chat = Chat(book(START))

    assert texts(chat.say("order")) == ["Berapa?"]
    chat.say("batal")
    assert texts(chat.say("order")) == []
    assert chat.view.state.flow is None


def test_an_answer_that_does_not_fit_gives_the_form_its_time_again() -> None:
    chat = Chat(book(START))
    chat.say("order")
    chat.say("apa", after=timedelta(minutes=8))

    assert chat.say("5", after=timedelta(minutes=8)).explanation.flow is None
    assert chat.view.state.flow is None


def test_the_loop_guard_does_not_stop_a_form() -> None:
    rules = book("settings: {loop_guard: {replies: 1, within: 1h}}\n" + START)
    chat = Chat(rules)
    chat.say("order")

    answer = chat.say("apa")

    assert answer.explanation.guard is None
    assert texts(answer)


def test_an_answer_in_a_form_ends_the_row_of_misses() -> None:
    rules = book(START + "fallback: {reply: Maaf, after: 2, then: {reply: Dua kali}}\n")
    chat = Chat(rules)
    chat.say("apa")
    chat.say("order")
    chat.say("5")

    assert texts(chat.say("apa")) == ["Maaf"]


def test_a_bot_that_is_switched_off_still_tells_of_its_device() -> None:
    rules = book("""\
admins: {bos: {to: "6281200000077"}}
rules: [{id: putus, event: device.disconnected, notify: {to: bos, text: putus}}]
""")
    event = DeviceChanged(
        gateway="wagate", device="toko-1", key="d", raw=b"", state=DeviceState.DISCONNECTED
    )
    view = replace(Chat(rules).view, off_until=NOW + timedelta(hours=1))

    answer = play(rules, Turn(event=event, now=NOW, received_at=NOW, conversation=view))

    assert [type(effect) for effect in answer.effects] == [Notify]


def test_silence_is_measured_by_when_messages_came() -> None:
    rules = book("rules: [{id: a, if: {silent_for: 2h}, reply: lama, continue: true}]\n")
    chat = Chat(rules)
    event = chat.say("x")
    assert texts(event) == []
    # An outage of ours made nobody silent.
    late = Turn(
        event=message("y"),
        now=chat.now + timedelta(hours=5),
        received_at=chat.now,
        conversation=chat.view,
    )

    assert rules_of(play(rules, late)) == ()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{{ kilo }} {{ kilo * 2 }}", "2.5 5"),
        ("{{ kilo | number }} {{ kecil | number }}", "2,5 0,75"),
        ("{{ harga | rupiah }} {{ kilo * harga }}", "Rp 1.500 3750"),
        ("{{ koma }} {{ koma + 1 }}", "2,50 3,5"),
        ("{{ nomor }} {{ versi }}", "0812 1.2.3"),
        ("{{ tables.paket[0].berat * tables.paket[0].harga }}", "15000"),
        ("{{ '2.5' | number }} {{ '50.000' | rupiah }}", "2,5 Rp 50.000"),
    ],
)
def test_a_number_with_decimals_is_one(text: str, written: str) -> None:
    rules = book(f"""\
vars: {{kilo: 2.5, kecil: 0.75, harga: 1.500, koma: "2,50", nomor: 0812, versi: 1.2.3}}
tables: {{paket: [{{id: a, nama: A, berat: 1.5, harga: 10.000}}]}}
rules: [{{id: a, match: {{words: a}}, reply: "{text}"}}]
""")

    assert texts(Chat(rules).say("a")) == [written]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GMT+7", "Asia/Jakarta"),
        ("UTC +8", "Asia/Makassar"),
        ("+09:00", "Asia/Jayapura"),
        ("Jakarta", "Asia/Jakarta"),
        ("WIB", "Asia/Jakarta"),
    ],
)
def test_a_time_zone_that_is_named_otherwise_is_found(written: str, meant: str) -> None:
    [found] = problems(f"""\
settings: {{timezone: "{written}"}}
rules: [{{id: a, match: {{words: a}}, reply: x}}]
""")

    assert found.endswith(f'did you mean "{meant}"?')
