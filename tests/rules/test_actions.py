"""What rules do besides saying a text: tags, records, calls, wordings at random, and misses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.content import Location, Reaction, Template, Text, as_json
from bot.events import CallReceived, InternalEvent, Kind, Status, StatusChanged
from bot.rules import (
    Answer,
    Handover,
    HttpCall,
    Notify,
    Record,
    RulesError,
    TaskCall,
    Turn,
    play,
    read,
)
from bot.rules.extensions import Extensions
from tests.rules.playing import NOW, SITI, Chat, book, problems, rules_of, texts


def of(kind: type, answer: Answer) -> list[Any]:
    return [effect for effect in answer.effects if isinstance(effect, kind)]


def internal(kind: Kind, **details: object) -> InternalEvent:
    return InternalEvent(
        gateway="wagate",
        device="toko-1",
        key="x",
        address=SITI,
        raw=b"",
        name=kind,
        details=details,
    )


def hear(chat: Chat, event: Any) -> Answer:
    turn = Turn(event=event, now=chat.now, received_at=chat.now, conversation=chat.view)
    return play(chat.rules, turn)


TAGS = """\
rules:
  - {id: vip, match: {words: vip}, tag: [vip, lama], reply: ok}
  - {id: biasa, match: {words: biasa}, untag: vip, reply: ok}
  - {id: khusus, match: {words: harga}, if: {tag: vip}, reply: murah}
  - {id: harga, match: {words: harga}, reply: mahal}
"""


def test_a_tag_is_kept_and_can_be_asked_for() -> None:
    chat = Chat(book(TAGS))

    assert texts(chat.say("harga")) == ["mahal"]
    assert chat.say("vip").state.tags == {"vip", "lama"}
    assert texts(chat.say("harga")) == ["murah"]
    assert chat.say("biasa").state.tags == {"lama"}
    assert texts(chat.say("harga")) == ["mahal"]


def test_tags_do_not_grow_without_end() -> None:
    words = ", ".join(f"t{number}" for number in range(80))
    chat = Chat(book(f"rules: [{{id: a, match: {{words: a}}, tag: [{words}], reply: x}}]\n"))

    assert len(chat.say("a").state.tags) == 50


def test_a_rule_keeps_what_is_written() -> None:
    rules = book("""\
rules:
  - id: komplain
    match: {pattern: "komplain <isi>"}
    record: {kind: komplain, fields: {isi: "{{ captured.isi }}", dari: "{{ contact.name }}"}}
""")

    [record] = of(Record, Chat(rules).say("komplain Barang rusak!"))

    assert (record.rule, record.kind) == ("komplain", "komplain")
    assert record.fields == {"isi": "Barang rusak", "dari": "Siti"}


def test_a_rule_can_only_keep_what_there_is() -> None:
    found = problems("""\
rules:
  - {id: a, match: {words: a}, record: {kind: order, fields: [jumlah]}}
""")

    assert 'there is no step or capture "jumlah"' in found[0]


RANDOM = """\
rules:
  - id: halo
    match: {words: halo}
    reply: {random: [Satu, Dua, {text: Tiga}, {use: empat}]}
replies: {empat: {text: Empat}}
"""


def test_any_one_of_several_wordings_is_said() -> None:
    chat = Chat(book(RANDOM))

    said = {texts(chat.say("halo", key=f"m:{number}"))[0] for number in range(60)}

    assert said == {"Satu", "Dua", "Tiga", "Empat"}


def test_the_same_event_is_always_answered_alike() -> None:
    said = {texts(Chat(book(RANDOM)).say("halo", key="m:7"))[0] for _ in range(20)}

    assert len(said) == 1


def test_a_reply_is_one_of_several_ways() -> None:
    found = problems("""\
rules:
  - {id: a, match: {words: a}, reply: {text: x, random: [y]}}
