"""Contacts whom a person answers: guards that end by themselves, and rules that hand over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.events import CallReceived, DeviceChanged, DeviceState, MessageType
from bot.rules import (
    ConversationView,
    Handover,
    Notify,
    OptIn,
    OptOut,
    State,
    Turn,
    play,
    trace,
    unheard,
)
from bot.rules.tracing import in_words
from tests.rules.playing import NOW, SITI, Chat, book, message, problems, rules_of, texts

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
RULES = """\
admins:
  bos: {to: "6281200000077"}
rules:
  - {id: berhenti, match: {exact: stop}, opt_out: true, reply: baik}
  - {id: mulai, match: {exact: mulai}, opt_in: true, reply: hidup lagi}
  - {id: cs, match: {words: cs}, cooldown: 1h, handover: {for: 4h, notify: bos}, reply: sebentar}
  - {id: halo, match: {words: halo}, reply: hai}
  - {id: telepon, event: call.received, handover: 1h, reply: maaf}
  - {id: putus, event: device.disconnected, notify: {to: bos, text: putus}}
"""


def turn(text: str = "halo", **view: Any) -> Turn:
    conversation = ConversationView(name="Siti", phone=SITI, **view)
    return Turn(event=message(text), now=NOW, received_at=NOW, conversation=conversation)


@pytest.mark.parametrize(
    ("view", "guard"),
    [
        ({}, None),
        ({"human_at": NOW}, "takeover"),
        ({"human_at": NOW - 2 * HOUR + SECOND}, "takeover"),
        ({"human_at": NOW - 2 * HOUR}, None),
        ({"handover_until": NOW + SECOND}, "handover"),
        ({"handover_until": NOW}, None),
        ({"human_at": NOW - 3 * HOUR, "handover_until": NOW + HOUR}, "handover"),
        ({"human_at": NOW - HOUR, "handover_until": NOW - HOUR}, "takeover"),
        ({"human_at": NOW, "opted_out": True}, "opted-out"),
        ({"human_at": NOW, "state": State(paused_until=NOW + HOUR)}, "loop"),
    ],
)
def test_a_contact_whom_a_person_answers_is_left_alone(
    view: dict[str, Any], guard: str | None
) -> None:
    answer = play(book(RULES), turn(**view))

    assert answer.explanation.guard == guard
    assert texts(answer) == ([] if guard else ["hai"])


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("", 2 * HOUR),
        ("takeover: 30m", HOUR / 2),
        ("takeover: {for: 1h}", HOUR),
        ("takeover: off", timedelta()),
        ("takeover: Tidak", timedelta()),
        ("takeover: 0s", timedelta()),
    ],
)
def test_a_takeover_lasts_as_long_as_the_settings_say(written: str, length: timedelta) -> None:
    rules = book(f"settings: {{{written}}}\n{RULES}")
    before = play(rules, turn(human_at=NOW - length + SECOND)).explanation.guard

    assert before == ("takeover" if length else None)
    assert play(rules, turn(human_at=NOW - length)).explanation.guard is None


@pytest.mark.parametrize(("written", "ai"), [("2h", False), ("{ai: ya}", True)])
def test_the_settings_say_whether_an_ai_counts(written: str, *, ai: bool) -> None:
    takeover = book(f"settings: {{takeover: {written}}}\n{RULES}").settings.takeover

    assert (takeover.for_, takeover.ai) == (2 * HOUR, ai)


@pytest.mark.parametrize("view", [{"human_at": NOW}, {"handover_until": NOW + HOUR}])
def test_stop_is_heard_without_an_answer(view: dict[str, Any]) -> None:
    answer = play(book(RULES), turn("stop", **view))

    assert answer.effects == (OptOut(rule="berhenti"),)
    assert answer.replies == ()
    assert answer.explanation.rules == ("berhenti",)


def test_a_call_is_left_to_the_person_and_a_device_is_not() -> None:
    rules = book(RULES)
    view = ConversationView(human_at=NOW, handover_until=NOW + HOUR)
    common = {"gateway": "rijan", "device": "d", "key": "k", "raw": b""}
    call = CallReceived(**common, address=SITI)  # type: ignore[arg-type]
    gone = DeviceChanged(**common, state=DeviceState.DISCONNECTED)  # type: ignore[arg-type]

    answers = [
        play(rules, Turn(event=event, now=NOW, received_at=NOW, conversation=view))
        for event in (call, gone)
    ]

    assert [answer.explanation.guard for answer in answers] == ["takeover", None]
    assert [len(answer.effects) for answer in answers] == [0, 1]


def test_a_handover_has_an_end_and_tells_the_admin_in_a_few_words() -> None:
    answer = play(book(RULES), turn("cs"))

    assert answer.effects == (
        Handover(rule="cs", until=NOW + 4 * HOUR),
        Notify(
            rule="cs",
            admin="bos",
            to="6281200000077",
            text=f"Siti ({SITI}) menunggu jawaban Anda. Bot diam dulu di chat itu.",
        ),
    )
    assert in_words(answer.effects[0]) == "a person answers until 2026-01-05 07:00 UTC (cs)"


def test_the_few_words_are_in_the_language_of_the_settings() -> None:
    rules = book("settings: {language: en}\n" + RULES)
    nameless = Turn(event=message("cs", name=None, phone=None), now=NOW, received_at=NOW)

    [_, told] = play(rules, nameless).effects

    assert isinstance(told, Notify)
    assert told.text == (
        "A contact is waiting for your answer. The bot is silent in that chat for now."
    )


def test_a_handover_may_tell_in_words_of_its_own() -> None:
    told = "notify: {to: bos, text: 'CS! {{ message.text }}'}"
    answer = play(book(RULES.replace("notify: bos", told)), turn("cs dong"))

    assert [effect.text for effect in answer.effects if isinstance(effect, Notify)] == [
        "CS! cs dong"
    ]


def test_a_handover_needs_no_reply_and_nobody_to_tell() -> None:
    answer = play(book("rules:\n  - {id: cs, match: {words: cs}, handover: 4h}\n"), turn("cs"))

    assert answer.effects == (Handover(rule="cs", until=NOW + 4 * HOUR),)
    assert answer.replies == ()


def test_a_cooldown_silences_the_reply_and_not_the_handover() -> None:
    chat = Chat(book(RULES))
    chat.say("cs")
    again = chat.say("cs")

    assert texts(again) == []
    assert any(isinstance(effect, Handover) for effect in again.effects)


def test_a_handover_ends_the_running_form() -> None:
    rules = book(
        RULES
        + """\
  - {id: order, match: {words: order}, start: order}
