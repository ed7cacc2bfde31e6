"""Raise events of our own: rows like any other, for now or for a time to come.

`received_at` is that time, so that whatever a contact wrote before it is processed before it, even
after an outage. `occurred_at` is when it was raised.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.events import Chat, Kind
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.inbox.changes import Raised
from bot.lanes import CLOCK_SKEW, lane_of
from models import Conversation, Event, insert_into

# What is raised for a time to come: until then nobody waits for it.
AHEAD_KINDS = frozenset({Kind.FLOW_TIMEOUT, Kind.HANDOVER_ENDED})
# A lane is woken for what comes so soon; for what comes later it is swept.
SOON = timedelta(minutes=1)


def raise_events(session: Session, raised: Sequence[Raised], *, now: datetime) -> None:
    """Put events of our own into the inbox, each once."""
    if not raised:
        return
    numbers: Counter[int] = Counter()
    rows = []
    for one in raised:
        rows.append(_row(one, numbers[one.pending.id], now=now))
        numbers[one.pending.id] += 1
    session.execute(
        insert_into(session, Event).on_conflict_do_nothing(
            index_elements=["gateway", "device", "key"]
        ),
        rows,
    )


def addressed(session: Session, raised: Sequence[Raised]) -> list[Raised]:
    """Return the events at the addresses under which the contacts meant by a phone have written."""
    found: list[Raised] = []
    for one in raised:
        gateway, device, address = one.place
        known = (
            one.phone
            and session.scalars(
                select(Conversation.address)
                .where(
                    Conversation.gateway == gateway,
                    Conversation.device == device,
                    or_(
                        Conversation.address == address,
                        # In a group it is that of whoever wrote last.
                        and_(Conversation.phone == one.phone, Conversation.chat == Chat.PRIVATE),
                    ),
                )
                .order_by(Conversation.id)
            ).all()
        )
        found += [replace(one, place=(gateway, device, each)) for each in known or [address]]
    return found


def lanes_raised(raised: Sequence[Raised], *, now: datetime) -> set[int]:
    """Return the lanes that have something of it to do at once."""
    return {lane_of(*one.place) for one in raised if one.at <= now}


def next_raised(raised: Sequence[Raised], *, now: datetime) -> datetime | None:
    """Return when the first of those events comes that come soon."""
    soon = (one.at + CLOCK_SKEW for one in raised if now < one.at <= now + SOON)
    return min(soon, default=None)


def _row(one: Raised, number: int, *, now: datetime) -> dict[str, object]:
    gateway, device, address = one.place
    at = max(one.at, now)
    return {
        "gateway": gateway,
        "device": device,
        # Not the time: what fired too early is raised for the same time again.
        "key": folded(f"{one.kind}:{one.pending.id}:{number}", KEY_LIMIT),
        "kind": one.kind,
        "address": address,
        "lane": lane_of(gateway, device, address),
        "payload": json.dumps(dict(one.details), separators=(",", ":")).encode(),
        "occurred_at": now,
        "received_at": at,
        # Rows are read this much too early, and this one has to come in time.
        "due_at": at + CLOCK_SKEW if at > now else now,
    }