""")

    assert 'exactly one of "text", "use", "random"' in found[0]


@pytest.mark.parametrize(
    ("reply", "content"),
    [
        ("{reaction: 👍}", Reaction(message_id="wamid.1", emoji="👍")),
        (
            '{template: {name: pesanan, language: en, parameters: ["{{ contact.name }}", dua]}}',
            Template(name="pesanan", language="en", parameters=("Siti", "dua")),
        ),
        (
            '{location: {latitude: -6.175392, longitude: 106.827153, name: "{{ contact.name }}"}}',
            Location(latitude=-6.175392, longitude=106.827153, name="Siti"),
        ),
    ],
)
def test_a_reply_may_be_no_text(reply: str, content: object) -> None:
    rules = book(f"rules: [{{id: a, match: {{words: a}}, reply: {reply}}}]\n")

    [said] = Chat(rules).say("a", external_id="wamid.1").replies

    assert said.content == content


def test_a_reaction_goes_before_what_is_said() -> None:
    rules = book("rules: [{id: a, match: {words: a}, reply: {reaction: 👍, text: Siap}}]\n")

    said = Chat(rules).say("a", external_id="wamid.1").replies

    assert [reply.content.kind for reply in said] == ["reaction", "text"]


def test_a_reaction_needs_a_message_to_be_put_on() -> None:
    rules = book("rules: [{id: a, match: {words: a}, reply: {reaction: 👍}}]\n")

    assert Chat(rules).say("a").replies == ()


@pytest.mark.parametrize(
    "reply",
    [
        "{template: x, text: y}",
        "{location: {latitude: 1, longitude: 2}, text: y}",
    ],
)
def test_what_is_no_text_is_said_by_itself(reply: str) -> None:
    found = problems(f"rules:\n  - {{id: a, match: {{words: a}}, reply: {reply}}}\n")

    assert "is said by itself" in found[0]


MISSES = """\
admins: {bos: {to: "6281200000077"}}
rules:
  - {id: halo, match: {words: halo}, reply: hai}
  - {id: sapa, if: {first: true}, continue: true, reply: selamat datang}
fallback:
  cooldown: 30m
  after: 3
  then: {handover: {for: 4h, notify: bos}, reply: Kami panggilkan orang.}
  reply: Maaf?
"""


def test_after_some_misses_something_else_happens() -> None:
    chat = Chat(book(MISSES))

    answers = [chat.say(text) for text in ("asdf", "qwer", "zxcv")]

    assert [texts(answer) for answer in answers] == [["Maaf?"], [], ["Kami panggilkan orang."]]
    assert [bool(of(Handover, answer)) for answer in answers] == [False, False, True]
    assert [effect.admin for effect in of(Notify, answers[2])] == ["bos"]


def test_a_message_that_is_understood_ends_the_row() -> None:
    chat = Chat(book(MISSES))

    for text in ("asdf", "qwer", "halo", "zxcv"):
        assert not of(Handover, chat.say(text))


def test_the_counting_starts_anew_after_it_happened() -> None:
    chat = Chat(book(MISSES))
    for text in ("a", "b", "c"):
        chat.say(text)

    assert chat.view.state.misses == 0


def test_after_and_then_go_together() -> None:
    assert (
        '"after" and "then" go together'
        in problems(
            "rules: [{id: a, match: {words: a}, reply: x}]\nfallback: {reply: x, after: 2}\n"
        )[0]
    )


HTTP = """\
rules:
  - id: stok
    match: {pattern: "stok <barang>"}
    http:
      url: http://localhost:9000/stok
      timeout: 5s
      with: {barang: "{{ captured.barang }}", toko: Melati}
      on_error: {reply: "Maaf, {{ contact.name }}, nanti kami cek."}
    reply: Sebentar ya.
