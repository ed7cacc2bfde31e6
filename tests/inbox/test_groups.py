"""Which messages of a contact are answered together, and which wait for more. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.events import Chat, Event, InternalEvent, Kind, MessageReceived, MessageType
from bot.inbox.changes import Pending, Place, Talk
from bot.inbox.collapse import MOST, collapse
from bot.inbox.fold import Responder
from bot.rules import State, read
from bot.rules.extensions import Extensions
from tests.making import NOW, gateways, responder

RULES = """
version: 1
settings: {collapse: 2s}
rules:
  - {id: berhenti, always: true, match: {exact: berhenti}, opt_out: true, reply: baik}
  - {id: cs, always: true, match: {words: cs}, handover: {for: 4h}, reply: Sebentar}
fallback: {reply: "balas {{ message.text }}"}
flows:
  order:
    cancel: batal
    timeout: 30m
    steps: [{id: alamat, ask: Ke mana?, type: text}]
"""
PLACE: Place = ("wagate", "wa-1", "6281200000001")
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def who() -> Responder:
    return responder(RULES)


def said(number: int, at: float, text: str = "", **values: Any) -> Pending:
    """Return a message that came so many seconds after noon; its text is its number."""
    moment = NOW + at * SECOND
    message = MessageReceived(
        gateway="wagate",
        device="wa-1",
        key=f"K{number}",
        address=PLACE[2],
        occurred_at=moment,
        raw=b"",
        text=text or f"k{number}",
        **({"external_id": f"M{number}"} | values),
    )
    return _pending(number, moment, message)


def timeout(number: int, at: float) -> Pending:
    moment = NOW + at * SECOND
    told: dict[str, Any] = {"gateway": "wagate", "device": "wa-1", "key": "T", "raw": b"{}"}
    return _pending(number, moment, InternalEvent(**told, name=Kind.FLOW_TIMEOUT))


def _pending(number: int, moment: datetime, event: Event) -> Pending:
    return Pending(id=number, event=event, place=PLACE, received_at=moment)


def groups(
    who: Responder, *batch: Pending, at: float, state: Mapping[str, Any] | None = None
) -> tuple[list[str], dict[int, float]]:
    """Return the texts that are answered, and what waits, until when."""
    talk = Talk(
        id=1,
        name=None,
        phone=None,
        chat="private",
        state=State.from_json(state or {}),
        opted_out_at=None,
        last_inbound_at=None,
    )
    now = NOW + at * SECOND
    folded, waits = collapse(batch, {PLACE: talk}, set(), who, now=now)
    texts = [
        "+".join(
            text
            for each in (*pending.said_before, pending)
            if (text := getattr(each.event, "text", "timeout")).strip() or each is pending
        )
        for pending in folded
        if not pending.is_collapsed
    ]
    return texts, {number: (until - NOW) / SECOND for number, until in waits.items()}


def test_what_waits_and_what_does_not(who: Responder) -> None:
    batch = said(1, 0), said(2, 1), said(3, 4)

    assert groups(who, *batch, at=4) == (["k1+k2"], {3: 6})
    assert groups(who, *batch, at=6) == (["k1+k2", "k3"], {})


def test_the_longest_wait_is_a_few_times_as_long(who: Responder) -> None:
    batch = [said(number, number * 1.5) for number in range(7)]

    assert groups(who, *batch, at=9.5)[1] == dict.fromkeys(range(7), 10)


def test_a_reaction_stands_for_itself(who: Responder) -> None:
    reaction = said(2, 0.5, type=MessageType.REACTION)

    assert groups(who, said(1, 0), reaction, said(3, 1), at=1) == (["k1", "k2"], {3: 3})


def test_nobody_waits_in_a_group(who: Responder) -> None:
    batch = said(1, 0, chat=Chat.GROUP), said(2, 0.5, chat=Chat.GROUP)

    assert groups(who, *batch, at=0.5) == (["k1", "k2"], {})


def test_a_picture_without_words_adds_nothing_to_them(who: Responder) -> None:
    batch = said(1, 0, " "), said(2, 0.5, type=MessageType.IMAGE)

    assert groups(who, *batch, at=0.5) == (["k2"], {})


def test_no_group_is_larger_than_a_sentence_in_pieces(who: Responder) -> None:
    batch = [said(number, number / 100) for number in range(MOST + 1)]
    texts, waits = groups(who, *batch, at=0.3)

    assert [text.count("+") for text in texts] == [MOST - 1]
    assert list(waits) == [MOST]


def test_a_repeat_waits_with_the_first(who: Responder) -> None:
    batch = said(1, 0, external_id="SAME"), said(2, 0.5, external_id="SAME")

    assert groups(who, *batch, at=1) == ([], {1: 2, 2: 2})


@pytest.mark.parametrize("text", ["berhenti", "tolong cs dong"])
def test_what_is_always_heard_is_heard_at_once(who: Responder, text: str) -> None:
    assert groups(who, said(1, 0), said(2, 0.5, text), at=0.5) == (["k1", text], {})


def test_in_an_answer_of_many_words_only_the_whole_counts(who: Responder) -> None:
    open_question = {
        "flow": "order",
        "step": "alamat",
        "started_at": NOW.isoformat(),
        "asked_at": NOW.isoformat(),
    }
    state = {"flow": open_question}

    assert groups(who, said(1, 0, "Jl. Cs 5"), at=0.5, state=state) == ([], {1: 2})
    assert groups(who, said(1, 0, "cs"), at=0.5, state=state) == (["cs"], {})


def test_a_form_ends_only_if_nothing_was_said_in_time(who: Responder) -> None:
    assert groups(who, said(1, 0), timeout(2, 1), at=1) == ([], {1: 2, 2: 2})
    assert groups(who, timeout(1, 0), said(2, 1), at=1) == (["timeout"], {2: 3})


def test_what_lies_far_ahead_of_the_clock_is_answered(who: Responder) -> None:
    assert groups(who, said(1, 3600), at=0) == (["k1"], {})


def test_code_of_the_users_own_that_fails_keeps_nothing_waiting() -> None:
    def fail(_: object) -> bool:
        raise LookupError

    rule = "  - {id: a, always: true, match: {call: gagal}, reply: a}\n"
    text = RULES.replace("collapse: 2s", "collapse: 2s, module: toko")
    book = read(
        text.replace("rules:\n", "rules:\n" + rule),
        extend=lambda _: Extensions(matchers={"gagal": fail}),
    )

    assert groups(Responder(book=book, gateways=gateways()), said(1, 0), at=0) == (["k1"], {})
