"""Flows: questions one after another, and everything that may come in between."""

from datetime import timedelta
from typing import Any

import pytest

from bot.events import Button, InternalEvent, Kind, MessageType
from bot.rules import Answer, Book, Handover, Later, Notify, Record, Turn, play
from tests.rules.playing import NOW, SITI, Chat, book, problems, rules_of, texts

MINUTE = timedelta(minutes=1)
ORDER = """\
admins: {bos: {to: "6281200000077"}}
tables:
  produk:
    - {id: kopi, nama: Kopi Gayo, harga: 50.000}
    - {id: teh, nama: Teh Melati, harga: 35.000}
rules:
  - {id: stop, always: true, match: {exact: stop}, opt_out: true, reply: baik}
  - {id: cs, always: true, match: {words: cs}, handover: {for: 4h, notify: bos}, reply: sebentar}
  - {id: bantuan, always: true, match: {words: bantuan}, reply: Ini bantuan.}
  - id: order
    match:
      - pattern: order <produk> <jumlah>
      - pattern: order <produk>
      - words: order
    start: order
  - {id: harga, match: {words: harga}, reply: Mulai 35 ribu.}
  - {id: jam, match: {words: jam}, reply: Buka 9-17.}
  - {id: promo, match: {words: promo}, reply: Diskon!}
fallback: {reply: Maaf?}
flows:
  order:
    cancel: [batal, tidak jadi]
    on_cancel: {reply: Dibatalkan.}
    timeout: 30m
    on_timeout: {reply: Waktu habis., tag: lambat}
    interrupt: [harga, jam]
    steps:
      - id: produk
        ask: Mau apa?
        type: table.produk
        error: Tidak ada.
        retries: 2
        on_fail: {handover: {for: 1h, notify: bos}, reply: Kami bantu.}
      - id: jumlah
        ask: Berapa {{ form.produk.nama }}?
        type: int
        min: 1
        max: 100
        error: 1-100
      - {id: alamat, ask: Ke mana?, min: 10, error: Kurang lengkap.}
      - id: setuju
        ask: |
          {{ form.jumlah }} x {{ form.produk }} = {{ form.jumlah * form.produk.harga }},
          {{ form.alamat }}?
        type: choice
        choices: {ya: [ya, ok], tidak: [tidak, bukan]}
    done:
      - if: {eq: [form.setuju, ya]}
        record: {kind: order, fields: [produk, jumlah, alamat]}
        notify: {to: bos, text: "{{ form.jumlah }} {{ form.produk.nama }} ke {{ form.alamat }}"}
        tag: pembeli
        reply: Siap!
      - reply: Baik.
"""


def at(answer: Answer) -> str | None:
    """Return the question that is open."""
    return answer.explanation.flow


def through(rules: Book, *said: str) -> tuple[Chat, Answer]:
    chat = Chat(rules)
    answers = [chat.say(text) for text in said]
    return chat, answers[-1]


def of(kind: type, answer: Answer) -> list[Any]:
    return [effect for effect in answer.effects if isinstance(effect, kind)]


def test_asks_one_question_after_another() -> None:
    chat = Chat(book(ORDER))

    asked = [texts(chat.say(text)) for text in ("order", "kopi", "2", "Jl. Melati 5, Bandung")]

    assert asked == [
        ["Mau apa?"],
        ["Berapa Kopi Gayo?"],
        ["Ke mana?"],
        ["2 x Kopi Gayo = 100000,\nJl. Melati 5, Bandung?"],
    ]


def test_does_what_stands_in_done_with_the_filled_form() -> None:
    chat, answer = through(book(ORDER), "order", "kopi", "2", "Jl. Melati 5, Bandung", "ya")

    assert texts(answer) == ["Siap!"]
    assert at(answer) is None
    [record] = of(Record, answer)
    assert record.kind == "order"
    assert record.fields == {"produk": "kopi", "jumlah": 2, "alamat": "Jl. Melati 5, Bandung"}
    [told] = of(Notify, answer)
    assert told.text == "2 Kopi Gayo ke Jl. Melati 5, Bandung"
    assert answer.state.tags == {"pembeli"}
    assert texts(chat.say("apa")) == ["Maaf?"]


def test_the_first_entry_of_done_that_holds_counts() -> None:
    _, answer = through(book(ORDER), "order", "kopi", "2", "Jl. Melati 5, Bandung", "bukan")

    assert texts(answer) == ["Baik."]
    assert of(Record, answer) == []


