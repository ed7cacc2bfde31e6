"""Tell the inbox that messages will not arrive, as events of our own."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.events import INTERNAL_KINDS, Kind
from bot.lanes import lane_of
from models import Conversation, Event, Message, MessageStatus, insert_into, status_is


def announce_failures(session: Session, ids: Sequence[int], *, now: datetime) -> set[int]:
    """Tell the inbox that messages will not arrive (send.failed); return its lanes.

    The rules get their cooldowns back and may tell somebody. A failed answer to one of our own
    events is not announced: that would be a loop.
    """
    if not ids:
        return set()
    rows = session.execute(
        select(Message, Conversation.address)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Event, Event.id == Message.event_id)
        .where(
            Message.id.in_(ids),
            # Only what really ended so: a result that came too late changed nothing.
            status_is(Message, MessageStatus.DEAD, MessageStatus.FAILED),
            Message.alert_id.is_(None),
            or_(Event.id.is_(None), Event.kind.not_in([str(kind) for kind in INTERNAL_KINDS])),
        )
    ).all()
    events = [_announcement(message, address, now=now) for message, address in rows]
    if events:
        session.execute(
            insert_into(session, Event).on_conflict_do_nothing(
                index_elements=["gateway", "device", "key"]
            ),
            events,
        )
    return {event["lane"] for event in events}


def _announcement(message: Message, address: str, *, now: datetime) -> dict[str, Any]:
    details = {
        "message": message.id,
        "rules": (message.explanation or {}).get("rules", []),
        "reason": message.error or "",
    }
    return {
        "gateway": message.gateway,
        "device": message.device,
        "key": f"{Kind.SEND_FAILED}:{message.id}:{message.attempts}",
        "kind": Kind.SEND_FAILED,
        "address": address,
        "lane": lane_of(message.gateway, message.device, address),
        "payload": json.dumps(details, separators=(",", ":")).encode(),
        "occurred_at": now,
        "received_at": now,
        "due_at": now,
    }