flows:
  order: {interrupt: cs, steps: [{id: jumlah, ask: Berapa?, type: int}]}
"""
    )
    state = play(rules, turn("order")).state

    assert play(rules, turn("halo", state=state)).state.flow is not None
    assert play(rules, turn("cs", state=state)).state.flow is None


def test_what_is_said_with_a_handover_is_not_automatic() -> None:
    sapa = "rules:\n  - {id: sapa, if: {first: true}, continue: true, expires: 1h, reply: Halo}\n"
    rules = book(RULES.replace("rules:\n", sapa))

    [alone] = play(rules, turn("halo")).replies
    [both] = play(rules, turn("cs", first=True)).replies

    assert (alone.automatic, alone.useful_for) == (True, 24 * HOUR)
    assert (both.text, both.automatic, both.useful_for) == ("Halo\n\nsebentar", False, HOUR)


def test_what_goes_out_by_itself_is_as_urgent_as_its_own_rule() -> None:
    sapa = "  - {id: sapa, if: {first: true}, continue: true, reply: {media: {image: a.jpg}}}\n"
    rules = book(RULES.replace("rules:\n", "rules:\n" + sapa))

    replies = play(rules, turn("cs", first=True)).replies

    assert [(reply.rules, reply.automatic) for reply in replies] == [
        (("sapa",), True),
        (("cs",), False),
    ]


def test_the_fallback_is_of_use_as_long_as_it_says() -> None:
    rules = book(RULES + "fallback: {reply: maaf, expires: 10m}\n")

    [reply] = play(rules, turn("asdf")).replies

    assert (reply.automatic, reply.useful_for) == (True, timedelta(minutes=10))


def test_a_trace_tells_the_guard_and_the_handover() -> None:
    silent = trace(book(RULES), turn("halo", human_at=NOW))
    lines = [str(line) for line in silent.lines]
    assert "halo (line 8): not looked at (takeover)" in lines

    quiet = trace(book(RULES.replace(", reply: sebentar", "")), turn("cs"))
    assert "cs (line 7): MATCHED, and stays silent" in [str(line) for line in quiet.lines]


def test_a_gateway_that_tells_nothing_of_the_phone_is_named() -> None:
    echoes = {"wagate": False, "meta": True}

    [told] = unheard(book(RULES), echoes=echoes)

    assert told.startswith("wagate does not tell what you write from the phone")
    assert unheard(book("settings: {takeover: off}\n" + RULES), echoes=echoes) == []


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("handover: 0s", "rules[0].handover: expected a duration longer than 0s"),
        ("handover: {for: 4 jam}", 'did you mean "4h"?'),
        ("handover: {}", 'handover: "for" is missing'),
        ("handover: {for: 4h, notif: bos}", 'unknown key "notif"; did you mean "notify"?'),
        ("handover: {for: 4h, notify: bas}", 'there is no admin "bas"; did you mean "bos"?'),
        ("handover: {for: 4h, notify: {to: bos, text: '{{ x }}'}}", 'unknown name "x"'),
        ("reply: x, expires: 0s", "rules[0].expires: expected a duration longer than 0s"),
        ("reply: x, expires: besok", "rules[0].expires: expected a duration such as 10m"),
    ],
)
def test_a_mistake_in_it_is_told(rule: str, problem: str) -> None:
    written = f"admins: {{bos: {{to: '6281200000077'}}}}\nrules:\n  - {{id: a, match: {{words: a}}, {rule}}}\n"  # noqa: E501 - one rule, one line

    found = problems(written)

    assert any(problem in text for text in found), found


@pytest.mark.parametrize("event", ["device.connected", "quota.low", "send.failed"])
def test_there_is_nobody_to_hand_over_after_an_event_of_no_contact(event: str) -> None:
    found = problems(f"rules:\n  - {{id: a, event: {event}, handover: 4h}}\n")

    assert any(f"nobody to speak to after {event}" in text for text in found), found


@pytest.mark.parametrize("takeover", ["2 jam", "{untuk: 2h}", "[]", "{ai: mungkin}"])
def test_a_mistake_in_the_takeover_is_told(takeover: str) -> None:
    [found] = problems(f"settings: {{takeover: {takeover}}}\n{RULES}")

    assert found.startswith("rules.yaml:2:")
    assert "settings.takeover" in found


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("quota.low", "{{ quota.limit - quota.remaining }} {{ quota.resets_at }}"),
        ("inbound.silent", "{{ silent_hours * 60 }}"),
        ("send.failed", "{{ reason }} {{ contact.name }}"),
    ],
)
def test_our_own_events_have_names_of_their_own(event: str, text: str) -> None:
    rule = f"  - {{id: a, event: {event}, notify: {{to: bos, text: '{text}'}}}}\n"
    assert book(RULES + rule).event_rules[-1].event == event

    found = problems(RULES + rule.replace(text, "{{ message.text }}"))
    assert any('unknown name "message"' in each for each in found), found


def test_a_reaction_is_still_stopped_for_what_it_is() -> None:
    reaction = Turn(
        event=message("👍", type=MessageType.REACTION),
        now=NOW,
        received_at=NOW,
        conversation=ConversationView(human_at=NOW),
    )

    assert play(book(RULES), reaction).explanation.guard == "type"


def test_the_guards_leave_nothing_behind() -> None:
    chat = Chat(book(RULES))
    chat.say("halo")
    before = chat.view.state
    chat.view = ConversationView(state=before, human_at=chat.now)

    assert chat.say("halo").state == before
    assert rules_of(chat.say("halo", after=3 * HOUR)) == ("halo",)


def test_whoever_comes_back_while_a_person_answers_is_heard() -> None:
    rules = book(RULES)

    back = play(rules, turn("mulai", opted_out=True, handover_until=NOW + HOUR))
    late = message("mulai", occurred_at=NOW - HOUR)
    stale = play(rules, replace(turn("mulai", opted_out=True), event=late))

    assert [type(effect) for effect in back.effects] == [OptIn]
    assert texts(back) == []
    assert stale.effects == ()


def test_a_rule_that_lets_one_back_may_look_on() -> None:
    rules = book(RULES.replace("opt_in: true, reply", "opt_in: true, continue: true, reply"))

    answer = play(rules, turn("mulai", opted_out=True))

    assert texts(answer) == ["hidup lagi"]
    assert answer.explanation.guard is None
