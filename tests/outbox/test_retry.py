"""A person sends again, discards and resolves messages, while workers and evidence go on."""

from collections.abc import Callable, Collection
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, update

from bot.content import Text
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.outbox import NewMessage, add, claim
from bot.outbox.retry import NotRetryable, confirm_not_sent, retry, retry_all
from bot.outbox.settling import DISCARDED, Settled, confirm_sent, discard
from models import Held, Message, MessageStatus, writing
from tests.making import NOW, outgoing

PLACE = ("wagate", "wa-melati", "6281200000044")
BEFORE = NOW - timedelta(hours=30)
STATUSES = [status for status in MessageStatus if status is not MessageStatus.RECEIVED]

Act = Callable[[Engine, Collection[int]], Settled]

ACTS: dict[str, Act] = {
    "retry": lambda engine, ids: retry_all(engine, ids, now=NOW),
    "discard": lambda engine, ids: discard(engine, ids),
    "sent": lambda engine, ids: confirm_sent(engine, ids, now=NOW),
    "not sent": lambda engine, ids: confirm_not_sent(engine, ids, now=NOW),
}
MAY = {
    "retry": {"dead", "failed", "unknown", "cancelled"},
    "discard": {"queued", "dead", "failed", "unknown"},
    "sent": {"unknown"},
    "not sent": {"unknown"},
}


def queue(engine: Engine, *texts: str, **values: object) -> list[int]:
    """Put messages into the outbox, give them these values, and return their ids."""
    with writing(engine) as session:
        conversation = ensure_conversation(session, PLACE, now=BEFORE)
        messages = [
            NewMessage(conversation_id=conversation, place=PLACE, content=Text(text=text))
            for text in texts
        ]
        add(session, messages, now=BEFORE)
        if values:
            session.execute(update(Message).values(**values))
    return [message.id for message in outgoing(engine)]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", list(ACTS))
def test_only_what_may_be_changed_is_changed(
    sqlite_engine: Engine, name: str, status: MessageStatus
) -> None:
    ids = queue(sqlite_engine, "halo", status=status)

    settled = ACTS[name](sqlite_engine, ids)

    assert settled.ids == (frozenset(ids) if status in MAY[name] else frozenset())
    if not settled.ids:
        assert outgoing(sqlite_engine)[0].status == status
        assert settled.lanes == frozenset()


@pytest.mark.parametrize("name", list(ACTS))
def test_what_a_contact_wrote_is_left_alone(sqlite_engine: Engine, name: str) -> None:
    ids = queue(sqlite_engine, "halo", status="unknown")
    with writing(sqlite_engine) as session:
        session.execute(update(Message).values(direction="in"))

    assert ACTS[name](sqlite_engine, ids).ids == frozenset()


def test_a_retried_message_has_all_its_tries_and_is_a_new_one_to_the_gateway(
    engine: Engine,
) -> None:
    ids = queue(
        engine,
        "satu",
        "dua",
        status="failed",
        failures=8,
        attempts=8,
        ticket="tiket-7",
        error="Rejected: no",
        failed_at=BEFORE,
        sent_at=BEFORE,
        expires_at=BEFORE,
    )
    keys = {message.idempotency_key for message in outgoing(engine)}

    retry_all(engine, ids, now=NOW)

    for message in outgoing(engine):
        assert (message.status, message.failures, message.attempts) == ("queued", 0, 8)
        assert (message.ticket, message.error, message.failed_at) == (None, None, None)
        assert (message.sent_at, message.due_at) == (None, NOW)
        assert message.expires_at is not None
        assert message.expires_at > NOW
        assert len(message.idempotency_key or "") <= 64
        keys.add(message.idempotency_key)
    assert len(keys) == 4


def test_a_late_status_of_the_first_attempt_does_not_settle_the_second(engine: Engine) -> None:
    ids = queue(engine, "satu", status="failed", external_id="OUT-1")
    retry_all(engine, ids, now=NOW)
    assert [message.external_id for message in outgoing(engine)] == [None]


def test_what_never_expired_does_not_begin_to(engine: Engine) -> None:
    ids = queue(engine, "halo", status="dead", expires_at=None)

    retry_all(engine, ids, now=NOW)

    assert outgoing(engine)[0].expires_at is None


