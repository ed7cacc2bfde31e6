"""Statuses go forwards only; echoes of our own messages are recognised."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from bot.events import Status
from bot.outbox.attempt import Attempt
from bot.outbox.claim import Claimed, claim, mark_sending
from bot.outbox.evidence import reference
from bot.outbox.outcome import Outcome
from bot.outbox.record import record_outcomes
from bot.outbox.tickets import send_lost, tell_external_id
from models import Device, Message, MessageStatus, reading, writing
from tests.making import (
    NOW,
    all_events,
    arrivals,
    incoming,
    outgoing,
    process_all,
    receive,
    responder,
)


def answer(engine: Engine, gateway: str = "meta", text: str = "halo") -> Message:
    """Let a contact be answered, and return the reply."""
    receive(engine, arrivals(gateway, text=text))
    process_all(engine)
    return outgoing(engine)[-1]


def claim_reply(engine: Engine, reply: Message) -> Claimed:
    [claimed] = claim(engine, reply.lane, free=1, per_device=1, now=NOW).messages
    mark_sending(engine, [claimed], now=NOW)
    return claimed


def send(engine: Engine, reply: Message, external_id: str | None = "OUT", **values: Any) -> None:
    claimed = claim_reply(engine, reply)
    outcome = Outcome(**{"status": MessageStatus.SENT, "external_id": external_id, **values})
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=NOW)


def tell(engine: Engine, status: Status, *, after: int, message_id: str = "OUT") -> None:
    now = NOW + timedelta(seconds=after)
    receive(engine, arrivals("meta", "status", now=now, message_id=message_id, status=status))
    process_all(engine, now=now)


def test_a_status_settles_a_message_that_was_held_in_doubt(engine: Engine) -> None:
    send(engine, answer(engine))
    with writing(engine) as session:
        values = {"status": MessageStatus.UNKNOWN, "held": "unknown", "held_at": NOW}
        session.execute(update(Message).values(**values))
    tell(engine, Status.DELIVERED, after=90)
    [reply] = outgoing(engine)
    assert (reply.status, reply.held, reply.held_at) == ("delivered", None, None)


def test_a_status_moves_its_message_forwards(engine: Engine) -> None:
    send(engine, answer(engine))
    tell(engine, Status.DELIVERED, after=1)
    tell(engine, Status.READ, after=2)
    [reply] = outgoing(engine)
    assert reply.status == "read"
    assert reply.delivered_at == NOW + timedelta(seconds=1)
    assert reply.read_at == NOW + timedelta(seconds=2)


def test_a_late_status_fills_its_time_and_moves_nothing_back(engine: Engine) -> None:
    send(engine, answer(engine))
    tell(engine, Status.READ, after=3)
    tell(engine, Status.DELIVERED, after=1)
    [reply] = outgoing(engine)
    assert reply.status == "read"
    assert reply.delivered_at == NOW + timedelta(seconds=1)


def test_a_status_that_comes_before_our_own_commit_finds_its_message_later(engine: Engine) -> None:
    reply = answer(engine)
    claimed = claim_reply(engine, reply)
    tell(engine, Status.DELIVERED, after=1)
    assert [event.processed_at is None for event in all_events(engine)] == [False, True]
    outcome = Outcome(status=MessageStatus.SENT, external_id="OUT")
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=NOW)
    process_all(engine, now=NOW + timedelta(seconds=5))
    assert outgoing(engine)[0].status == "delivered"
    assert all(event.processed_at for event in all_events(engine))


def test_a_status_of_a_message_that_is_not_ours_ends_quietly(engine: Engine) -> None:
    tell(engine, Status.DELIVERED, after=1, message_id="NOBODYS")
    assert all(event.processed_at for event in all_events(engine))


def test_a_status_is_not_put_off_for_ever(engine: Engine) -> None:
    claim_reply(engine, answer(engine))
    tell(engine, Status.DELIVERED, after=1, message_id="NOBODYS")
    for minutes in (2, 4):
        process_all(engine, now=NOW + timedelta(minutes=minutes))
    assert all(event.processed_at for event in all_events(engine))


def test_our_own_reference_settles_an_unknown_message(engine: Engine) -> None:
    reply = answer(engine)
    send(engine, reply, None, status=MessageStatus.UNKNOWN)
    now = NOW + timedelta(seconds=2)
    ours = reference(reply.id, reply.idempotency_key or "")
    values = {"message_id": "OUT", "status": Status.DELIVERED, "reference": ours}
    receive(engine, arrivals("meta", "status", now=now, **values))
    process_all(engine, now=now)
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id) == ("delivered", "OUT")


@pytest.mark.parametrize("foreign", ["{id}", "9" * 25, "9" * 5000, "{id}:", "{id}:somebody", "a:b"])
def test_a_reference_of_somebody_else_moves_nothing(engine: Engine, foreign: str) -> None:
    reply = answer(engine)
    now = NOW + timedelta(seconds=2)
    given = foreign.format(id=reply.id)
    values = {"message_id": "THEIRS", "status": Status.DELIVERED, "reference": given}
    receive(engine, arrivals("meta", "status", now=now, **values))
    process_all(engine, now=now)
    assert [(message.status, message.external_id) for message in outgoing(engine)] == [
        ("queued", None)
    ]
    assert all(event.processed_at for event in all_events(engine))


def test_a_held_message_delays_no_status_of_others_for_ever(engine: Engine) -> None:
    send(engine, answer(engine), None, status=MessageStatus.UNKNOWN)
    tell(engine, Status.DELIVERED, after=140, message_id="NOBODYS")
    assert all(event.processed_at for event in all_events(engine))


ONCE = """
version: 1
rules:
  - id: sekali
    match: {exact: [sekali]}
    cooldown: 1h
    reply: hanya sekali
