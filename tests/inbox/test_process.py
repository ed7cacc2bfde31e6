"""Draining a lane: every event once, in order, and one bad event alone fails."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text, update

from bot.gateways import GATEWAYS
from bot.gateways.base import WebhookRequest
from bot.inbox.arrivals import Arrival, arrival
from bot.inbox.process import LOCK_CLASS, process
from bot.inbox.replay import NotReplayable, replay
from bot.inbox.store import processed_events
from bot.lanes import LANES, lane_of
from bot.simulator.compose import compose
from models import Conversation, Device, Event, reading, writing
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


def test_answers_a_message_once(engine: Engine) -> None:
    receive(engine, arrivals(text="halo", message_id="A"))
    process_all(engine)
    process_all(engine)
    [message] = incoming(engine)
    [reply] = outgoing(engine)
    assert (message.text, message.status, message.external_id) == ("halo", "received", "A")
    assert (reply.text, reply.status, reply.rule) == ("balas halo", "queued", "fallback")
    assert reply.event_id == message.event_id
    assert reply.conversation_id == message.conversation_id


def test_remembers_the_contact(engine: Engine) -> None:
    receive(engine, arrivals(sender="6281200000011", name="Sari"))
    process_all(engine)
    with reading(engine) as session:
        conversation = session.query(Conversation).one()
    assert (conversation.name, conversation.phone) == ("Sari", "6281200000011")
    assert conversation.last_inbound_at == NOW


def test_answers_in_the_order_of_the_messages(engine: Engine) -> None:
    for number in range(30):
        receive(
            engine,
            arrivals(
                text=f"pesan {number}",
                now=NOW + timedelta(seconds=number),
                message_id=f"{30 - number}",
            ),
        )
    process_all(engine, now=NOW + timedelta(minutes=1))
    assert [reply.text for reply in outgoing(engine)] == [f"balas pesan {n}" for n in range(30)]


def test_one_meta_body_with_many_messages_is_answered_in_order_per_contact(engine: Engine) -> None:
    contacts = [f"62812000001{number:02}" for number in range(40)]
    messages = [
        {
            "from": contacts[number % 40],
            # Ids that sort the other way round than the messages come.
            "id": f"wamid.{999 - number}",
            "timestamp": str(int(NOW.timestamp())),
            "type": "text",
            "text": {"body": f"pesan {number}"},
        }
        for number in range(300)
    ]
    value = {"metadata": {"phone_number_id": "1"}, "messages": messages}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    events = GATEWAYS["meta"]([]).parse(WebhookRequest(body=json.dumps(body).encode()))
    receive(
        engine,
        [
            arrival(event, received_at=NOW + timedelta(microseconds=index))
            for index, event in enumerate(events)
        ],
    )
    now = NOW + timedelta(seconds=1)
    while any(done.is_left for done in process_all(engine, now=now)):
        pass
    assert len(incoming(engine)) == 300
    by_conversation: dict[int, list[int]] = {}
    for reply in outgoing(engine):
        by_conversation.setdefault(reply.conversation_id, []).append(int(reply.text.split()[-1]))
    assert len(by_conversation) == 40
    assert all(numbers == sorted(numbers) for numbers in by_conversation.values())
    assert sum(len(numbers) for numbers in by_conversation.values()) == 300


def test_two_jobs_on_one_lane_answer_nothing_twice(engine: Engine) -> None:
    """As if the lane's lock in Redis were lost: the database is the lock that counts."""
    rows = [
        arrivals(sender=f"6281200000{number:03}", message_id=f"M{number}")[0]
        for number in range(120)
    ]
    receive(engine, [replace(row, lane=3) for row in rows])
    who = responder()

    def drain(_: int) -> None:
        while any(event.processed_at is None for event in all_events(engine)):
            process(engine, 3, who, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, range(4)))
    assert len(incoming(engine)) == 120
    assert len(outgoing(engine)) == 120


def test_a_lane_that_somebody_else_has_is_left_alone(clean_postgres: Engine) -> None:
    [row] = arrivals()
    receive(clean_postgres, [row])
    with clean_postgres.begin() as connection:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:class, :lane)"),
            {"class": LOCK_CLASS, "lane": row.lane},
        )
        assert process(clean_postgres, row.lane, responder(), now=NOW).count == 0
    assert process(clean_postgres, row.lane, responder(), now=NOW).count == 1