@pytest.mark.parametrize(
    ("said", "question"),
    [
        ("order", "order.produk"),
        ("order kopi", "order.jumlah"),
        ("ORDER Kopi 2", "order.alamat"),
        ("order gula", "order.produk"),
        ("order kopi 500", "order.jumlah"),
    ],
)
def test_what_is_captured_already_is_not_asked_again(said: str, question: str) -> None:
    assert at(through(book(ORDER), said)[1]) == question


def test_an_answer_that_does_not_fit_is_refused_and_asked_for_again() -> None:
    chat, answer = through(book(ORDER), "order kopi", "banyak")

    assert texts(answer) == ["1-100"]
    assert at(answer) == "order.jumlah"
    assert at(chat.say("3")) == "order.alamat"


def test_the_limits_of_a_step_count() -> None:
    chat, answer = through(book(ORDER), "order kopi", "101")

    assert texts(answer) == ["1-100"]
    assert at(chat.say("0")) == "order.jumlah"
    assert at(chat.say("100")) == "order.alamat"
    assert texts(chat.say("Bandung")) == ["Kurang lengkap."]


def test_without_an_error_of_its_own_a_short_one_is_said() -> None:
    rules = book("""\
rules: [{id: a, match: {words: mulai}, start: f}]
flows: {f: {steps: [{id: n, ask: Berapa?, type: int}]}}
""")

    assert texts(through(rules, "mulai", "apa")[1]) == ["Maaf, kami belum paham jawaban itu."]


def test_after_too_many_answers_that_do_not_fit_the_flow_ends() -> None:
    _, answer = through(book(ORDER), "order", "gula", "garam")

    assert "Kami bantu." in texts(answer)
    assert of(Handover, answer)
    assert at(answer) is None


def test_without_on_fail_the_flow_ends_with_the_error() -> None:
    chat, answer = through(book(ORDER), "order kopi", "x", "y", "z")

    assert texts(answer) == ["1-100"]
    assert at(answer) is None
    assert texts(chat.say("2")) == ["Maaf?"]


def test_a_good_answer_starts_the_counting_anew() -> None:
    _, answer = through(book(ORDER), "order", "gula", "kopi", "x", "y")

    assert at(answer) == "order.jumlah"


@pytest.mark.parametrize("said", ["batal", "Batal dong", "tidak jadi"])
def test_the_contact_may_leave(said: str) -> None:
    _, answer = through(book(ORDER), "order kopi", said)

    assert texts(answer) == ["Dibatalkan."]
    assert at(answer) is None


@pytest.mark.parametrize(("said", "rule"), [("harga?", "harga"), ("jam berapa", "jam")])
def test_a_rule_that_may_interrupt_answers_and_the_question_comes_again(
    said: str, rule: str
) -> None:
    chat, answer = through(book(ORDER), "order kopi", said)

    assert rules_of(answer) == (rule,)
    [text] = texts(answer)
    assert text.endswith("Berapa Kopi Gayo?")
    assert at(chat.say("2")) == "order.alamat"


def test_no_other_rule_interrupts() -> None:
    _, answer = through(book(ORDER), "order kopi", "promo")

    assert rules_of(answer) == ()
    assert texts(answer) == ["1-100"]


def test_a_rule_that_is_always_looked_at_answers_and_the_question_comes_again() -> None:
    _, answer = through(book(ORDER), "order kopi", "bantuan")

    assert rules_of(answer) == ("bantuan",)
    assert texts(answer) == ["Ini bantuan.\n\nBerapa Kopi Gayo?"]


@pytest.mark.parametrize("said", ["Jl. Jam Gadang 12", "Jl. Harga Diri no cs 7", "batal jadi 5 x"])
def test_words_inside_a_free_text_mean_nothing_else(said: str) -> None:
    _, answer = through(book(ORDER), "order kopi 2", said)

    assert at(answer) == "order.setuju"


@pytest.mark.parametrize(
    ("said", "question"), [("harga", "order.alamat"), ("cs", None), ("batal", None), ("stop", None)]
)
def test_as_the_whole_message_they_do(said: str, question: str | None) -> None:
    _, answer = through(book(ORDER), "order kopi 2", said)

    assert at(answer) == question
    assert "Kurang lengkap." not in texts(answer)


@pytest.mark.parametrize("said", ["stop", "cs dong"])
def test_opt_out_and_handover_end_the_flow(said: str) -> None:
    _, answer = through(book(ORDER), "order", said)

    assert at(answer) is None
    assert len(texts(answer)) == 1


def test_a_button_may_be_the_answer() -> None:
    chat, _ = through(book(ORDER), "order kopi 2", "Jl. Melati 5, Bandung")

    answer = chat.say("Betul", type=MessageType.BUTTON, button=Button(id="ya", title="Betul"))

    assert texts(answer) == ["Siap!"]