def test_retried_messages_go_in_their_order(engine: Engine) -> None:
    ids = queue(engine, "satu", "dua", "tiga", status="dead")

    retry_all(engine, list(reversed(ids)), now=NOW)

    claimed = [
        each.text
        for lane in range(LANES)
        for each in claim(engine, lane, free=8, per_device=8, now=NOW).messages
    ]
    assert claimed == ["satu"]


def test_a_held_message_is_released(engine: Engine) -> None:
    ids = queue(engine, "halo", held=Held.WINDOW, held_at=BEFORE, error="OutsideWindow: late")

    assert retry_all(engine, ids, now=NOW).ids == frozenset(ids)

    [message] = outgoing(engine)
    assert (message.status, message.held, message.held_at) == ("queued", None, None)


def test_a_message_that_waits_for_its_turn_is_not_retried(engine: Engine) -> None:
    [message_id] = queue(engine, "halo")

    with pytest.raises(NotRetryable, match="it is queued"):
        retry(engine, message_id, now=NOW)


def test_there_must_be_such_a_message_to_retry(engine: Engine) -> None:
    with pytest.raises(NotRetryable, match="no such outgoing message"):
        retry(engine, 4711, now=NOW)


def test_what_is_discarded_is_never_claimed(engine: Engine) -> None:
    queued, held = queue(engine, "satu", "dua")
    with writing(engine) as session:
        values = {"status": "unknown", "held": Held.UNKNOWN, "held_at": BEFORE}
        session.execute(update(Message).where(Message.id == held).values(**values))

    discard(engine, [queued, held])

    for message in outgoing(engine):
        assert (message.status, message.error, message.held) == ("cancelled", DISCARDED, None)
    assert not any(
        claim(engine, lane, free=8, per_device=8, now=NOW).messages for lane in range(LANES)
    )


def test_a_message_that_has_gone_out_was_sent_when_it_was_attempted(engine: Engine) -> None:
    ids = queue(engine, "halo", status="unknown", held=Held.UNKNOWN, attempted_at=BEFORE)

    settled = confirm_sent(engine, ids, now=NOW)

    [message] = outgoing(engine)
    assert (message.status, message.sent_at, message.held) == ("sent", BEFORE, None)
    assert settled.lanes == frozenset([message.lane])


def test_a_message_that_has_not_gone_out_is_sent_again(engine: Engine) -> None:
    ids = queue(engine, "halo", status="unknown", held=Held.UNKNOWN, failures=3)
    key = outgoing(engine)[0].idempotency_key

    confirm_not_sent(engine, ids, now=NOW)

    [message] = outgoing(engine)
    assert (message.status, message.failures, message.held) == ("queued", 0, None)
    assert message.idempotency_key != key


@pytest.mark.parametrize("name", list(ACTS))
def test_evidence_that_comes_first_is_not_overwritten(engine: Engine, name: str) -> None:
    ids = queue(engine, "satu", "dua", status="unknown")
    with writing(engine) as session:
        session.execute(update(Message).where(Message.id == ids[0]).values(status="delivered"))

    settled = ACTS[name](engine, ids)

    assert settled.ids == frozenset(ids[1:])
    assert outgoing(engine)[0].status == "delivered"


def test_what_does_not_fit_the_description_any_more_is_left_alone(engine: Engine) -> None:
    ids = queue(engine, "satu", "dua", status="dead", error="NotAuthorised: x")
    with writing(engine) as session:
        session.execute(update(Message).where(Message.id == ids[0]).values(error="Rejected: x"))

    where = Message.error.contains("NotAuthorised")

    assert retry_all(engine, ids, where=where, now=NOW).ids == frozenset(ids[1:])
    assert discard(engine, ids, where=where).ids == frozenset()


def test_nobody_waits_for_a_message_that_is_being_written(clean_postgres: Engine) -> None:
    ids = queue(clean_postgres, "satu", "dua", status="unknown")
    with writing(clean_postgres) as session:
        session.execute(select(Message.id).where(Message.id == ids[0]).with_for_update())

        settled = discard(clean_postgres, ids)

    assert settled.ids == frozenset(ids[1:])
