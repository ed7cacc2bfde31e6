"""Rules may hear what became of what the bot has said; never of what admins were told."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, update

from bot.inbox.process import process
from bot.inbox.statuses import has_status_rules
from bot.rules import read
from bot.rules.extensions import Extensions
from models import Message, writing
from tests.inbox.shop import SECOND, Shop
from tests.making import all_events, arrivals, outgoing, receive

RULES = """
version: 1
settings: {loop_guard: {replies: 100, within: 1m, pause: 30m}}
admins: {pemilik: {to: "6281200000077"}}
rules:
  - id: dibaca
    event: message.status
    if: {eq: [status, read]}
    tag: sudah-baca
    notify: {to: pemilik, text: "{{ contact.phone }}: {{ status }}"}
fallback: {reply: "balas {{ message.text }}"}
"""
ADMIN = "6281200000077"


class Told(Shop):
    """A shop whose gateway tells what became of messages."""

    def told(self, message_id: str, status: str = "read", **values: str) -> None:
        self.now += SECOND
        given = {"message_id": message_id, "status": status} | values
        receive(self.engine, arrivals(self.gateway, "status", now=self.now, **given))
        self.is_answered()

    def notices(self) -> list[str]:
        return [message.text for message in outgoing(self.engine) if message.position >= 1000]


@pytest.fixture
def shop(engine: Engine) -> Told:
    found = Told(engine, RULES, gateway="meta")
    found.says("halo")
    found.sends("wamid.A")
    return found


def test_rules_hear_of_it_in_the_conversation(shop: Told) -> None:
    shop.told("wamid.A")

    assert shop.notices() == ["6281200000001: read"]
    assert shop.conversation().state["tags"] == ["sudah-baca"]
    assert outgoing(shop.engine)[0].status == "read"


def test_only_the_status_that_the_rule_is_about_counts(shop: Told) -> None:
    shop.told("wamid.A", "delivered")

    assert shop.notices() == []


def test_what_became_of_a_notice_is_told_to_nobody(shop: Told) -> None:
    shop.told("wamid.A")
    shop.sends("wamid.B")
    shop.told("wamid.B", sender=ADMIN)

    assert outgoing(shop.engine)[1].status == "read"
    assert len(shop.notices()) == 1


def test_what_became_of_an_alert_is_told_to_nobody(shop: Told) -> None:
    with writing(shop.engine) as session:
        session.execute(update(Message).where(Message.direction == "out").values(alert_id=7))
    shop.told("wamid.A")

    assert shop.notices() == []


def test_a_notice_that_is_not_known_yet_is_no_beginning_of_a_loop(shop: Told) -> None:
    shop.told("wamid.A")
    claimed = shop.claim()
    shop.told("wamid.B", sender=ADMIN)
    shop.record(claimed, "wamid.B")
    shop.is_answered(after=timedelta(seconds=5))

    assert all(each.processed_at for each in all_events(shop.engine))
    assert len(shop.notices()) == 1


def test_a_status_that_comes_before_our_own_commit_is_heard_once(engine: Engine) -> None:
    shop = Told(engine, RULES, gateway="meta")
    shop.says("halo")
    claimed = shop.claim()
    shop.told("wamid.A")
    assert shop.notices() == []
    shop.record(claimed, "wamid.A")
    shop.is_answered(after=timedelta(seconds=5))
    shop.is_answered(after=timedelta(seconds=5))

    assert len(shop.notices()) == 1


def test_a_send_that_is_committed_while_the_rules_are_played_is_heard_of(engine: Engine) -> None:
    shop = Told(engine, RULES, gateway="meta")
    shop.says("halo")
    claimed = shop.claim()
    shop.now += SECOND
    receive(engine, arrivals("meta", "status", now=shop.now, message_id="wamid.A", status="read"))
    lane = all_events(engine)[-1].lane
    looks = 0

    def commit(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal looks
        looks += "messages.ticket IN" in statement
        if looks == 1 and "messages.ticket IN" not in statement:
            looks = 2
            shop.record(claimed, "wamid.A")

    event.listen(engine, "before_cursor_execute", commit)
    try:
        process(engine, lane, shop.who, now=shop.now)
    finally:
        event.remove(engine, "before_cursor_execute", commit)
    assert looks > 1
    shop.is_answered(after=timedelta(seconds=5))

    assert len(shop.notices()) == 1


def test_what_a_person_wrote_from_the_device_is_not_what_the_bot_has_said(engine: Engine) -> None:
    shop = Told(engine, RULES, gateway="whatsgate")
    shop.answers("saya bantu ya", message_id="OWN")
    shop.told("OWN")

    assert shop.notices() == []


def test_a_status_of_nothing_that_is_known_is_told_to_nobody(shop: Told) -> None:
    shop.told("wamid.LAIN")

    assert shop.notices() == []
    assert all(each.processed_at for each in all_events(shop.engine))


def test_without_such_rules_nothing_is_played(engine: Engine) -> None:
    rules = RULES.replace("message.status", "send.failed").replace("if: {eq: [status, read]}", "")
    shop = Told(engine, rules.replace("{{ status }}", "gagal"), gateway="meta")
    shop.says("halo")
    shop.sends("wamid.A")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        shop.told("wamid.A")
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert not [each for each in asked if "messages.ticket IN" in each]
    assert not [each for each in asked if each.startswith("UPDATE conversations")]
    assert not has_status_rules(read(rules.replace("{{ status }}", "gagal")))


def test_nobody_is_spoken_to_whatever_code_of_the_users_own_says(engine: Engine) -> None:
    rules = RULES.replace("settings: {", "settings: {module: toko, ").replace(
        "tag:", "call: salam\n    tag:"
    )
    extensions = Extensions(actions={"salam": lambda _: "halo lagi"})
    shop = Told(engine, RULES, gateway="meta")
    shop.who = replace(shop.who, book=read(rules, extend=lambda _: extensions))
    shop.says("halo")
    shop.sends("wamid.A")
    shop.told("wamid.A")

    assert shop.replies() == ["balas halo", "6281200000001: read"]
