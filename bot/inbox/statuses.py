"""Statuses that rules may hear of: those of what the bot itself has said to contacts.

Not of what admins are told: a rule that tells them of a status would hear of its own words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.events import Kind, StatusChanged
from bot.inbox.answering import NOTIFICATION_POSITION
from bot.inbox.changes import Changes, Pending
from bot.rules import Book
from models import Direction, Message


def has_status_rules(book: Book) -> bool:
    """Return whether any rule is about statuses."""
    return any(rule.event is Kind.MESSAGE_STATUS for rule in book.event_rules)


def hush_statuses(session: Session, batch: Sequence[Pending], book: Book) -> list[Pending]:
    """Return the batch, with the statuses marked that no rule hears of."""
    statuses = [pending for pending in batch if isinstance(pending.event, StatusChanged)]
    if not statuses or not has_status_rules(book):
        return list(batch)
    told = _of_contacts(session, statuses)
    hushed = {pending.id for pending in statuses} - told
    return [
        replace(pending, is_hushed=True) if pending.id in hushed else pending for pending in batch
    ]


def heard_too_early(session: Session, changes: Changes) -> set[int]:
    """Return the statuses whose message was not known when the rules were played, and is now.

    They come again.
    """
    return _of_contacts(session, [pending for pending, _ in changes.statuses if pending.is_hushed])


def _of_contacts(session: Session, statuses: Iterable[Pending]) -> set[int]:
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
            or_(Message.external_id.in_(wanted), Message.ticket.in_(wanted)),
            Message.direction == Direction.OUT,
            Message.author.is_(None),
            Message.alert_id.is_(None),
            Message.position < NOTIFICATION_POSITION,
        )
    )
    return {
        event_id
        for row in rows
        for name in (row.external_id, row.ticket)
        for event_id in ids.get((row.gateway, row.device, name or ""), ())
    }
