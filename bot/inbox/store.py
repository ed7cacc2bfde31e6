"""Write what a batch changes, in bulk, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from bot import effects, outbox
from bot.content import Text
from bot.events import Status
from bot.gateways.reading import clean, cleaned
from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.inbox.changes import (
    Changes,
    Incoming,
    Notification,
    Outgoing,
    Pending,
    Place,
    Talk,
)
from bot.inbox.conversations import ensure_conversation
from bot.inbox.deferring import STATUS_AT_MOST, has_waited, next_wait
from bot.inbox.echoes import store_echoes
from bot.inbox.moves import move_conversations
from bot.inbox.raising import addressed, lanes_raised, next_raised, raise_events
from bot.inbox.statuses import heard_too_early
from bot.inbox.store_devices import store_devices
from bot.inbox.store_records import store_records
from bot.lanes import CLOCK_SKEW
from bot.rules import release
from models import Conversation, Direction, Event, Lane, Message, MessageStatus, insert_into

# The clock of whoever looks again then may be a little behind.
AFTERWARDS = timedelta(milliseconds=50)


@dataclass(slots=True, kw_only=True)
class Stored:
    """Which lanes got something, and when the first event put off is due again."""

    inbox_lanes: set[int] = field(default_factory=set)
    outbox_lanes: set[int] = field(default_factory=set)
    effect_lanes: set[int] = field(default_factory=set)
    retry_at: datetime | None = None


def store(session: Session, lane: int, changes: Changes, *, now: datetime) -> Stored:
    """Write the changes and mark the events. Raises SQLAlchemyError; nothing is written then."""
    _insert_incoming(session, changes.incoming, changes.talks)
    stored = Stored(outbox_lanes=_queue(session, changes, now=now))
    put_off = store_echoes(session, changes) | _record_statuses(session, changes, now=now)
    stored.outbox_lanes |= _take_over(session, changes) | _let_go(session, changes, now=now)
    _update_conversations(session, changes)
    store_records(session, changes, now=now)
    store_devices(session, changes, now=now)
    changes.raised = addressed(session, changes.raised)
    raise_events(session, changes.raised, now=now)
    # They take along what is raised.
    move_conversations(session, changes)
    # After the devices, as everywhere: two transactions that lock both never wait for each other.
    stored.effect_lanes = effects.add(session, changes.effects, now=now)
    _mark(session, lane, changes, put_off, now=now)
    stored.inbox_lanes = lanes_raised(changes.raised, now=now)
    looks = (at + AFTERWARDS for at in changes.waits.values())
    again = [*looks, *_next_looks(changes, put_off, now=now).values()]
    if soon := next_raised(changes.raised, now=now):
        again.append(soon)
    stored.retry_at = min(again, default=None)
    if any(status.status is Status.FAILED for _, status in changes.statuses):
        stored.retry_at = now  # the announcement of the failure is a new event of this lane
    return stored


def _insert_incoming(
    session: Session, incoming: Sequence[Incoming], talks: dict[Place, Talk]
) -> None:
    if not incoming:
        return
    session.execute(
        insert(Message),
        [
            {
                **_history(item.pending, talks),
                "position": 0,
                "direction": Direction.IN,
                "external_id": _external_id(item.message.external_id),
                "kind": item.message.type,
                "text": clean(item.text),
                "details": _details(item),
                "media_problem": _media_problem(item),
                "status": MessageStatus.RECEIVED,
                "explanation": dict(item.explanation),
                "created_at": item.pending.received_at,
            }
            for item in incoming
        ],
    )


def _history(pending: Pending, talks: dict[Place, Talk]) -> dict[str, object]:
    place = pending.place
    assert place is not None  # noqa: S101 - only messages of a conversation get here
    gateway, device, _ = place
    return {
        "event_id": pending.id,
        "conversation_id": talks[place].id,
        "gateway": gateway,
        "device": device,
        "lane": outbox.lane(place),
    }


def _details(item: Incoming) -> dict[str, object] | None:
    message = item.message
    found: dict[str, object] = dict(message.details)
    if message.sender and message.sender != message.address:
        found["sender"] = message.sender
    if message.quoted_id:
        found["quoted_id"] = message.quoted_id
    if message.button:
        found["button"] = {"id": message.button.id, "title": message.button.title}
    if message.media:
        media = message.media
        found["media"] = {
            name: value
            for name in ("id", "mimetype", "filename", "sha256", "size", "inline", "problem")
            if (value := getattr(media, name))
        }
    return cleaned(found) or None


def _media_problem(item: Incoming) -> str | None:
    """Return what the gateway itself says is wrong with the media: then nothing is fetched."""
    problem = item.message.media.problem if item.message.media else None
    return clean(problem)[:ADDRESS_LIMIT] if problem else None


def _external_id(external_id: str | None) -> str | None:
    return None if external_id is None else folded(clean(external_id), ADDRESS_LIMIT)


def _queue(session: Session, changes: Changes, *, now: datetime) -> set[int]:
    messages = [_new_message(item, changes.talks[item.place]) for item in changes.outgoing]
    messages += [_new_notification(session, item, now=now) for item in changes.notifications]
    return outbox.add(session, messages, now=now)


def _new_message(item: Outgoing, talk: Talk) -> outbox.NewMessage:
    return outbox.NewMessage(
        event_id=item.pending.id,
        position=item.position,
        conversation_id=talk.id,
        place=item.place,
        content=item.content,
        rules=item.rules,
        version=item.version,
        automatic=item.automatic,
        useful_for=item.useful_for,
    )


def _new_notification(session: Session, item: Notification, *, now: datetime) -> outbox.NewMessage:
    place = (item.pending.event.gateway, item.device, folded(item.recipient, ADDRESS_LIMIT))
    return outbox.NewMessage(
        event_id=item.pending.id,
        position=item.position,
        conversation_id=ensure_conversation(session, place, now=now),
        place=place,
        content=Text(text=item.text),
        rules=(item.rule,),
        version=item.version,
    )


def _take_over(session: Session, changes: Changes) -> set[int]:
    """Take back what was not sent before a person answered; its rules may speak again."""
    lanes: set[int] = set()
    for place, before in changes.taken_over:
        talk = changes.talks[place]
        cancelled = outbox.cancel_automatic(session, talk.id, before=before)
        talk.state = release(talk.state, cancelled.rules)
        lanes |= cancelled.lanes
    return lanes


def _let_go(session: Session, changes: Changes, *, now: datetime) -> frozenset[int]:
    """Send what waited for the contacts to write."""
    written = {changes.talks[place].id for place in changes.wrote}
    return outbox.release_held(session, written, now=now)


def _record_statuses(session: Session, changes: Changes, *, now: datetime) -> set[int]:
    put_off = set()
    for pending, status in changes.statuses:
        is_final = pending.id in changes.heard or has_waited(pending, STATUS_AT_MOST, now=now)
        if not outbox.record_status(session, status, is_final=is_final, now=now):
            put_off.add(pending.id)
    return put_off | heard_too_early(session, changes, now=now)


def _update_conversations(session: Session, changes: Changes) -> None:
    values = [
        {
            "id": talk.id,
            "name": talk.name and clean(talk.name),
            "phone": talk.phone,
            "chat": talk.chat,
            "state": cleaned(talk.state.as_json()),
            "opted_out_at": talk.opted_out_at,
            "last_inbound_at": talk.last_inbound_at,
            "wrote_at": talk.wrote_at,
            "human_at": talk.human_at,
            "taken_until": talk.taken_until,
            "handover_until": talk.handover_until,
        }
        for talk in changes.talks.values()
        if talk.has_changed
    ]
    if values:
        session.execute(update(Conversation), values)


def _mark(
    session: Session, lane: int, changes: Changes, put_off: set[int], *, now: datetime
) -> None:
    done = [event_id for event_id in changes.processed if event_id not in put_off]
    if done:
        session.execute(update(Event).where(Event.id.in_(done)).values(processed_at=now))
        count = insert_into(session, Lane).values(lane=lane, processed_events=len(done))
        session.execute(
            count.on_conflict_do_update(
                index_elements=["lane"],
                set_={"processed_events": Lane.processed_events + count.excluded.processed_events},
            )
        )
    # Rows are read this much too early, and who waits for more is not to be looked at before.
    waits = {event_id: at + CLOCK_SKEW for event_id, at in changes.waits.items()}
    if later := waits | _next_looks(changes, put_off, now=now):
        session.connection().execute(
            update(Event).where(Event.id == bindparam("event")).values(due_at=bindparam("at")),
            [{"event": event_id, "at": due_at} for event_id, due_at in later.items()],
        )
    for event_id, error in changes.failed:
        session.execute(update(Event).where(Event.id == event_id).values(error=error))


def _next_looks(changes: Changes, ids: set[int], *, now: datetime) -> dict[int, datetime]:
    return {
        pending.id: now + next_wait(pending, now=now)
        for pending, _ in (*changes.statuses, *changes.echoes)
        if pending.id in ids
    }


def processed_events(session: Session) -> int:
    """Return how many events were ever processed, without a scan of the events."""
    return int(session.scalar(select(func.sum(Lane.processed_events))) or 0)
