"""A conversation with the rules, without a phone: time is passed in and nothing is sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.events import MessageReceived
from bot.rules import (
    Answer,
    Book,
    ConversationView,
    OptIn,
    OptOut,
    Problem,
    RulesError,
    Turn,
    play,
    read,
)

GATEWAYS = ("meta", "wagate", "rijan", "csku", "whatsgate")
NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)  # a Monday, 10:00 in Jakarta
SITI = "6281200000017"


def book(rules: str) -> Book:
    """Read a file of which only the part after the version is given."""
    return read("version: 1\n" + rules)


def problems(rules: str) -> list[str]:
    """Return what is wrong with a file, as it is shown."""
    return [str(problem) for problem in raised("version: 1\n" + rules)]


def raised(text: str) -> tuple[Problem, ...]:
    try:
        read(text, gateways=GATEWAYS)
    except RulesError as error:
        return error.problems
    raise AssertionError("the file was accepted")


def message(text: str = "", **fields: Any) -> MessageReceived:
    given: dict[str, Any] = {
        "gateway": "wagate",
        "device": "toko-1",
        "key": "message:1",
        "address": SITI,
        "raw": b"",
        "occurred_at": NOW,
        "text": text,
        "phone": SITI,
        "name": "Siti",
    }
    return MessageReceived(**(given | fields))


class Chat:
    """One contact who writes; the state goes from turn to turn as the inbox would keep it."""

    def __init__(self, rules: Book, *, first: bool = False) -> None:
        self.rules = rules
        self.now = NOW
        self.view = ConversationView(
            name="Siti",
            phone=SITI,
            first=first,
            last_inbound_at=None if first else NOW - timedelta(hours=1),
        )

    def say(
        self, text: str = "", *, after: timedelta = timedelta(seconds=10), **fields: Any
    ) -> Answer:
        self.now += after
        event = message(text, **({"occurred_at": self.now} | fields))
        answer = play(
            self.rules,
            Turn(event=event, now=self.now, received_at=self.now, conversation=self.view),
        )
        opted_out = self.view.opted_out
        for effect in answer.effects:
            opted_out = isinstance(effect, OptOut) or (opted_out and not isinstance(effect, OptIn))
        self.view = replace(
            self.view,
            state=answer.state,
            first=False,
            last_inbound_at=self.now,
            opted_out=opted_out,
        )
        return answer


def texts(answer: Answer) -> list[str]:
    return [reply.text for reply in answer.replies]


def rules_of(answer: Answer) -> tuple[str, ...]:
    return answer.explanation.rules