def test_a_button_further_up_is_no_answer_to_a_question_without_one() -> None:
    chat, _ = through(book(ORDER), "order kopi 2")
    old = Button(id="btn_harga_kopi", title="Harga Kopi Gayo")

    answer = chat.say("Harga Kopi Gayo", type=MessageType.BUTTON, button=old)

    assert texts(answer) == ["Kurang lengkap."]
    assert at(answer) == "order.alamat"


def test_a_button_below_a_question_in_free_text_is_answered_with_its_title() -> None:
    rules = book("""\
rules: [{id: a, match: {words: mulai}, start: f}]
flows:
  f:
    steps: [{id: kota, ask: {text: Kota?, buttons: [{id: b1, title: Bandung}]}}]
    done: {reply: "{{ form.kota }}"}
""")
    chat, _ = through(rules, "mulai")

    said = chat.say("Bandung", type=MessageType.BUTTON, button=Button(id="b1", title="Bandung"))

    assert texts(said) == ["Bandung"]


@pytest.mark.parametrize("kind", [MessageType.STICKER, MessageType.VOICE])
def test_what_is_no_text_is_no_answer_and_no_mistake(kind: MessageType) -> None:
    chat, _ = through(book(ORDER), "order", "gula")

    assert texts(chat.say(type=kind)) == []
    assert at(chat.say("kopi")) == "order.jumlah"


def test_the_flow_is_timed_from_its_start() -> None:
    _, answer = through(book(ORDER), "order")

    [later] = of(Later, answer)
    assert later.event is Kind.FLOW_TIMEOUT
    assert later.at == NOW + timedelta(seconds=10) + 30 * MINUTE


def timeout(chat: Chat, details: Any, *, after: timedelta) -> Answer:
    now = chat.now + after
    event = InternalEvent(
        gateway="wagate",
        device="toko-1",
        key="t",
        address=SITI,
        raw=b"",
        name=Kind.FLOW_TIMEOUT,
        details=details,
    )
    return play(chat.rules, Turn(event=event, now=now, received_at=now, conversation=chat.view))


def test_a_flow_that_nobody_answers_ends() -> None:
    chat, answer = through(book(ORDER), "order")
    [later] = of(Later, answer)

    ended = timeout(chat, later.details, after=30 * MINUTE)

    assert texts(ended) == ["Waktu habis."]
    assert at(ended) is None
    assert ended.state.tags == {"lambat"}


def test_an_answer_gives_the_flow_its_time_again() -> None:
    chat, answer = through(book(ORDER), "order")
    [later] = of(Later, answer)
    chat.say("kopi", after=20 * MINUTE)

    early = timeout(chat, later.details, after=10 * MINUTE)

    assert texts(early) == []
    assert at(early) == "order.jumlah"
    [again] = of(Later, early)
    assert again.at == chat.now + 30 * MINUTE
    assert again.details == later.details


def test_the_timeout_of_another_run_ends_nothing() -> None:
    chat, answer = through(book(ORDER), "order")
    [later] = of(Later, answer)
    chat.say("batal")
    chat.say("order")

    stale = timeout(chat, later.details, after=60 * MINUTE)

    assert texts(stale) == []
    assert at(stale) == "order.produk"


def test_a_message_after_the_time_is_over_finds_no_flow() -> None:
    chat, _ = through(book(ORDER), "order")

    answer = chat.say("promo", after=31 * MINUTE)

    assert rules_of(answer) == ("promo",)
    assert at(answer) is None


def test_a_flow_that_the_file_has_no_more_has_ended() -> None:
    chat, _ = through(book(ORDER), "order")
    chat.rules = book("rules: [{id: promo, match: {words: promo}, reply: x}]\n")

    assert rules_of(chat.say("promo")) == ("promo",)


def test_an_answer_that_fits_its_question_no_more_is_asked_for_again() -> None:
    chat, _ = through(book(ORDER), "order kopi 2")
    chat.rules = book(ORDER.replace("{id: kopi, nama: Kopi Gayo", "{id: kopi2, nama: Kopi Toraja"))

    assert at(chat.say("Jl. Melati 5, Bandung")) == "order.produk"
    assert at(chat.say("kopi toraja")) == "order.setuju"


