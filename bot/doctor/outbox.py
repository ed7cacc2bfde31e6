"""The outbox: what waits for a person or a contact, what was given up, gateways that are down."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.devices import hosts
from bot.doctor.verdicts import Scene, Verdict, good, warning
from models import Breaker, Held, Message, MessageStatus, is_unsettled, reading, status_is

PART = "outbox"
RECENT = timedelta(days=2)


def check_outbox(scene: Scene) -> Sequence[Verdict]:
    """Look at the messages that will not go out by themselves, and at what keeps all from going."""
    try:
        with reading(scene.runtime.engine) as session:
            found = [
                *_messages(session, now=scene.now()),
                *_breakers(session, hosts(scene.runtime.gateways), now=scene.now()),
            ]
    except SQLAlchemyError:
        return []  # said of the database already
    return found or [good(PART, "what is to be sent goes out by itself")]


def _messages(session: Session, *, now: datetime) -> Iterator[Verdict]:
    held = _count(session, Message.held == Held.UNKNOWN)
    if held:
        what = f"{held} messages may or may not have gone out, and wait for a person"
        advice = "flask messages list --state held, then flask messages resolve"
        yield warning(PART, what, advice)
    unknown = _count(
        session,
        is_unsettled(Message),
        status_is(Message, MessageStatus.UNKNOWN),
        Message.held.is_(None),
    )
    if unknown:
        what = f"{unknown} messages may or may not have gone out; evidence may still come"
        yield warning(PART, what, "flask messages list --state unknown")
    outside = _count(session, Message.held == Held.WINDOW)
    if outside:
        what = f"{outside} messages wait for their contacts to write first"
        advice = "set a template for them (META_WINDOW_TEMPLATE), or flask messages discard"
        yield warning(PART, what, advice)
    dead = _count(session, status_is(Message, MessageStatus.DEAD), Message.failed_at > now - RECENT)
    if dead:
        advice = "flask messages list --state dead, then flask messages retry or discard"
        yield warning(PART, f"{dead} messages of the last two days are dead", advice)
    failed = _count(
        session, status_is(Message, MessageStatus.FAILED), Message.failed_at > now - RECENT
    )
    if failed:
        what = f"{failed} messages of the last two days were taken and not delivered"
        yield warning(PART, what, "flask messages list --state failed tells why")


def _breakers(
    session: Session, known: Collection[tuple[str, str]], *, now: datetime
) -> Iterator[Verdict]:
    rows = session.scalars(
        select(Breaker).where(Breaker.paused_until > now).order_by(Breaker.gateway, Breaker.host)
    )
    for row in rows:
        if (row.gateway, row.host) not in known:
            continue
        what = (
            f"nothing is sent to {row.host} until {row.paused_until:%Y-%m-%d %H:%M} UTC: "
            f"{row.pause_reason}"
        )
        yield warning(row.gateway, what, "it is probed by itself then; look whether it is down")


def _count(session: Session, *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(Message.id)).where(*conditions)) or 0
