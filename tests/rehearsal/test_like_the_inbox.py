"""What a rehearsal answers is what the inbox answers, word for word."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from bot.rehearsal import Contact, Heard, Rehearsal
from bot.simulator.compose import NAME, SENDER
from tests.inbox.shop import Shop
from tests.making import NOW
from tests.rehearsal.shop import RULES, book

TALKATIVE = RULES.replace("replies: 5", "replies: 100")
# Who writes in the samples.
BUDI = Contact(name=NAME, phone=SENDER)
TALK = (
    "halo",
    "menu",
    "1",
    "1",
    "catat",
    "form",
    "batal",
    "form",
    "Siti",
    "menu",
    "harga",
    "makasih",
    "stop",
    "harga",
    "mulai",
    "cs",
    "halo",
)


def said(heard: Heard) -> list[str]:
    return sorted([*heard.texts, *(told.text for told in heard.notifications)])


def rehearse(gateway: str) -> Rehearsal:
    return Rehearsal(book(TALKATIVE), gateway=gateway, at=NOW, first=True, contact=BUDI)


@pytest.mark.parametrize("gateway", ["wagate", "csku"])
def test_the_same_words_get_the_same_answers(engine: Engine, gateway: str) -> None:
    inbox, rehearsal = Shop(engine, TALKATIVE, gateway), rehearse(gateway)

    answers = [(sorted(inbox.says(text)), said(rehearsal.say(text))) for text in TALK]

    assert [told for told, _ in answers] == [told for _, told in answers]
    assert sum(bool(told) for told, _ in answers) > len(TALK) / 2


def test_a_takeover_ends_for_both_at_the_same_time(engine: Engine) -> None:
    inbox, rehearsal = Shop(engine, TALKATIVE, "whatsgate"), rehearse("whatsgate")
    inbox.says("form")
    rehearsal.say("form")
    inbox.answers("halo, saya bantu")
    rehearsal.owner("halo, saya bantu")

    for hours in (1, 2):
        pause = timedelta(hours=hours, minutes=-1)
        told = inbox.says("harga", after=pause)
        assert sorted(told) == said(rehearsal.say("harga", after=pause))
        assert (inbox.guard() is None) is bool(told)