def test_a_step_is_asked_only_when_its_if_holds() -> None:
    rules = book("""\
rules: [{id: a, match: {words: mulai}, start: f}]
flows:
  f:
    steps:
      - {id: kirim, ask: Dikirim?, type: choice, choices: {ya: ya, tidak: tidak}}
      - {id: alamat, ask: Ke mana?, if: {eq: [form.kirim, ya]}}
    done: {reply: "[{{ form.alamat }}]"}
""")

    assert at(through(rules, "mulai", "ya")[1]) == "f.alamat"
    assert texts(through(rules, "mulai", "tidak")[1]) == ["[]"]


def test_questions_and_answers_do_not_count_as_a_loop() -> None:
    rules = book("settings: {loop_guard: {replies: 3, within: 1h}}\n" + ORDER)
    _, answer = through(rules, "order kopi", *["apa", "2", "harga", "jam", "harga", "jam"])

    assert at(answer) is not None or texts(answer)
    assert answer.explanation.guard is None


@pytest.mark.parametrize("answer", ["Maaf, saya tidak di tempat.", "order kopi 2"])
def test_a_bot_that_fills_in_one_form_after_another_is_found_out(answer: str) -> None:
    chat = Chat(book(ORDER))

    heard = [chat.say(["order", answer][n % 2], after=MINUTE / 4) for n in range(300)]

    assert any(each.explanation.guard == "loop" for each in heard)


def test_a_flow_may_lead_to_another_one() -> None:
    rules = book("""\
rules: [{id: a, match: {words: mulai}, start: satu}]
flows:
  satu: {steps: [{id: x, ask: Satu?}], done: {start: dua}}
  dua: {steps: [{id: y, ask: Dua?}], done: {reply: "{{ form.y }}"}}
""")

    assert texts(through(rules, "mulai", "a")[1]) == ["Dua?"]
    assert texts(through(rules, "mulai", "a", "b")[1]) == ["b"]


def test_flows_that_lead_to_each_other_without_a_question_end() -> None:
    rules = book("""\
rules: [{id: a, match: {pattern: "<x> satu"}, start: satu}]
flows:
  satu: {steps: [{id: x, ask: Satu?}], done: {start: dua, reply: ke dua}}
  dua: {steps: [{id: x, ask: Dua?, if: {eq: [form.x, tidak pernah]}}], done: {start: satu}}
""")

    _, answer = through(rules, "apa satu")

    assert texts(answer) == ["ke dua"]
    assert at(answer) is None


def test_a_flow_without_a_question_that_starts_itself_ends() -> None:
    rules = book("""\
rules: [{id: a, match: {words: mulai}, start: f}]
flows:
  f: {steps: [{id: x, ask: "?", if: {eq: [contact.name, Budi]}}], done: {start: f, reply: Selesai}}
""")

    _, answer = through(rules, "mulai")

    assert texts(answer) == ["Selesai"]
    assert at(answer) is None


@pytest.mark.parametrize(
    ("flow", "told"),
    [
        ("steps: [{id: a, ask: x}, {id: a, ask: y}]", 'the id "a" is already used in this flow'),
        ("steps: []", "a list of steps"),
        ("steps: [{id: a, ask: x, type: table.gula}]", 'there is no table "gula"'),
        ("steps: [{id: a, ask: x, type: choice}]", 'give it "choices"'),
        ("steps: [{id: a, ask: x, choices: {ya: ya}}]", '"choices" need "type: choice"'),
        ("steps: [{id: a, ask: x, type: int, min: 9, max: 1}]", "min is above max"),
        ("steps: [{id: a, ask: x, type: email, min: 9}]", '"min" means nothing for email'),
        ("steps: [{id: a, ask: x, type: angka}]", "int, number, phone"),
        ("steps: [{id: a, ask: none}]", "a question must be asked"),
        ("steps: [{id: a, ask: '{{ form.b }}'}]", '"form.b" does not exist'),
        ("interrupt: x, steps: [{id: a, ask: x}]", 'there is no rule "x"'),
        ("interrupt: semua, steps: [{id: a, ask: x}]", '"semua" has no match'),
        ("steps: [{id: a, ask: x}], done: [{reply: a}, {reply: b}]", "holds always"),
        ("steps: [{id: a, ask: x}], done: {start: g}", 'there is no flow "g"'),
        (
            "steps: [{id: a, ask: x, type: choice, choices: {ya: [ok], tidak: [ok]}}]",
            '"ok" already means "ya"',
        ),
    ],
)
def test_a_mistake_in_a_flow_is_told(flow: str, told: str) -> None:
    found = problems(f"""\
rules:
  - {{id: a, match: {{words: a}}, start: f}}
  - {{id: semua, if: {{first: true}}, reply: x}}
flows: {{f: {{{flow}}}}}
""")

    assert any(told in problem for problem in found), found