"""


@pytest.mark.parametrize("status", [MessageStatus.DEAD, MessageStatus.SENT])
def test_a_cooldown_is_given_back_when_the_reply_never_arrived(
    engine: Engine, status: MessageStatus
) -> None:
    who = responder(ONCE)
    receive(engine, arrivals("meta", text="sekali", message_id="A"))
    process_all(engine, who)
    send(engine, outgoing(engine)[0], status=status)
    later = NOW + timedelta(seconds=5)
    process_all(engine, who, now=later)
    receive(engine, arrivals("meta", text="sekali", message_id="B", now=later))
    process_all(engine, who, now=later)
    assert len(outgoing(engine)) == (2 if status is MessageStatus.DEAD else 1)


def test_an_echo_of_our_message_is_recognised_by_its_id(engine: Engine) -> None:
    send(engine, answer(engine, "whatsgate"), "OUT")
    receive(engine, arrivals("whatsgate", "create", message_id="OUT", text="balas halo"))
    process_all(engine)
    assert len(outgoing(engine)) == 1


def test_an_echo_that_comes_before_our_own_commit_is_put_off(engine: Engine) -> None:
    reply = answer(engine, "whatsgate")
    claimed = claim_reply(engine, reply)
    receive(engine, arrivals("whatsgate", "create", message_id="OUT", text="balas halo"))
    process_all(engine)
    assert len(outgoing(engine)) == 1
    outcome = Outcome(status=MessageStatus.SENT, external_id="OUT")
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=NOW)
    process_all(engine, now=NOW + timedelta(seconds=5))
    assert len(outgoing(engine)) == 1
    assert all(event.processed_at for event in all_events(engine))


def test_an_echo_settles_an_unknown_message_by_its_text(engine: Engine) -> None:
    send(engine, answer(engine, "whatsgate"), None, status=MessageStatus.UNKNOWN)
    receive(engine, arrivals("whatsgate", "create", message_id="OUT", text="balas halo"))
    process_all(engine)
    process_all(engine, now=NOW + timedelta(seconds=40))
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id) == ("sent", "OUT")


def test_what_a_person_wrote_from_the_phone_joins_the_history_and_is_not_answered(
    engine: Engine,
) -> None:
    send(engine, answer(engine, "whatsgate"), "OUT")
    receive(engine, arrivals("whatsgate", "create", message_id="HUMAN", text="saya bantu ya"))
    process_all(engine)
    ours, theirs = outgoing(engine)
    assert (ours.author, theirs.author) == (None, "owner")
    assert (theirs.text, theirs.status) == ("saya bantu ya", "sent")
    assert len(incoming(engine)) == 1


def test_two_messages_with_one_external_id_are_both_recorded(engine: Engine) -> None:
    """A gateway that repeats an id must not undo the batch in which it does."""
    first = answer(engine, "rijan", text="satu")
    receive(engine, arrivals("rijan", text="dua", message_id="B"))
    process_all(engine)
    send(engine, first, "SAME")
    send(engine, outgoing(engine)[1], "SAME")
    assert [reply.status for reply in outgoing(engine)] == ["sent", "sent"]
    assert [reply.external_id for reply in outgoing(engine)] == ["SAME", None]


def test_a_result_that_comes_too_late_is_not_announced(engine: Engine) -> None:
    reply = answer(engine)
    claimed = claim_reply(engine, reply)
    with writing(engine) as session:
        session.execute(
            update(Message).where(Message.id == reply.id).values(status=MessageStatus.DELIVERED)
        )
    outcome = Outcome(status=MessageStatus.DEAD, error="late")
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=NOW)
    assert [event.kind for event in all_events(engine)] == ["message.received"]


def test_an_id_that_no_database_takes_is_recorded_all_the_same(engine: Engine) -> None:
    send(engine, answer(engine), "a\ud800\0b")
    assert [(m.status, m.external_id) for m in outgoing(engine)] == [("sent", "a\ufffd\ufffdb")]


def test_a_result_counts_only_for_its_own_attempt(engine: Engine) -> None:
    reply = answer(engine)
    claimed = claim_reply(engine, reply)
    with writing(engine) as session:
        session.execute(update(Message).where(Message.id == reply.id).values(attempts=2))
    outcome = Outcome(status=MessageStatus.DEAD, error="late")
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=NOW)
    assert outgoing(engine)[0].status == "sending"


def test_many_results_are_recorded_in_one_transaction(engine: Engine) -> None:
    for number in range(5):
        receive(engine, arrivals("meta", text="halo", sender=f"628120000000{number}"))
    process_all(engine)
    attempts = [
        Attempt(
            claimed=claim_reply(engine, reply),
            number=1,
            outcome=Outcome(status=MessageStatus.SENT, external_id=f"OUT{reply.id}"),
        )
        for reply in outgoing(engine)
    ]
    commits: list[object] = []

    def count(connection: object) -> None:
        commits.append(connection)

    event.listen(engine, "commit", count)
    try:
        record_outcomes(engine, attempts, now=NOW)
    finally:
        event.remove(engine, "commit", count)
    assert len(commits) == 1
    assert {reply.status for reply in outgoing(engine)} == {"sent"}


REFUSED = "Specified number not in your contact list"


def answer_later(engine: Engine, text: str = "halo", contact: str = "6281200000021") -> Message:
    """Let a contact be answered through WhatsGate, which only queues the reply."""
    receive(engine, arrivals("whatsgate", text=text, sender=contact))
    process_all(engine)
    reply = outgoing(engine)[-1]
    send(engine, reply, None, ticket="async")
    return reply


def tell_error(engine: Engine, *, after: int = 1) -> None:
    now = NOW + timedelta(seconds=after)
    receive(engine, arrivals("whatsgate", "error", now=now))
    process_all(engine, now=now)


def problems(engine: Engine) -> list[str | None]:
    with reading(engine) as session:
        return [device.problem for device in session.query(Device)]


def wait(engine: Engine, seconds: int = 140) -> None:
    process_all(engine, now=NOW + timedelta(seconds=seconds))


def test_an_error_without_a_name_is_about_the_only_message_that_was_queued(engine: Engine) -> None:
    answer_later(engine)
    tell_error(engine)
    [reply] = outgoing(engine)
    assert (reply.status, reply.error) == ("failed", REFUSED)
    assert problems(engine) in ([], [None])
    assert "send.failed" in {event.kind for event in all_events(engine)}


def test_an_error_that_may_be_about_either_of_two_is_the_device_s(engine: Engine) -> None:
    answer_later(engine, contact="6281200000021")
    answer_later(engine, contact="6281200000022")
    tell_error(engine)
    assert problems(engine) == []
    wait(engine)
    assert [reply.status for reply in outgoing(engine)] == ["sent", "sent"]
    assert problems(engine) == [REFUSED]
    assert all(event.processed_at for event in all_events(engine))


def test_an_error_is_about_the_one_of_two_that_is_not_told_to_have_gone_out(engine: Engine) -> None:
    answer_later(engine, text="satu", contact="6281200000021")
    answer_later(engine, text="dua", contact="6281200000022")
    tell_error(engine)
    sent: dict[str, Any] = {"message_id": "OUT", "text": "balas satu", "sender": "6281200000021"}
    receive(engine, arrivals("whatsgate", "sent", now=NOW, **sent))
    wait(engine, 5)
    wait(engine, 10)
    replies = [(reply.status, reply.external_id) for reply in outgoing(engine)]
    assert replies == [("sent", "OUT"), ("failed", None)]


def test_an_error_about_nothing_that_we_queued_is_the_device_s(engine: Engine) -> None:
    tell_error(engine)
    assert problems(engine) == [REFUSED]


@pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.UNKNOWN])
def test_a_message_that_was_sent_at_once_is_not_blamed(
    engine: Engine, status: MessageStatus
) -> None:
    send(engine, answer(engine, "whatsgate"), None, status=status)
    tell_error(engine)
    wait(engine)
    assert [reply.status for reply in outgoing(engine)] == [status]
    assert problems(engine) == [REFUSED]


def test_of_a_queued_and_an_unknown_message_the_queued_one_is_blamed(engine: Engine) -> None:
    receive(engine, arrivals("whatsgate", text="satu", sender="6281200000021"))
    process_all(engine)
    send(engine, outgoing(engine)[-1], None, status=MessageStatus.UNKNOWN)
    answer_later(engine, text="dua", contact="6281200000022")
    tell_error(engine)
    wait(engine)
    assert [reply.status for reply in outgoing(engine)] == ["unknown", "failed"]


def test_an_error_that_comes_before_our_own_commit_finds_its_message_later(engine: Engine) -> None:
    reply = answer(engine, "whatsgate")
    claimed = claim_reply(engine, reply)
    tell_error(engine)
    assert problems(engine) == []
    outcome = Outcome(status=MessageStatus.SENT, ticket="async")
    record_outcomes(engine, [Attempt(claimed=claimed, number=1, outcome=outcome)], now=NOW)
    wait(engine, 5)
    assert outgoing(engine)[0].status == "failed"


@pytest.mark.parametrize("case", ["sent", "create"])
def test_what_was_queued_is_recognised_by_its_text_when_it_goes_out(
    engine: Engine, case: str
) -> None:
    answer_later(engine)
    sent: dict[str, Any] = {"message_id": "OUT", "text": "balas halo", "sender": "6281200000021"}
    receive(engine, arrivals("whatsgate", case, **sent))
    process_all(engine)
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id, reply.author) == ("sent", "OUT", None)


def test_a_queued_message_that_is_told_twice_to_have_gone_out_is_one(engine: Engine) -> None:
    answer_later(engine)
    sent: dict[str, Any] = {"message_id": "OUT", "text": "balas halo", "sender": "6281200000021"}
    for case in ("create", "sent"):
        receive(engine, arrivals("whatsgate", case, **sent))
        process_all(engine)
    receive(
        engine,
        arrivals(
            "whatsgate", "status", status=Status.READ, message_id="OUT", sender=sent["sender"]
        ),
    )
    process_all(engine)
    assert [(reply.status, reply.external_id) for reply in outgoing(engine)] == [("read", "OUT")]


def test_a_status_that_names_the_ticket_leaves_the_id_to_be_told(engine: Engine) -> None:
    send(engine, answer(engine), None, ticket="msg_1")
    tell(engine, Status.DELIVERED, after=1, message_id="msg_1")
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id) == ("delivered", None)


def test_a_status_waits_for_the_id_of_a_message_with_a_ticket(engine: Engine) -> None:
    reply = answer(engine)
    send(engine, reply, None, ticket="msg_1")
    tell(engine, Status.DELIVERED, after=1)
    with writing(engine) as session:
        tell_external_id(session, reply.id, "OUT")
    process_all(engine, now=NOW + timedelta(seconds=5))
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id) == ("delivered", "OUT")


def test_a_status_that_is_late_at_its_first_look_is_looked_at_again(engine: Engine) -> None:
    """The workers were away: the id of the message is being asked for only now."""
    reply = answer(engine)
    send(engine, reply, None, ticket="msg_1")
    receive(engine, arrivals("meta", "status", message_id="OUT", status=Status.READ))
    process_all(engine, now=NOW + timedelta(minutes=5))
    with writing(engine) as session:
        tell_external_id(session, reply.id, "OUT")
    process_all(engine, now=NOW + timedelta(minutes=9))
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id) == ("read", "OUT")


def test_a_message_whose_id_is_known_is_not_sent_again(engine: Engine) -> None:
    reply = answer(engine)
    send(engine, reply, None, ticket="msg_1")
    with writing(engine) as session:
        tell_external_id(session, reply.id, "OUT")
        send_lost(session, reply.id, "msg_1", now=NOW)
    [reply] = outgoing(engine)
    assert (reply.status, reply.external_id) == ("sent", "OUT")


def test_an_echo_that_waited_for_the_workers_still_finds_its_message(engine: Engine) -> None:
    send(engine, answer(engine, "whatsgate"), None, status=MessageStatus.UNKNOWN)
    receive(engine, arrivals("whatsgate", "create", message_id="OUT", text="balas halo"))
    for minutes in (5, 6):
        process_all(engine, now=NOW + timedelta(minutes=minutes))
    assert [(reply.status, reply.external_id) for reply in outgoing(engine)] == [("sent", "OUT")]
