"""A person who answers from the phone silences the bot there, for a while; our own echoes never."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from bot import outbox
from bot.content import Text
from bot.events import Author, Chat, MessageEcho, MessageType
from bot.inbox.people import takes_over
from bot.outbox import Echo, Verdict
from bot.rules import read
from models import Conversation, Event, MessageStatus, reading, writing
from tests.inbox.shop import HOUR, RULES, SECOND, Shop
from tests.making import all_events, arrivals, incoming, outgoing, receive

TAKEN_OVER = "taken over: a person has answered"


def statuses(engine: Engine) -> list[tuple[str, str]]:
    return [(message.text, message.status) for message in outgoing(engine)]


def test_the_bot_is_silent_while_a_person_answers(engine: Engine) -> None:
    shop = Shop(engine)
    assert shop.says("halo") == ["balas halo"]
    shop.sends()
    shop.answers("saya bantu ya")

    assert shop.says("terima kasih") == []
    assert shop.guard() == "takeover"


def test_a_person_and_the_customer_may_come_in_one_batch(engine: Engine) -> None:
    shop = Shop(engine)
    shop.person("saya bantu ya")
    shop.customer("terima kasih")
    shop.is_answered()

    assert shop.replies() == []
    assert shop.guard() == "takeover"


def test_a_reply_that_a_person_overtakes_in_one_batch_is_taken_back(engine: Engine) -> None:
    shop = Shop(engine)
    shop.customer("halo")
    shop.person("saya bantu ya")
    shop.customer("terima kasih")
    shop.is_answered()

    assert statuses(engine) == [("balas halo", "cancelled"), ("saya bantu ya", "sent")]
    assert shop.guard() == "takeover"


def test_it_ends_by_itself_after_the_last_word_of_the_person(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("saya bantu ya")
    shop.answers("ada lagi?", after=HOUR)
    last = shop.now - SECOND

    assert shop.conversation().human_at == last
    shop.now = last + 2 * HOUR - 3 * SECOND
    assert shop.says("halo", after=timedelta()) == []
    assert shop.now == last + 2 * HOUR - SECOND
    shop.now = last + 2 * HOUR - 2 * SECOND
    assert shop.says("halo lagi", after=timedelta()) == ["balas halo lagi"]
    assert shop.now == last + 2 * HOUR


def test_what_a_person_wrote_before_does_not_shorten_it(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("saya bantu ya")
    said_at = shop.conversation().human_at
    rows = arrivals("whatsgate", "create", now=shop.now - HOUR, text="tadi", message_id="OLD")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])
    shop.is_answered()

    assert shop.conversation().human_at == said_at


def test_a_word_of_long_ago_that_comes_late_silences_nothing(engine: Engine) -> None:
    shop = Shop(engine)
    rows = arrivals("whatsgate", "create", now=shop.now - 3 * HOUR, text="tadi", message_id="OLD")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])

    assert shop.says("halo") == ["balas halo"]


def test_a_clock_that_runs_ahead_makes_it_no_longer(engine: Engine) -> None:
    shop = Shop(engine)
    rows = arrivals("whatsgate", "create", now=shop.now + 5 * HOUR, text="nanti", message_id="A")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])
    shop.is_answered()

    assert shop.conversation().human_at == shop.now - SECOND


def test_it_can_be_turned_off(engine: Engine) -> None:
    shop = Shop(engine, RULES.replace("settings: {", "settings: {takeover: off, "))
    shop.says("halo")
    shop.answers("saya bantu ya")

    assert shop.says("halo") == ["balas halo"]
    assert ("balas halo", "queued") in statuses(engine)


def test_it_is_of_one_conversation(engine: Engine) -> None:
    shop = Shop(engine)
    shop.person("saya bantu ya", sender="6281200000002")
    shop.is_answered()

    assert shop.says("halo") == ["balas halo"]


def test_our_own_echo_never_silences(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.sends("OUT")
    shop.answers("balas halo", message_id="OUT")

    assert shop.says("halo") == ["balas halo"]
    assert shop.conversation().human_at is None


def test_our_own_echo_without_a_known_id_never_silences(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.sends(None)
    shop.person("balas halo", message_id="OUT")
    shop.customer("apa kabar")
    shop.is_answered()

    assert shop.replies() == ["balas halo", "balas apa kabar"]
    assert outgoing(engine)[0].external_id == "OUT"


def test_our_own_echo_under_another_id_never_silences(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.sends("OUT")
    shop.answers("balas halo", message_id="ANOTHER")

    assert shop.says("halo") == ["balas halo"]


@pytest.mark.parametrize("external_id", ["OUT", None])
def test_our_own_echo_before_our_own_commit_never_silences(
    engine: Engine, external_id: str | None
) -> None:
    shop = Shop(engine)
    shop.says("halo")
    claimed = shop.claim()
    shop.person("balas halo", message_id="OUT")
    shop.customer("apa kabar")
    shop.is_answered()
    assert shop.replies() == ["balas halo", "balas apa kabar"]
    shop.record(claimed, external_id)
    shop.is_answered(after=5 * SECOND)

    assert [event.processed_at for event in all_events(engine)].count(None) == 0
    assert shop.conversation().human_at is None
    assert statuses(engine) == [("balas halo", "sent"), ("balas apa kabar", "queued")]


def test_our_own_echo_of_a_message_in_doubt_never_silences_however_late(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.sends(None, status=MessageStatus.UNKNOWN)
    shop.change(held="unknown", held_at=shop.now)
    shop.answers("balas halo", after=HOUR, message_id="OUT")

    assert shop.conversation().human_at is None
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id, reply.held) == ("sent", "OUT", None)


def test_our_own_echo_of_a_message_that_is_to_be_sent_again_proves_that_it_was(
    engine: Engine,
) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.sends(None, status=MessageStatus.QUEUED, due_at=shop.now + HOUR)
    shop.answers("balas halo", message_id="OUT")

    assert shop.conversation().human_at is None
    assert statuses(engine) == [("balas halo", "sent")]


def test_a_person_is_heard_though_a_message_in_doubt_is_held(engine: Engine) -> None:
    """It was held long ago: nothing of it can come any more that is worth waiting for."""
    shop = Shop(engine)
    shop.says("halo")
    shop.sends(None, status=MessageStatus.UNKNOWN)
    shop.change(held="unknown", held_at=shop.now)
    shop.answers("saya bantu ya", after=HOUR)

    assert shop.says("terima kasih") == []


def test_a_person_who_writes_while_a_reply_leaves_takes_over_a_moment_later(
    engine: Engine,
) -> None:
    shop = Shop(engine)
    shop.says("halo")
    claimed = shop.claim()
    shop.person("saya bantu ya")
    shop.customer("masih ada?")
    shop.is_answered()
    shop.record(claimed, "OUT")
    shop.is_answered(after=5 * SECOND)

    assert shop.says("terima kasih") == []
    # What was said meanwhile, because nobody knew, had not left yet.
    assert ("balas masih ada?", "cancelled") in statuses(engine)


def test_an_echo_is_not_put_off_for_ever(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.claim()
    shop.answers("saya bantu ya")
    assert shop.conversation().human_at is None
    shop.is_answered(after=timedelta(seconds=40))

    assert shop.conversation().human_at is not None


def test_what_waits_is_taken_back_and_says_why(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.answers("saya bantu ya", after=HOUR)

    [reply, _] = outgoing(engine)
    assert (reply.status, reply.error, reply.held) == ("cancelled", TAKEN_OVER, None)


def test_what_waits_for_the_contact_is_taken_back_too(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.change(held="window", held_at=shop.now)
    shop.answers("saya bantu ya")

    [reply, _] = outgoing(engine)
    assert (reply.status, reply.held, reply.held_at) == ("cancelled", None, None)


@pytest.mark.parametrize("status", [MessageStatus.CLAIMED, MessageStatus.SENT, MessageStatus.DEAD])
def test_what_is_on_its_way_is_not_taken_back(engine: Engine, status: MessageStatus) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.change(status=status)
    shop.answers("saya bantu ya")
    shop.is_answered(after=timedelta(seconds=40))

    assert outgoing(engine)[0].status == status


def test_what_persons_wrote_and_what_they_are_told_stays(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("cs")
    place = ("whatsgate", shop.conversation().device, shop.conversation().address)
    with writing(engine) as session:
        for alert_id in (None, 7):
            message = outbox.NewMessage(
                conversation_id=shop.conversation().id,
                place=place,
                content=Text(text="dari orang"),
                alert_id=alert_id,
            )
            outbox.add(session, [message], now=shop.now)
    shop.answers("saya bantu ya")

    assert {status for text, status in statuses(engine) if text != "saya bantu ya"} == {"queued"}


def test_a_late_word_takes_back_only_what_it_would_have_silenced(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    wrote_at = shop.now
    shop.says("masih?", after=3 * HOUR)
    rows = arrivals("whatsgate", "create", now=wrote_at, text="saya bantu", message_id="LATE")
    receive(engine, [replace(row, received_at=shop.now, due_at=shop.now) for row in rows])
    shop.is_answered()

    assert statuses(engine)[:2] == [("balas halo", "cancelled"), ("balas masih?", "queued")]


def test_a_cooldown_is_given_back_with_the_reply_that_is_taken_back(engine: Engine) -> None:
    shop = Shop(engine)
    assert shop.says("sekali") == ["hanya sekali"]
    shop.answers("saya bantu ya")

    assert shop.says("sekali", after=3 * HOUR) == ["hanya sekali"]


def test_a_cooldown_of_what_was_said_stays(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("sekali")
    shop.sends()
    shop.answers("saya bantu ya")

    assert shop.says("sekali", after=3 * HOUR) == []


def test_what_is_taken_back_counts_for_the_loop_guard_as_before(engine: Engine) -> None:
    rules = RULES.replace("replies: 100, within: 1m", "replies: 2, within: 10h")
    shop = Shop(engine, rules)
    shop.says("halo")
    shop.answers("saya bantu ya")
    assert shop.says("halo", after=3 * HOUR) == ["balas halo"]

    assert shop.says("halo") == []
    assert shop.guard() == "loop"


def test_a_running_form_ends_silently(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    with writing(engine) as session:
        session.execute(update(Conversation).values(state={"flow": {"name": "order"}}))
    shop.answers("saya bantu ya")

    assert "flow" not in shop.conversation().state


def test_stop_is_heard_while_a_person_answers(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("saya bantu ya")

    assert shop.says("berhenti") == []
    assert shop.conversation().opted_out_at == shop.now


@pytest.mark.parametrize(("takeover", "is_silent"), [("2h", False), ("{for: 1h, ai: true}", True)])
def test_the_gateways_own_ai_counts_only_where_the_settings_say_so(
    engine: Engine, takeover: str, *, is_silent: bool
) -> None:
    rules = RULES.replace("settings: {", f"settings: {{takeover: {takeover}, ")
    shop = Shop(engine, rules, gateway="csku")
    shop.answers("Saya AI toko", case="ai")

    assert bool(shop.says("halo")) is not is_silent


def test_an_agent_of_the_gateway_counts(engine: Engine) -> None:
    shop = Shop(engine, gateway="csku")
    shop.answers("Saya Sari dari toko", case="agent")

    assert shop.says("halo") == []
    assert shop.says("halo", after=2 * HOUR) == ["balas halo"]


def test_a_message_that_another_program_sent_through_the_api_does_not_count(
    engine: Engine,
) -> None:
    shop = Shop(engine)
    shop.answers("Kode Anda 1234", case="sent", message_id="SAME")
    shop.answers("Kode Anda 1234", case="create", message_id="SAME")

    assert shop.says("halo") == ["balas halo"]


def test_what_a_person_wrote_is_kept_once_however_often_it_is_told(engine: Engine) -> None:
    shop = Shop(engine)
    for case in ("create", "sent", "create"):
        shop.person("saya bantu ya", case=case, message_id="SAME")
    with writing(engine) as session:
        last = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        last.key = "another key"
    shop.is_answered()

    assert [message.text for message in outgoing(engine)] == ["saya bantu ya"]
    assert all(event.processed_at for event in all_events(engine))
    assert shop.says("halo") == []


def echo(**fields: object) -> MessageEcho:
    given = {"gateway": "g", "device": "d", "key": "k", "raw": b"", "author": Author.OWNER}
    return MessageEcho(**(given | fields))  # type: ignore[arg-type]


FOREIGN = Verdict(whose=Echo.FOREIGN)


@pytest.mark.parametrize(
    ("fields", "verdict", "does"),
    [
        ({}, FOREIGN, True),
        ({"author": Author.AGENT}, FOREIGN, True),
        ({"author": Author.AI}, FOREIGN, False),
        ({"author": Author.US}, FOREIGN, False),
        ({"author": Author.UNKNOWN}, FOREIGN, False),
        ({"chat": Chat.GROUP}, FOREIGN, False),
        ({"chat": Chat.STATUS}, FOREIGN, False),
        ({"type": MessageType.IMAGE}, FOREIGN, True),
        ({"type": MessageType.REACTION}, FOREIGN, False),
        ({"type": MessageType.REVOKE}, FOREIGN, False),
        ({}, Verdict(whose=Echo.OURS), False),
        ({}, Verdict(whose=Echo.TOO_EARLY), False),
        ({}, Verdict(whose=Echo.FOREIGN, has_our_words=True), False),
        ({}, Verdict(whose=Echo.FOREIGN, is_known=True), True),
    ],
)
def test_only_a_person_who_answers_takes_over(
    fields: dict[str, object], verdict: Verdict, *, does: bool
) -> None:
    settings = read(RULES).settings

    assert takes_over(echo(**fields), verdict, settings) is does


def test_an_old_message_is_not_answered_because_a_takeover_has_ended(engine: Engine) -> None:
    shop = Shop(engine)
    shop.answers("saya bantu ya")
    shop.says("halo")
    shop.is_answered(after=3 * HOUR)

    assert shop.replies() == []
    with reading(engine) as session:
        assert session.query(Conversation).count() == 1
    assert len(incoming(engine)) == 1
