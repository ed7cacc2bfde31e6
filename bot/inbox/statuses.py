"""Statuses that rules may hear of: those of what the bot itself has said to contacts.

Not of what admins are told: a rule that tells them of a status would hear of its own words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.events import Kind, StatusChanged
from bot.inbox.answering import NOTIFICATION_POSITION
from bot.inbox.changes import Changes, Pending
from bot.outbox import is_ticketed
from bot.rules import Book
from models import Direction, Message


def has_status_rules(book: Book) -> bool:
    """Return whether any rule is about statuses."""
    return any(rule.event is Kind.MESSAGE_STATUS for rule in book.event_rules)


def hush_statuses(
    session: Session, batch: Sequence[Pending], book: Book, *, now: datetime
) -> list[Pending]:
    """Return the batch, with the statuses marked that no rule hears of."""
    statuses = [pending for pending in batch if isinstance(pending.event, StatusChanged)]
    if not statuses or not has_status_rules(book):
        return list(batch)
    told = _of_contacts(session, statuses, now=now)
    hushed = {pending.id for pending in statuses} - told
    return [
        replace(pending, is_hushed=True) if pending.id in hushed else pending for pending in batch
    ]


def heard_too_early(session: Session, changes: Changes, *, now: datetime) -> set[int]:
    """Return the statuses whose message was not known when the rules were played, and is now.

    They come again.
    """
    hushed = [pending for pending, _ in changes.statuses if pending.is_hushed]
    return _of_contacts(session, hushed, now=now)


def _of_contacts(session: Session, statuses: Iterable[Pending], *, now: datetime) -> set[int]:
    ids: dict[tuple[str, str, str], list[int]] = {}
    for pending in statuses:
        event = pending.event
        if isinstance(event, StatusChanged) and event.external_id:
            key = (event.gateway, event.device, event.external_id)
            ids.setdefault(key, []).append(pending.id)
    if not ids:
        return set()
    wanted = sorted({external_id for _, _, external_id in ids})
    rows = session.execute(
        select(Message.gateway, Message.device, Message.external_id, Message.ticket).where(
            # A ticket is a name only until the id is known, as where the status is recorded.
            or_(
                Message.external_id.in_(wanted),
                and_(Message.ticket.in_(wanted), is_ticketed(now)),
            ),
            Message.direction == Direction.OUT,
            Message.author.is_(None),
            Message.alert_id.is_(None),
            Message.position < NOTIFICATION_POSITION,
        )
    )
    return {
        event_id
        for row in rows
        for event_id in ids.get((row.gateway, row.device, row.external_id or row.ticket or ""), ())
    }
