"""A rule leaves a contact to a person: told to an admin, for a time that ends by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, update

from models import Conversation, writing
from tests.inbox.shop import HOUR, RULES, SECOND, Shop
from tests.making import arrivals, outgoing, receive, responder


def test_a_rule_leaves_the_contact_to_a_person_and_tells_an_admin(engine: Engine) -> None:
    shop = Shop(engine, gateway="meta")
    assert shop.says("cs") == [
        "Sebentar ya",
        "Budi (6281200000001) menunggu jawaban Anda. Bot diam dulu di chat itu.",
    ]

    assert shop.conversation().handover_until == shop.now + 4 * HOUR
    assert shop.says("halo?") == []
    assert shop.guard() == "handover"


def test_it_is_left_to_a_person_within_the_same_batch(engine: Engine) -> None:
    shop = Shop(engine)
    shop.customer("cs")
    shop.customer("halo?")
    shop.is_answered()

    assert len(shop.replies()) == 2
    assert shop.guard() == "handover"


def test_it_ends_by_itself(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("cs")
    until = shop.now + 4 * HOUR
    shop.now = until - 3 * SECOND

    assert shop.says("halo?", after=timedelta()) == []
    assert shop.now == until - SECOND
    shop.now -= SECOND
    assert shop.says("halo", after=timedelta()) == ["balas halo"]
    assert shop.now == until


@pytest.mark.parametrize(
    ("answered_after", "hours"), [(HOUR, timedelta(hours=4)), (3 * HOUR, timedelta(hours=5))]
)
def test_a_person_who_answers_moves_its_end_but_never_back(
    engine: Engine, answered_after: timedelta, hours: timedelta
) -> None:
    shop = Shop(engine)
    shop.says("cs")
    began = shop.now
    shop.answers("saya bantu ya", after=answered_after)
    minute = timedelta(minutes=1)
    shop.now = began + hours - minute

    assert shop.says("halo?") == []
    assert shop.says("halo", after=2 * minute) == ["balas halo"]


def test_the_reply_and_what_the_admin_is_told_are_not_automatic(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.says("cs")

    assert [message.automatic for message in outgoing(engine)] == [True, False, False]


def test_stop_is_heard_and_not_answered(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("cs")

    assert shop.says("berhenti") == []
    assert shop.conversation().opted_out_at == shop.now


def test_a_call_is_left_to_the_person_too(engine: Engine) -> None:
    shop = Shop(engine, gateway="meta")
    shop.says("cs")
    shop.now += SECOND
    receive(engine, arrivals("meta", "call", now=shop.now))
    shop.is_answered()

    assert "jangan telepon" not in shop.replies()


def test_a_running_form_ends_silently(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    with writing(engine) as session:
        session.execute(update(Conversation).values(state={"flow": {"name": "order"}}))
    shop.says("cs")

    assert "flow" not in shop.conversation().state


def test_nothing_is_left_to_anybody_where_nobody_could_be_answered(engine: Engine) -> None:
    shop = Shop(engine)
    shop.who = responder(RULES, WHATSGATE_API_KEY="")

    assert shop.says("cs") == []
    assert shop.conversation().handover_until is None


def test_a_reply_is_of_use_as_long_as_its_rule_says(engine: Engine) -> None:
    shop = Shop(engine)
    shop.says("halo")
    shop.says("cs")

    found = [(message.expires_at or shop.now) - message.created_at for message in outgoing(engine)]
    assert found == [24 * HOUR, 2 * HOUR, 24 * HOUR]


def test_of_one_bubble_the_shortest_use_counts_and_the_person_who_is_asked_for(
    engine: Engine,
) -> None:
    rules = RULES.replace(
        "rules:\n",
        "rules:\n  - {id: sapa, if: {silent_for: 1d}, continue: true, reply: Halo!, expires: 1h}\n",
    )
    shop = Shop(engine, rules)

    assert shop.says("cs")[0] == "Halo!\n\nSebentar ya"
    [bubble, _] = outgoing(engine)
    assert bubble.expires_at == bubble.created_at + HOUR
    assert not bubble.automatic
