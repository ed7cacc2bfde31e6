"""Tell the inbox, once for each quota, that it runs low: rules and admins may want to know."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bot.events import Kind
from bot.lanes import lane_of
from bot.quotas import is_low
from models import Device, Event, insert_into, reading, writing


def announce_low(engine: Engine, *, percent: int, now: datetime) -> set[int]:
    """Write an event for each quota that runs low by now; return the lanes of the inbox to wake.

    Costs one read of the few devices with a quota while there is nothing new.
    """
    with reading(engine) as session:
        rows = _newly_low(session, percent=percent, now=now)
    if not rows:
        return set()
    events = [_announcement(row, now=now) for row in rows]
    with writing(engine) as session:
        session.execute(
            insert_into(session, Event).on_conflict_do_nothing(
                index_elements=["gateway", "device", "key"]
            ),
            events,
        )
    return {event["lane"] for event in events}


def _newly_low(session: Session, *, percent: int, now: datetime) -> Sequence[Device]:
    known = session.scalars(
        select(Device).where(Device.quota_limit > 0).order_by(Device.gateway, Device.device)
    ).all()
    return [
        row
        for row in known
        if is_low(row, percent=percent, now=now) and not _is_told(session, row, now=now)
    ]


def _is_told(session: Session, row: Device, *, now: datetime) -> bool:
    told = select(Event.id).where(
        Event.gateway == row.gateway,
        Event.device == row.device,
        Event.key == _key(row, now=now),
    )
    return session.scalar(told) is not None


def _key(row: Device, *, now: datetime) -> str:
    """Return the key of the announcement; a quota whose end nobody tells lasts for a month."""
    until = row.quota_resets_at.isoformat(timespec="minutes") if row.quota_resets_at else ""
    return f"{Kind.QUOTA_LOW}:{row.quota_limit}:{until or f'{now:%Y-%m}'}"


def _announcement(row: Device, *, now: datetime) -> dict[str, Any]:
    resets_at = row.quota_resets_at.isoformat() if row.quota_resets_at else None
    details = {"remaining": row.quota_remaining, "limit": row.quota_limit, "resets_at": resets_at}
    return {
        "gateway": row.gateway,
        "device": row.device,
        "key": _key(row, now=now),
        "kind": Kind.QUOTA_LOW,
        "address": None,
        "lane": lane_of(row.gateway, row.device, None),
        "payload": json.dumps(details, separators=(",", ":")).encode(),
        "occurred_at": now,
        "received_at": now,
        "due_at": now,
    }