def test_a_poison_event_fails_alone(engine: Engine) -> None:
    good = arrivals(message_id="A", text="halo")
    poison = [replace(arrivals(message_id="B")[0], payload=b"rahasia pelanggan", lane=good[0].lane)]
    receive(engine, poison, good)
    process_all(engine)
    [failed] = [event for event in all_events(engine) if event.error]
    assert failed.processed_at is None
    assert "rahasia" not in (failed.error or "")
    assert "Unreadable at " in (failed.error or "")
    assert [reply.text for reply in outgoing(engine)] == ["balas halo"]


REFUSE = {
    "sqlite": [
        "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.text = 'tolak' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END"
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger AS $$ BEGIN "
        "RAISE EXCEPTION 'refused' USING ERRCODE = '22000'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER refuse BEFORE INSERT ON messages FOR EACH ROW "
        "WHEN (NEW.text = 'tolak') EXECUTE FUNCTION refuse()",
    ],
}


def test_a_message_that_the_database_refuses_fails_alone(engine: Engine) -> None:
    with writing(engine) as session:
        for statement in REFUSE[engine.dialect.name]:
            session.execute(text(statement))
    try:
        receive(engine, arrivals(message_id="A", text="halo"))
        receive(engine, arrivals(message_id="B", text="tolak", now=NOW + timedelta(seconds=1)))
        receive(engine, arrivals(message_id="C", text="lagi", now=NOW + timedelta(seconds=2)))
        process_all(engine, now=NOW + timedelta(seconds=5))
        [failed] = [event for event in all_events(engine) if event.error]
        assert "tolak" not in (failed.error or "")
        assert [reply.text for reply in outgoing(engine)] == ["balas halo", "balas lagi"]
    finally:
        with writing(engine) as session:
            on = "" if engine.dialect.name == "sqlite" else " ON messages"
            session.execute(text(f"DROP TRIGGER refuse{on}"))


def test_a_failed_event_can_be_replayed(engine: Engine) -> None:
    rows = arrivals(message_id="A", text="halo")
    receive(engine, [replace(rows[0], payload=b"{")])
    process_all(engine)
    [event] = all_events(engine)
    with writing(engine) as session:
        session.execute(update(Event).values(payload=rows[0].payload))
    assert replay(engine, event.id, now=NOW) == {event.lane}
    process_all(engine)
    assert [reply.text for reply in outgoing(engine)] == ["balas halo"]


def test_a_processed_event_cannot_be_replayed(engine: Engine) -> None:
    receive(engine, arrivals())
    process_all(engine)
    with pytest.raises(NotReplayable, match="answer twice"):
        replay(engine, all_events(engine)[0].id, now=NOW)


def test_a_message_already_in_the_history_is_not_answered_again(engine: Engine) -> None:
    """A gateway that tells the same message under another event key."""
    rows = arrivals(message_id="A")
    receive(engine, rows, [replace(rows[0], key="another key")])
    process_all(engine)
    assert len(incoming(engine)) == 1
    assert len(outgoing(engine)) == 1
    assert all(event.processed_at for event in all_events(engine))


def test_an_event_put_off_is_not_touched_before_it_is_due(engine: Engine) -> None:
    # Not a message: those may have been put off for more of them, which no longer counts.
    [row] = arrivals(case="disconnected")
    receive(engine, [replace(row, due_at=NOW + timedelta(hours=1))])
    assert not any(done.count for done in process_all(engine, now=NOW))
    assert any(done.count for done in process_all(engine, now=NOW + timedelta(hours=1)))


def test_a_clock_that_runs_ahead_a_little_delays_no_message(engine: Engine) -> None:
    receive(engine, arrivals(now=NOW + timedelta(milliseconds=400)))
    process_all(engine, now=NOW)
    assert len(outgoing(engine)) == 1


def test_a_stale_message_is_kept_and_not_answered(engine: Engine) -> None:
    [row] = arrivals(now=NOW)
    receive(engine, [replace(row, received_at=NOW + timedelta(hours=2))])
    process_all(engine, now=NOW + timedelta(hours=2))
    [message] = incoming(engine)
    assert message.explanation is not None
    assert message.explanation["guard"] == "stale"
    assert not outgoing(engine)


def test_an_outage_of_ours_makes_no_message_stale(engine: Engine) -> None:
    receive(engine, arrivals(now=NOW))
    process_all(engine, now=NOW + timedelta(hours=2))
    assert len(outgoing(engine)) == 1


