"""Read what happened on a stage: from our database, and from what the gateways took."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.alerts.kinds import AlertKind
from bot.events import Kind
from models import Alert, Base, Effect, Event, Message, reading
from tests.chaos.customers import TEXT, Customer
from tests.chaos.invariants import Asked, History, Taken, Written
from tests.chaos.stage import Stage

# Longer than a due event waits for its turn, and than a status or an echo is put off at a time.
UNDER_WAY = timedelta(seconds=15)
PUT_OFF = timedelta(seconds=60)


def read_history(
    stage: Stage,
    customers: Sequence[Customer],
    acknowledged: Collection[str],
    *,
    at: datetime,
    left: Sequence[str] = (),
) -> History:
    """Return what became of what these customers wrote. What was due before `at` should be done."""
    texts = {webhook.text for customer in customers for webhook in customer.webhooks}
    with reading(stage.engine) as session:
        messages = session.execute(
            select(
                Message.direction, Message.gateway, Message.text, Message.status, Message.held
            ).order_by(Message.id)
        ).all()
        payloads = session.scalars(
            select(Event.payload).where(Event.kind == Kind.MESSAGE_RECEIVED)
        ).all()
        open_events = _count(session, Event, Event.processed_at.is_(None), _is_neglected(at))
        failed_events = _count(
            session, Event, Event.processed_at.is_(None), Event.error.is_not(None)
        )
        open_effects = _count(
            session, Effect, Effect.done_at.is_(None), Effect.due_at < at - UNDER_WAY
        )
        alerts = session.scalars(
            select(Alert.gateway).where(Alert.kind == AlertKind.MESSAGE_HELD)
        ).all()
    return History(
        asked=_asked(customers, acknowledged),
        taken=[
            Taken(sent.gateway, sent.to, sent.text)
            for sent in stage.simulator.sent
            if sent.text in texts
        ],
        stored=[text for payload in payloads if (text := text_in(payload)) in texts],
        written=[Written(*row) for row in messages if row.text in texts],
        open_events=open_events,
        failed_events=failed_events,
        open_effects=open_effects,
        alerts=frozenset(alerts),
        left=left,
    )


def text_in(payload: bytes) -> str:
    """Return the text of one of our customers in a payload, "" where there is none."""
    found = TEXT.search(payload)
    return found[0].decode() if found else ""


def _count(session: Session, table: type[Base], *conditions: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _is_neglected(now: datetime) -> ColumnElement[bool]:
    """Say that nobody works on an open event, nor will soon: a status may wait for its message."""
    return and_(
        Event.error.is_(None),
        or_(Event.due_at < now - UNDER_WAY, Event.due_at > now + PUT_OFF),
    )


def _asked(customers: Sequence[Customer], acknowledged: Collection[str]) -> list[Asked]:
    return [
        Asked(customer.gateway, customer.number, webhook.text)
        for customer in customers
        for webhook in customer.webhooks
        if webhook.text in acknowledged
    ]
