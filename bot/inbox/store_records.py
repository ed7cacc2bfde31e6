"""Write what rules keep, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.gateways.reading import cleaned
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.inbox.changes import Changes, NewRecord
from models import Record

RULE_LIMIT = 255


def store_records(session: Session, changes: Changes, *, now: datetime) -> None:
    """Write down the records of a batch."""
    if changes.records:
        rows = [_row(record, changes, now=now) for record in changes.records]
        session.execute(insert(Record), rows)


def _row(record: NewRecord, changes: Changes, *, now: datetime) -> dict[str, object]:
    event = record.pending.event
    talk = changes.talks[record.place] if record.place else None
    return {
        "kind": record.kind,
        "gateway": event.gateway,
        "device": folded(event.device, KEY_LIMIT),
        "conversation_id": talk.id if talk else None,
        "event_id": record.pending.id,
        "position": record.position,
        "rule": record.rule[:RULE_LIMIT],
        "fields": cleaned(record.fields),
        "created_at": now,
    }
