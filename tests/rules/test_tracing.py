"""A trace tells of every rule why it answers or not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.events import Chat as ChatKind
from bot.events import DeviceChanged, DeviceState, MessageType
from bot.rules import ConversationView, Handover, Later, Record, State, Trace, Turn, trace
from bot.rules.tracing import in_words
from tests.rules.playing import NOW, book, message

RULES = """
settings: {max_age: 90m, loop_guard: {replies: 2, within: 1m, pause: 30m}}
tables: {produk: [{id: kopi, nama: Kopi}, {id: teh, nama: Teh}]}
rules:
  - id: mahal
    match: {pattern: "pesan <jumlah:int>"}
    if: {gt: [captured.jumlah, 10]}
    reply: Banyak
  - {id: pesan, match: {pattern: "pesan <jumlah:int>"}, reply: "Ya, {{ captured.jumlah }}"}
  - {id: sekali, match: {words: sekali}, cooldown: 1h, reply: Ini}
  - {id: diam, match: {words: sip}, reply: none}
  - {id: putus, event: device.disconnected, if: {device: toko-2}, notify: {to: a, text: Putus}}
fallback: {reply: Apa?}
admins: {a: {to: "6281200000077"}}
"""


def traced(text: str = "", *, view: ConversationView | None = None, **fields: object) -> Trace:
    event = message(text, **fields)
    known = view or ConversationView(last_inbound_at=NOW - timedelta(hours=1))
    return trace(book(RULES), Turn(event=event, now=NOW, received_at=NOW, conversation=known))


def line(found: Trace, rule: str) -> str:
    return next(str(line) for line in found.lines if line.rule == rule)


def test_a_condition_may_be_about_what_was_captured() -> None:
    few, many = traced("pesan 3"), traced("pesan 30")

    assert "does not hold (gt: captured.jumlah is not above 10) [jumlah = 3]" in line(few, "mahal")
    assert line(few, "pesan").endswith("ANSWERED [jumlah = 3]")
    assert line(many, "mahal").endswith("ANSWERED [jumlah = 30]")
    assert "not looked at (mahal came first)" in line(many, "pesan")


def test_a_cooldown_is_told_with_its_end_in_the_zone_of_the_file() -> None:
    state = State(cooldowns={"sekali": NOW + timedelta(minutes=20)})
    found = traced("sekali", view=ConversationView(state=state))

    assert line(found, "sekali").endswith("matched, but: cooldown until 2026-01-05 10:20")
    assert "not looked at (sekali came first)" in line(found, "fallback")


def test_a_rule_that_is_silent_on_purpose_matches() -> None:
    assert line(traced("sip"), "diam").endswith("MATCHED, and stays silent")


def test_the_rules_of_an_event_are_traced() -> None:
    event = DeviceChanged(
        gateway="wagate", device="toko-1", key="k", raw=b"", state=DeviceState.DISCONNECTED
    )
    found = trace(book(RULES), Turn(event=event, now=NOW, received_at=NOW))

    assert [one.rule for one in found.lines] == ["putus"]
    assert "does not hold (device: it came in at toko-1)" in line(found, "putus")


@pytest.mark.parametrize(
    ("view", "fields", "told"),
    [
        ({}, {"chat": ChatKind.GROUP}, "settings.chats is private"),
        ({}, {"type": MessageType.REACTION}, "nobody answers messages of this type"),
        ({}, {"needs_human": True}, "the gateway says that a person is wanted"),
        ({}, {"occurred_at": NOW - timedelta(hours=2)}, "it is older than max_age, 1h30m"),
        (
            {"off_until": NOW + timedelta(hours=1)},
            {},
            "an admin has switched the bot off until 2026-01-05 11:00",
        ),
        (
            {"state": State(replies=(NOW, NOW))},
            {},
            "2 replies within 1m were reached: silent for 30m",
        ),
    ],
)
def test_a_guard_is_told_with_its_meaning(
    view: dict[str, object], fields: dict[str, object], told: str
) -> None:
    known = replace(ConversationView(last_inbound_at=NOW), **view)  # type: ignore[arg-type] # of its fields
    found = traced("sekali", view=known, **fields)

    assert found.guard == told
    assert "not looked at" in line(found, "sekali")


def test_effects_are_told_in_words() -> None:
    record = Record(rule="x", kind="order", fields={"produk": "kopi", "jumlah": 2})
    later = Later(rule="form", at=NOW, event=message().kind)

    assert in_words(record) == "record order: produk = kopi, jumlah = 2"
    assert in_words(later) == "message.received at 2026-01-05 03:00 UTC (form)"
    assert in_words(Handover(rule="cs", until=NOW)).startswith("a person answers until")