def test_an_opted_out_contact_is_left_alone(engine: Engine) -> None:
    for number, words in enumerate(["berhenti", "halo"]):
        receive(engine, arrivals(text=words, message_id=words, now=NOW + timedelta(seconds=number)))
    process_all(engine, now=NOW + timedelta(seconds=9))
    assert [reply.text for reply in outgoing(engine)] == ["baik"]
    assert incoming(engine)[1].explanation["guard"] == "opted-out"  # type: ignore[index]


@pytest.mark.parametrize(
    ("missing", "guard"),
    [("WAGATE_API_TOKEN", "receive-only"), ("WAGATE_WEBHOOK_SECRET", "not configured")],
)
def test_says_why_nobody_could_answer(engine: Engine, missing: str, guard: str) -> None:
    receive(engine, arrivals())
    changes = {missing: "", "WAGATE_API_TOKEN": ""}
    process_all(engine, responder(**changes))
    [message] = incoming(engine)
    assert message.explanation == {"guard": guard}
    assert not outgoing(engine)


def test_every_stored_message_carries_the_version_of_the_rules(engine: Engine) -> None:
    receive(engine, arrivals())
    who = responder()
    process_all(engine, who)
    [message], [reply] = incoming(engine), outgoing(engine)
    assert message.explanation == {"version": who.book.version, "rules": ["fallback"]}
    assert reply.explanation == {"version": who.book.version, "rules": ["fallback"]}


@pytest.mark.parametrize(
    ("reason", "is_resumed"), [("DeviceOffline: offline", True), ("QuotaExhausted: none", False)]
)
def test_a_device_that_connects_is_no_longer_paused_for_being_offline(
    engine: Engine, reason: str, *, is_resumed: bool
) -> None:
    receive(engine, arrivals(case="disconnected", device="wa-7"))
    process_all(engine)
    with writing(engine) as session:
        session.execute(
            update(Device).values(
                paused_until=NOW + timedelta(hours=1), pause_reason=reason, pauses=1
            )
        )
    later = NOW + timedelta(minutes=1)
    receive(engine, arrivals(case="ready", device="wa-7", now=later))
    process_all(engine, now=later)
    with reading(engine) as session:
        device = session.query(Device).one()
    assert (device.device, device.state) == ("wa-7", "connected")
    assert (device.paused_until is None) == is_resumed


NOTIFY = """
version: 1
admins:
  pemilik: {to: "6281200000077"}
rules:
  - id: putus
    event: device.disconnected
    notify: {to: pemilik, text: "perangkat {{ device.id }} putus"}
"""


def test_tells_an_admin_in_a_conversation_of_their_own(engine: Engine) -> None:
    receive(engine, arrivals(case="disconnected", device="wa-7"))
    process_all(engine, responder(NOTIFY))
    [notice] = outgoing(engine)
    with reading(engine) as session:
        conversation = session.get_one(Conversation, notice.conversation_id)
    assert notice.text == "perangkat wa-7 putus"
    assert (conversation.device, conversation.address) == ("wa-7", "6281200000077")


def test_a_device_that_flaps_is_told_about_once(engine: Engine) -> None:
    rules = NOTIFY.replace("    notify", "    cooldown: 15m\n    notify").replace(
        'putus"}', 'putus", every: 15m}'
    )
    for number in range(3):
        now = NOW + timedelta(minutes=number)
        receive(engine, arrivals(case="disconnected", device="wa-7", now=now))
        process_all(engine, responder(rules), now=now)
    assert len(outgoing(engine)) == 1


def test_a_wish_to_be_left_alone_is_heard_where_nobody_can_answer(engine: Engine) -> None:
    receive(engine, arrivals(text="berhenti"))
    process_all(engine, responder(WAGATE_API_TOKEN=""))
    with reading(engine) as session:
        assert session.query(Conversation).one().opted_out_at == NOW
    assert not outgoing(engine)


def test_a_text_too_long_for_the_gateway_is_split(engine: Engine) -> None:
    lines = "\n".join(f"baris {number} {'x' * 80}" for number in range(100))
    rules = (
        "version: 1\nrules:\n  - {id: a, match: {exact: a}, reply: none}\nfallback:\n  reply: |\n"
        + "".join(f"    {line}\n" for line in lines.splitlines())
    )
    receive(engine, arrivals("meta"))
    process_all(engine, responder(rules))
    parts = outgoing(engine)
    assert [part.position for part in parts] == [0, 1, 2]
    assert all(len(part.text) <= 4096 for part in parts)
    assert "\n".join(part.text for part in parts) == lines