"""


def test_an_address_is_asked_later() -> None:
    answer = Chat(book(HTTP)).say("stok Kopi Gayo")

    assert texts(answer) == ["Sebentar ya."]
    [call] = of(HttpCall, answer)
    assert (call.url, call.timeout) == ("http://localhost:9000/stok", timedelta(seconds=5))
    assert call.body["with"] == {"barang": "Kopi Gayo", "toko": "Melati"}
    assert call.body["contact"]["phone"] == SITI
    assert call.body["message"]["text"] == "stok Kopi Gayo"


def done(**details: object) -> InternalEvent:
    return internal(Kind.EFFECT_DONE, place="stok", rule="stok", **details)


def test_what_it_answers_is_said() -> None:
    chat = Chat(book(HTTP))
    chat.say("stok kopi")

    answer = hear(chat, done(reply=[as_json(Text(text="{{ 7 * 7 }} buah"))], tag=["peminat"]))

    assert texts(answer) == ["{{ 7 * 7 }} buah"]
    assert rules_of(answer) == ("stok",)
    assert answer.state.tags == {"peminat"}


def test_if_it_does_not_answer_on_error_is_said() -> None:
    chat = Chat(book(HTTP))
    chat.say("stok kopi")

    assert texts(hear(chat, done(error=True))) == ["Maaf, Siti, nanti kami cek."]


@pytest.mark.parametrize(
    ("view", "guard"),
    [
        ({"opted_out": True}, "opted-out"),
        ({"human_at": NOW}, "takeover"),
        ({"handover_until": NOW + timedelta(hours=1)}, "handover"),
        ({"off_until": NOW + timedelta(hours=1)}, "switched off"),
    ],
)
def test_a_late_answer_does_not_talk_over_a_person(view: dict[str, Any], guard: str) -> None:
    chat = Chat(book(HTTP))
    chat.view = replace(chat.view, **view)

    answer = hear(chat, done(reply=[as_json(Text(text="ada"))]))

    assert texts(answer) == []
    assert answer.explanation.guard == guard


@pytest.mark.parametrize("reply", ["ada", [1], [{"kind": "text"}], [{"kind": "x"}], {"a": 1}, None])
def test_an_answer_that_cannot_be_read_is_not_said(reply: object) -> None:
    assert texts(hear(Chat(book(HTTP)), done(reply=reply))) == []


def quick(occasion: Any) -> str:
    return f"{occasion.name} bertanya {occasion.arguments['apa']}"


EXTENSIONS = Extensions(
    actions={"tanya": quick},
    tasks={"cari": lambda _: "x"},
    conditions={"ramai": lambda occasion: occasion.text.endswith("!")},
)
CALLS = """\
version: 1
settings: {module: toko}
rules:
  - {id: tanya, match: {words: tanya}, call: {name: tanya, with: {apa: "{{ message.text }}"}}}
  - {id: cari, match: {words: cari}, call: cari, reply: Sebentar.}
  - {id: ramai, match: {words: sepi}, if: {call: ramai}, reply: Wah!}
"""


def calls() -> Chat:
    return Chat(read(CALLS, extend=lambda _: EXTENSIONS))


def test_a_quick_function_of_ones_own_speaks_at_once() -> None:
    assert texts(calls().say("tanya dong")) == ["Siti bertanya tanya dong"]


def test_a_slow_one_speaks_later() -> None:
    answer = calls().say("cari")

    assert texts(answer) == ["Sebentar."]
    [task] = of(TaskCall, answer)
    assert (task.name, task.rule) == ("cari", "cari")


def test_when_a_slow_one_fails_on_error_is_said() -> None:
    text = CALLS.replace("call: cari,", "call: {name: cari, on_error: {reply: Maaf}},")
    chat = Chat(read(text, extend=lambda _: EXTENSIONS))
    [task] = of(TaskCall, chat.say("cari"))

    failed = internal(Kind.EFFECT_DONE, place=task.place, rule=task.rule, error=True)

    assert texts(hear(chat, failed)) == ["Maaf"]


def test_an_address_that_is_asked_on_error_does_not_fail_into_itself() -> None:
    url = "http://localhost:9000"
    rules = book(f"""\
rules:
  - id: stok
    match: {{words: stok}}
    http: {{url: {url}/satu, on_error: {{http: {url}/dua}}}}
""")
    chat = Chat(rules)
    [first] = of(HttpCall, chat.say("stok"))
    [second] = of(HttpCall, hear(chat, internal(Kind.EFFECT_DONE, place=first.place, error=True)))

    again = hear(chat, internal(Kind.EFFECT_DONE, place=second.place, error=True))

    assert second.url.endswith("/dua")
    assert again.effects == ()


def test_a_condition_of_ones_own_is_asked() -> None:
    assert texts(calls().say("sepi!")) == ["Wah!"]
    assert texts(calls().say("sepi")) == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            "{id: a, match: {words: a}, call: tanyaa}",
            'there is no function "tanyaa"; did you mean "tanya"',
        ),
        ("{id: a, match: {words: a}, if: {call: sepi}, reply: x}", 'there is no condition "sepi"'),
    ],
)
def test_only_registered_names_can_be_called(rule: str, told: str) -> None:
    text = f"version: 1\nsettings: {{module: toko}}\nrules:\n  - {rule}\n"
    with pytest.raises(RulesError, match=told):
        read(text, extend=lambda _: EXTENSIONS)


def test_the_loop_guard_tells_an_admin_once() -> None:
    chat = Chat(
        book("""\
