"""What is never answered, whatever the rules say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events import (
    Author,
    CallReceived,
    MessageEcho,
    MessageType,
    StatusChanged,
    UnknownEvent,
)
from bot.events import Chat as Place
from bot.rules import ConversationView, OptOut, Turn, play
from tests.rules.playing import NOW, SITI, Chat, book, message, rules_of, texts

EVERYTHING = """\
rules:
  - {id: semua, if: {not: {gateway: csku}}, reply: halo}
fallback: {reply: maaf}
"""
STOP = """\
rules:
  - {id: berhenti, always: true, match: {exact: stop}, opt_out: true, reply: baik}
  - {id: mulai, match: {exact: mulai}, opt_in: true, reply: hidup lagi}
  - {id: halo, match: {words: [halo, mulai]}, reply: halo}
fallback: {reply: maaf}
"""


def test_an_echo_is_never_answered() -> None:
    echo = MessageEcho(
        gateway="csku", device="d", key="k", raw=b"", text="halo", author=Author.OWNER
    )

    answer = play(book(EVERYTHING), Turn(event=echo, now=NOW, received_at=NOW))

    assert answer.replies == ()
    assert answer.explanation.guard == "echo"


@pytest.mark.parametrize(
    ("chats", "answered"),
    [
        ("private", {Place.PRIVATE}),
        ("group", {Place.GROUP}),
        ("all", {Place.PRIVATE, Place.GROUP}),
    ],
)
@pytest.mark.parametrize("chat", list(Place))
def test_only_the_chats_of_the_settings_are_answered(
    chats: str, answered: set[Place], chat: Place
) -> None:
    rules = book(f"settings: {{chats: {chats}}}\n" + EVERYTHING)

    answer = Chat(rules).say("halo", chat=chat)

    assert bool(answer.replies) == (chat in answered)
    assert answer.explanation.guard == (None if chat in answered else "chat")


@pytest.mark.parametrize(
    "kind", [MessageType.REACTION, MessageType.SYSTEM, MessageType.EDIT, MessageType.REVOKE]
)
def test_nobody_types_a_reaction_to_be_answered(kind: MessageType) -> None:
    answer = Chat(book(EVERYTHING)).say("👍", type=kind)

    assert answer.replies == ()
    assert answer.explanation.guard == "type"


def test_a_contact_who_said_stop_gets_no_more_replies() -> None:
    chat = Chat(book(STOP))

    assert texts(chat.say("STOP")) == ["baik"]
    silent = chat.say("halo")
    assert silent.replies == ()
    assert silent.explanation.guard == "opted-out"
    assert chat.say("apa saja").replies == ()
    assert texts(chat.say("mulai")) == ["hidup lagi"]
    assert texts(chat.say("halo")) == ["halo"]


def test_stop_inside_a_sentence_is_a_word_like_any_other() -> None:
    chat = Chat(book(STOP))

    assert rules_of(chat.say("stop dulu ya, halo")) == ("halo",)
    assert not chat.view.opted_out


def test_an_old_message_is_not_answered() -> None:
    old = Chat(book(EVERYTHING)).say("halo", occurred_at=NOW - timedelta(minutes=16))

    assert old.replies == ()
    assert old.explanation.guard == "stale"


@pytest.mark.parametrize(
    "occurred_at", [None, NOW + timedelta(days=1), NOW - timedelta(minutes=14)]
)
def test_a_message_without_a_time_or_from_the_future_is_not_old(occurred_at: object) -> None:
    assert texts(Chat(book(EVERYTHING)).say("halo", occurred_at=occurred_at)) == ["halo"]


def test_an_outage_of_ours_makes_no_message_old() -> None:
    later = NOW + timedelta(hours=5)

    answer = play(book(EVERYTHING), Turn(event=message("halo"), now=later, received_at=NOW))

    assert texts(answer) == ["halo"]


def test_stop_counts_even_when_it_is_old() -> None:
    answer = Chat(book(STOP)).say("stop", occurred_at=NOW - timedelta(days=1))

    assert answer.replies == ()
    assert answer.effects == (OptOut(rule="berhenti"),)
    assert answer.explanation.as_json().items() >= {"guard": "stale", "rules": ["berhenti"]}.items()


def test_a_message_that_needs_a_human_is_left_to_one() -> None:
    answer = Chat(book(EVERYTHING)).say("halo", needs_human=True)

    assert answer.replies == ()
    assert answer.explanation.guard == "needs human"


def test_stop_counts_where_a_human_is_needed() -> None:
    chat = Chat(book(STOP))

    answer = chat.say("stop", needs_human=True)

    assert answer.replies == ()
    assert answer.effects == (OptOut(rule="berhenti"),)
    assert chat.say("halo", needs_human=True).explanation.guard == "opted-out"


LOOP = "settings: {loop_guard: {replies: 3, within: 1m, pause: 10m}}\n"


def test_a_loop_with_another_bot_ends_and_begins_again_after_the_pause() -> None:
    chat = Chat(book(LOOP + EVERYTHING))
    second = timedelta(seconds=1)

    assert [len(chat.say("halo", after=second).replies) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert chat.say("halo", after=second).explanation.guard == "loop"
    assert chat.say("halo", after=timedelta(minutes=9)).replies == ()
    assert len(chat.say("halo", after=timedelta(minutes=2)).replies) == 1


def test_a_contact_who_writes_slowly_is_never_taken_for_a_bot() -> None:
    chat = Chat(book(LOOP + EVERYTHING))

    answers = [chat.say("halo", after=timedelta(seconds=25)) for _ in range(20)]

    assert all(answer.replies for answer in answers)


def test_a_slow_loop_with_another_bot_ends_too() -> None:
    chat = Chat(book(LOOP + EVERYTHING))

    answers = [chat.say("halo", after=timedelta(seconds=25)) for _ in range(100)]

    assert sum(len(answer.replies) for answer in answers) == 60
    assert answers[-1].explanation.guard == "loop"


def test_stop_counts_in_a_loop() -> None:
    chat = Chat(book(LOOP + STOP))
    for _ in range(4):
        chat.say("halo", after=timedelta(seconds=1))

    answer = chat.say("stop", after=timedelta(seconds=1))

    assert answer.explanation.guard == "loop"
    assert answer.effects == (OptOut(rule="berhenti"),)


def test_a_call_of_a_contact_who_said_stop_is_not_answered() -> None:
    rules = book("rules:\n  - {id: a, event: call.received, reply: maaf}\n")
    turn = Turn(
        event=CallReceived(gateway="rijan", device="d", key="k", raw=b"", address=SITI),
        now=NOW,
        received_at=NOW,
    )

    assert texts(play(rules, turn)) == ["maaf"]
    answer = play(rules, replace(turn, conversation=ConversationView(opted_out=True)))
    assert answer.explanation.guard == "opted-out"
    assert answer.replies == ()


def test_events_without_rules_say_nothing() -> None:
    rules = book(EVERYTHING)
    common = {"gateway": "meta", "device": "d", "key": "k", "raw": b""}
    for event in (
        StatusChanged(**common, external_id="x", status=None),  # type: ignore[arg-type]
        UnknownEvent(**common),  # type: ignore[arg-type]
    ):
        answer = play(rules, Turn(event=event, now=NOW, received_at=NOW))

        assert (answer.replies, answer.effects) == ((), ())