def test_counts_what_was_ever_processed(engine: Engine) -> None:
    for number in range(LANES * 2):
        receive(engine, arrivals(sender=f"6281200001{number:03}", message_id=f"M{number}"))
    process_all(engine)
    with reading(engine) as session:
        assert processed_events(session) == LANES * 2


def test_texts_that_no_database_takes_are_stored_all_the_same(engine: Engine) -> None:
    receive(engine, arrivals(text="a\0b\ud800c", name="N\0ama"))
    process_all(engine)
    assert [message.text for message in incoming(engine)] == ["a\ufffdb\ufffdc"]
    assert not [event.error for event in all_events(engine) if event.error]


def changed_number(new: str, *, sender: str = "6281200000001") -> list[Arrival]:
    """Return Meta's word that a contact is reached under another number from now on."""
    body = json.loads(compose("meta", "text", now=NOW, sender=sender))
    [message] = body["entry"][0]["changes"][0]["value"]["messages"]
    message |= {"type": "system", "system": {"type": "user_changed_number", "wa_id": new}}
    del message["text"]
    [event] = GATEWAYS["meta"]([]).parse(WebhookRequest(body=json.dumps(body).encode()))
    return [arrival(event, received_at=NOW)]


def test_a_contact_who_changes_the_number_keeps_the_conversation_and_the_opt_out(
    engine: Engine,
) -> None:
    receive(engine, arrivals("meta", text="berhenti", sender="6281200000001"))
    process_all(engine)
    receive(engine, changed_number("6281200000009"))
    process_all(engine)
    receive(engine, arrivals("meta", text="halo", sender="6281200000009"))
    process_all(engine)

    with reading(engine) as session:
        [conversation] = session.scalars(select(Conversation)).all()
    assert conversation.address == "6281200000009"
    assert conversation.lane == lane_of("meta", conversation.device, "6281200000009")
    assert [reply.text for reply in outgoing(engine)] == ["baik"]


def test_a_contact_who_has_written_from_the_new_number_already_is_left_alone_there(
    engine: Engine,
) -> None:
    receive(engine, arrivals("meta", text="berhenti", sender="6281200000001"))
    receive(engine, arrivals("meta", text="halo", sender="6281200000009"))
    process_all(engine)
    receive(engine, changed_number("6281200000009"))
    process_all(engine)
    receive(engine, arrivals("meta", text="halo", sender="6281200000009", message_id="wamid.2"))
    process_all(engine)

    assert sorted(reply.text for reply in outgoing(engine)) == ["baik", "balas halo"]


def disconnected(*, hours: float, device: str = "wa-melati") -> list[Arrival]:
    now = NOW - timedelta(hours=hours)
    rows = arrivals("wagate", "disconnected", now=now, device=device)
    return [replace(row, received_at=NOW, due_at=NOW) for row in rows]


def test_a_word_from_the_future_about_a_device_holds_up_no_later_one(engine: Engine) -> None:
    receive(engine, disconnected(hours=-24 * 365))
    process_all(engine)
    with reading(engine) as session:
        assert session.scalars(select(Device.changed_at)).all() == [NOW]
    later = NOW + timedelta(seconds=1)
    receive(engine, arrivals("wagate", "ready", device="wa-melati", now=later))
    process_all(engine, now=later)

    with reading(engine) as session:
        [device] = session.scalars(select(Device)).all()
    assert (device.state, device.changed_at) == ("connected", later)


def test_what_is_known_from_the_future_is_not_newer(engine: Engine) -> None:
    ahead = NOW + timedelta(days=365)
    with writing(engine) as session:
        session.add(
            Device(gateway="wagate", device="wa-melati", state="disconnected", changed_at=ahead)
        )
    receive(engine, arrivals("wagate", "ready", device="wa-melati"))
    process_all(engine)

    with reading(engine) as session:
        [device] = session.scalars(select(Device)).all()
    assert (device.state, device.changed_at) == ("connected", NOW)


def test_an_older_word_about_a_device_undoes_no_newer_one(engine: Engine) -> None:
    receive(engine, arrivals("wagate", "ready", device="wa-melati"))
    process_all(engine)
    receive(engine, disconnected(hours=3))
    process_all(engine)

    with reading(engine) as session:
        [device] = session.scalars(select(Device)).all()
    assert (device.state, device.changed_at) == ("connected", NOW)