settings: {loop_guard: {replies: 2, within: 1m, pause: 30m, notify: bos}}
admins: {bos: {to: "6281200000077"}}
rules: [{id: halo, match: {words: halo}, reply: hai}]
""")
    )
    answers = [chat.say("halo") for _ in range(5)]

    assert [bool(of(Notify, answer)) for answer in answers] == [False, False, True, False, False]
    [told] = of(Notify, answers[2])
    assert told.to == "6281200000077"
    assert "Siti" in told.text


def test_a_call_may_start_a_flow() -> None:
    rules = book("""\
rules: [{id: telepon, event: call.received, start: f}]
flows: {f: {steps: [{id: apa, ask: Ada apa?}], done: {reply: "{{ form.apa }}"}}}
""")
    event = CallReceived(gateway="wagate", device="toko-1", key="c", address=SITI, raw=b"")

    answer = hear(Chat(rules), event)

    assert texts(answer) == ["Ada apa?"]
    assert answer.explanation.flow == "f.apa"


def test_a_status_can_be_told_of() -> None:
    rules = book("""\
admins: {bos: {to: "6281200000077"}}
rules:
  - id: gagal
    event: message.status
    if: {eq: [status, failed]}
    notify: {to: bos, text: "{{ reason }}"}
""")
    event = StatusChanged(
        gateway="meta",
        device="1",
        key="s",
        address=SITI,
        raw=b"",
        external_id="m",
        status=Status.FAILED,
        error="131026",
    )

    [told] = of(Notify, hear(Chat(rules), event))
    assert told.text == "131026"
    assert not of(Notify, hear(Chat(rules), replace(event, status=Status.READ)))


def test_the_end_of_a_handover_can_be_spoken_about() -> None:
    rules = book("rules: [{id: kembali, event: handover.ended, reply: Sudah terbantu?}]\n")

    assert texts(hear(Chat(rules), internal(Kind.HANDOVER_ENDED))) == ["Sudah terbantu?"]


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("{eq: [message.text, A]}", True),
        ("{eq: [message.text, b]}", False),
        ("{gt: [harga, 40.000]}", True),
        ("{gt: [harga, 50.000]}", False),
        ("{lt: [harga, 60000]}", True),
        ("{lt: [harga, 50000]}", False),
        ("{eq: [harga, 50000]}", True),
        ("{gt: [kilo, 2.4]}", True),
        ('{gt: [kilo, "2,5"]}', False),
        ("{lt: [kilo, 2.6]}", True),
        ("{eq: [kilo, 2.50]}", True),
        ("{eq: [vars.kota, Bandung]}", True),
        ("{eq: [now.day, Senin]}", True),
        ("{not: {eq: [gateway, meta]}}", True),
    ],
)
def test_values_can_be_compared(condition: str, holds: bool) -> None:
    rules = book(f"""\
vars: {{harga: 50.000, kota: bandung, kilo: 2.5}}
rules: [{{id: a, match: {{words: a}}, if: {condition}, reply: x}}]
""")

    assert bool(texts(Chat(rules).say("a"))) is holds


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("{eq: [form.x, ya]}", 'unknown name "form"'),
        ("{eq: [contact.nam, ya]}", 'unknown name "contact.nam"; did you mean "name"'),
        ("{gt: [message, 1]}", ""),
        ("{open: tokoo}", 'there is no hours "tokoo"'),
        ("{closed: x}", 'there is no hours "x"'),
        ("{gt: [contact.name, banyak]}", "expected a number or a date"),
        ("{eq: [a]}", "expected a name and a value"),
    ],
)
def test_a_condition_about_what_does_not_exist_is_told(condition: str, told: str) -> None:
    rules = f"""\
hours: {{toko: {{senin: 09:00-17:00}}}}
rules:
  - {{id: a, match: {{words: a}}, if: {condition}, reply: x}}
"""
    found = problems(rules) if told else [""]

    assert told in found[0]
