"""#bot off and #bot on: by the owner in a customer's chat, and by admins for a whole device."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from bot.events import Chat, MessageReceived, MessageType
from bot.inbox.changes import Pending
from bot.inbox.switching import word_of_admin
from bot.lanes import lane_of
from bot.outbox.cancel import SWITCHED_OFF
from bot.outbox.claim import claim
from bot.outbox.stops import UNTIL_RESUMED
from bot.rules import read
from models import Conversation, Device, MessageStatus, reading, writing
from tests.inbox.shop import HOUR, RULES, SECOND, Shop
from tests.making import NOW, all_events, arrivals, events, incoming, outgoing, receive, responder

ADMIN = "6281200000077"
OTHER = "6281200000002"


class Owned(Shop):
    """A shop whose owner writes to the bot as well."""

    def orders(self, text: str, *, by: str = ADMIN, **values: str) -> list[str]:
        """Let an admin write to the bot, and return the new replies."""
        before = len(self.replies())
        self.now += SECOND
        message_id = f"A{self.now:%H%M%S}"
        given = {"sender": by, "text": text, "message_id": message_id} | values
        receive(self.engine, arrivals(self.gateway, "text", now=self.now, **given))
        self.is_answered()
        self.is_answered()
        return self.replies()[before:]

    def off_until(self) -> object:
        with reading(self.engine) as session:
            return session.scalar(select(Device.off_until).where(Device.off_until.is_not(None)))


def test_the_owner_switches_the_bot_off_in_one_chat_until_it_is_switched_on(
    engine: Engine,
) -> None:
    shop = Shop(engine)
    shop.answers("#bot off")

    assert shop.conversation().handover_until == UNTIL_RESUMED
    assert shop.says("halo", after=timedelta(days=90)) == []
    assert shop.guard() == "handover"
    shop.answers("#Bot ON")
    assert shop.says("halo") == ["balas halo"]


def test_the_owner_switches_the_bot_off_for_a_time(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("#bot off 5 jam")

    assert shop.says("halo", after=4 * HOUR) == []
    assert shop.says("halo", after=HOUR) == ["balas halo"]


def test_a_time_that_is_over_when_it_is_heard_switches_nothing_off(engine: Engine) -> None:
    shop = Shop(engine)
    rows = arrivals("whatsgate", "create", now=shop.now - 3 * HOUR, text="#bot off 1h")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])
    shop.is_answered()

    assert shop.conversation().handover_until is None


def test_on_ends_a_takeover_and_begins_none(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("saya bantu ya")
    shop.answers("#bot on")

    assert shop.says("halo") == ["balas halo"]
    found = shop.conversation()
    assert (found.human_at, found.taken_until, found.handover_until) == (None, None, None)


def test_on_takes_nothing_back_that_the_bot_has_said(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.answers("#bot on")

    assert outgoing(engine)[0].status == MessageStatus.QUEUED


def test_on_ends_a_handover(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("cs")
    shop.answers("#bot on")

    assert shop.says("halo") == ["balas halo"]


def test_off_takes_back_what_the_bot_has_not_said_yet(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.answers("#bot off")

    assert outgoing(engine)[0].status == MessageStatus.CANCELLED


def test_an_on_that_comes_late_does_not_end_what_was_said_since(engine: Engine) -> None:
    shop = Shop(engine)
    written_at = shop.now
    shop.answers("saya bantu ya", after=60 * SECOND)
    rows = arrivals("whatsgate", "create", now=written_at, text="#bot on", message_id="LATE")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])

    assert shop.says("halo") == []


def test_what_a_gateway_tells_twice_is_no_takeover(engine: Engine) -> None:
    shop = Shop(engine)
    for case in ("create", "sent"):
        shop.answers("#bot on", case=case, message_id="SAME")

    assert shop.says("halo") == ["balas halo"]


def test_an_off_that_is_told_again_after_an_on_switches_nothing(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("#bot off", message_id="SAME")
    shop.answers("#bot on")
    shop.answers("#bot off", case="sent", message_id="SAME")

    assert shop.says("halo") == ["balas halo"]


def test_the_gateways_own_ai_switches_nothing(engine: Engine) -> None:
    rules = RULES.replace("settings: {", "settings: {takeover: {for: 1h, ai: true}, ")
    shop = Shop(engine, rules, gateway="csku")
    shop.answers("#bot off", case="ai")

    assert shop.conversation().human_at is not None
    assert shop.conversation().handover_until is None


@pytest.mark.parametrize("text", ["#bot on", "#bot off"])
def test_a_customer_switches_nothing(engine: Engine, text: str) -> None:
    shop = Shop(engine)

    assert shop.says(text) == [f"balas {text}"]
    assert shop.conversation().handover_until is None


def test_an_admin_switches_a_whole_device_off_and_on(engine: Engine) -> None:
    shop = Owned(engine)
    assert shop.orders("#bot off") == ["Bot dimatikan."]
    assert shop.says("halo") == []
    assert shop.guard() == "switched off"
    assert shop.orders("#bot") == ["Bot dimatikan."]
    assert shop.orders("#bot on") == ["Bot dinyalakan."]

    assert shop.says("halo") == ["balas halo"]
    assert shop.orders("#bot") == ["Bot dinyalakan."]


def test_off_for_a_time_says_until_when_in_the_time_of_the_shop(engine: Engine) -> None:
    shop = Owned(engine)

    # It is 16:00 in Jakarta.
    assert shop.orders("#bot off 2h") == ["Bot dimatikan sampai 18:00."]
    assert shop.orders("#bot off 2d") == ["Bot dimatikan sampai 6 Maret 16:00."]
    assert shop.says("halo", after=47 * HOUR) == []
    assert shop.says("halo", after=HOUR) == ["balas halo"]


def test_the_answer_is_in_the_language_of_the_shop(engine: Engine) -> None:
    shop = Owned(engine, RULES.replace("settings: {", "settings: {language: en, "))

    assert shop.orders("#bot off 2h") == ["The bot is off until 18:00."]


def test_stop_is_heard_while_the_bot_is_off(engine: Engine) -> None:
    shop = Owned(engine)
    shop.orders("#bot off")
    shop.says("berhenti")

    with reading(engine) as session:
        assert session.scalar(select(Conversation.opted_out_at).order_by(Conversation.id.desc()))


def test_a_message_of_the_same_batch_is_not_answered_any_more(engine: Engine) -> None:
    shop = Owned(engine)
    lane = arrivals(shop.gateway, "text")[0].lane
    rows = arrivals(shop.gateway, "text", now=shop.now, sender=ADMIN, text="#bot off")
    receive(engine, [replace(row, lane=lane) for row in rows])
    shop.customer("halo")
    shop.is_answered()

    assert shop.replies() == ["Bot dimatikan."]


def test_it_is_of_one_device(engine: Engine) -> None:
    shop = Owned(engine, gateway="wagate")
    shop.orders("#bot off", device="wa-lain")

    assert shop.says("halo") == ["balas halo"]


def test_an_admin_switches_the_bot_off_for_one_contact(engine: Engine) -> None:
    shop = Owned(engine, gateway="wagate")
    shop.says("halo")
    told = shop.orders("#bot off 0812 0000 0001 2h")

    assert told == ["6281200000001: Bot dimatikan sampai 18:00."]
    assert shop.says("halo") == []
    assert shop.guard() == "handover"
    assert outgoing(engine)[0].status == MessageStatus.CANCELLED
    assert shop.orders("halo")[0].startswith("balas")
    assert shop.orders("#bot on 6281200000001") == ["6281200000001: Bot dinyalakan."]
    assert shop.says("halo") == ["balas halo"]


def test_a_contact_who_has_never_written_can_be_left_to_a_person(engine: Engine) -> None:
    shop = Owned(engine, gateway="wagate")
    shop.orders("#bot off 6281200000001")

    assert shop.says("halo") == []


def test_a_running_form_of_the_contact_ends_without_a_word(engine: Engine) -> None:
    form = "flows: {order: {cancel: batal, steps: [{id: apa, ask: Apa?, type: text}]}}\n"
    rules = RULES.replace(
        "rules:\n", "rules:\n  - {id: pesan, match: {exact: pesan}, start: order}\n"
    )
    shop = Owned(engine, rules + form, gateway="wagate")
    assert shop.says("pesan") == ["Apa?"]
    shop.orders("#bot off 6281200000001")
    shop.orders("#bot on 6281200000001")

    assert shop.says("kopi") == ["balas kopi"]


def test_what_is_unclear_is_answered_with_how_it_is_written(engine: Engine) -> None:
    shop = Owned(engine)
    [told] = shop.orders("#bot mati")

    assert "*#bot off 2h*" in told
    assert shop.off_until() is None


def test_what_an_admin_says_besides_is_a_message_like_any_other(engine: Engine) -> None:
    assert Owned(engine).orders("bot off") == ["balas bot off"]


def test_an_order_is_kept_in_the_history_and_is_not_subject_to_rules(engine: Engine) -> None:
    shop = Owned(engine, RULES.replace("{exact: cs}", "{contains: bot}"))
    shop.orders("#bot off")

    [order] = incoming(engine)
    [told] = outgoing(engine)
    assert (order.text, (order.explanation or {})["rules"]) == ("#bot off", ["#bot"])
    assert (told.rule, told.automatic) == ("#bot", False)


def test_an_order_that_comes_twice_is_obeyed_once(engine: Engine) -> None:
    shop = Owned(engine)
    rows = arrivals(shop.gateway, "text", now=shop.now, sender=ADMIN, text="#bot off")
    receive(engine, rows)
    shop.is_answered()
    shop.orders("#bot on")
    receive(engine, rows, [replace(row, key="another key") for row in rows])
    shop.is_answered()

    assert shop.says("halo") == ["balas halo"]


def test_an_order_of_long_ago_is_not_obeyed(engine: Engine) -> None:
    shop = Owned(engine)
    rows = arrivals(shop.gateway, "text", now=shop.now - 3 * HOUR, sender=ADMIN, text="#bot off")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])
    shop.is_answered()

    assert shop.off_until() is None
    assert shop.guard() == "stale"


def test_an_order_is_obeyed_where_nobody_could_be_answered(engine: Engine) -> None:
    shop = Owned(engine)
    shop.who = responder(RULES, WHATSGATE_API_KEY="")

    assert shop.orders("#bot off") == []
    assert shop.off_until() == UNTIL_RESUMED


@pytest.mark.parametrize(
    ("changes", "is_order"),
    [
        ({}, True),
        ({"chat": Chat.GROUP}, False),
        ({"phone": OTHER}, False),
        ({"phone": None}, False),
        ({"type": MessageType.IMAGE}, False),
    ],
)
def test_only_an_admin_who_writes_to_the_bot_gives_orders(
    changes: dict[str, Any], *, is_order: bool
) -> None:
    [event] = events("wagate", "text", sender=ADMIN, text="#bot off")
    assert isinstance(event, MessageReceived)
    message = replace(event, **changes)
    pending = Pending(id=1, event=message, place=None, received_at=NOW)

    assert bool(word_of_admin(pending, message, read(RULES))) is is_order


def test_nothing_stays_undone(engine: Engine) -> None:
    shop = Owned(engine, gateway="wagate")
    shop.orders("#bot off 6281200000001")

    assert [event.error for event in all_events(engine)] == [None, None]
    assert all(event.processed_at for event in all_events(engine))


def test_off_for_the_device_takes_back_what_is_queued(engine: Engine) -> None:
    shop = Owned(engine)
    shop.says("halo")
    shop.orders("#bot off")
    for message in outgoing(engine):
        claim(engine, message.lane, free=9, per_device=9, now=shop.now)

    said, told = outgoing(engine)
    assert (said.status, said.error) == (MessageStatus.CANCELLED, SWITCHED_OFF)
    assert told.status == MessageStatus.CLAIMED


def test_what_was_queued_goes_out_once_the_bot_is_on_again(engine: Engine) -> None:
    shop = Owned(engine)
    shop.says("halo")
    shop.orders("#bot off")
    shop.orders("#bot on")
    shop.now += SECOND
    said = outgoing(engine)[0]

    taken = claim(engine, said.lane, free=9, per_device=9, now=shop.now).messages
    assert said.id in [message.id for message in taken]


def test_what_a_person_says_is_sent_while_the_bot_is_off(engine: Engine) -> None:
    shop = Owned(engine)
    shop.says("halo")
    shop.change(automatic=False)
    shop.orders("#bot off")
    said = outgoing(engine)[0]

    taken = claim(engine, said.lane, free=9, per_device=9, now=shop.now).messages
    assert said.id in [message.id for message in taken]


def test_what_was_under_way_is_not_sent_again_to_a_contact_left_to_a_person(
    engine: Engine,
) -> None:
    shop = Owned(engine, gateway="wagate")
    shop.says("halo")
    claimed = shop.claim()
    shop.orders("#bot off 6281200000001 2h")
    shop.record(claimed, None, status=MessageStatus.QUEUED, error="busy")

    assert outgoing(engine)[0].status == MessageStatus.CANCELLED


def test_a_contact_under_an_opaque_address_is_known_by_the_number(engine: Engine) -> None:
    shop = Owned(engine, gateway="wagate")
    shop.says("halo")
    with writing(engine) as session:
        lane = lane_of("wagate", shop.conversation().device, "99887766@lid")
        session.execute(update(Conversation).values(address="99887766@lid", lane=lane))
    shop.orders("#bot off 6281200000001")

    with reading(engine) as session:
        found = {row.address: row.handover_until for row in session.scalars(select(Conversation))}
    assert found == {"99887766@lid": UNTIL_RESUMED, ADMIN: None}
