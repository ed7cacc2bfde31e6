"""Echoes: judged before a batch is folded, so that it is known in time what a person has said.

What they prove is written when the batch is: our own messages have gone out, what somebody else
wrote joins the history.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot import outbox
from bot.events import MessageEcho
from bot.gateways.reading import clean
from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.inbox.changes import Changes, Pending, Place, Talk
from bot.inbox.deferring import ECHO_AT_MOST, has_waited
from models import Direction, Message, MessageStatus


def judge_echoes(
    session: Session, batch: Sequence[Pending], talks: Mapping[Place, Talk], *, now: datetime
) -> None:
    """Tell the conversations whose words the echoes in the batch are."""
    heard = [
        outbox.Heard(
            event_id=pending.id,
            conversation_id=talks[pending.place].id,
            echo=pending.event,
            received_at=pending.received_at,
            is_final=has_waited(pending, ECHO_AT_MOST, now=now),
        )
        for pending in batch
        if isinstance(pending.event, MessageEcho) and pending.place and pending.place in talks
    ]
    if not heard:
        return
    verdicts = outbox.judge_echoes(session, heard)
    for talk in talks.values():
        talk.verdicts = verdicts


def store_echoes(session: Session, changes: Changes) -> set[int]:
    """Write what the echoes prove; return the events that have to come again."""
    put_off = set()
    for pending, echo in changes.echoes:
        if pending.place is None or pending.place not in changes.talks:
            continue
        talk = changes.talks[pending.place]
        verdict = talk.verdicts[pending.id]
        if verdict.message_id is not None:
            if not outbox.confirm(
                session, verdict.message_id, echo, received_at=pending.received_at
            ):
                put_off.add(pending.id)
        elif verdict.whose is outbox.Echo.TOO_EARLY:
            put_off.add(pending.id)
        elif verdict.whose is outbox.Echo.FOREIGN and not verdict.is_known:
            _insert(session, pending, echo, talk)
    return put_off


def _insert(session: Session, pending: Pending, echo: MessageEcho, talk: Talk) -> None:
    """Put what somebody else wrote from the device into the history."""
    assert pending.place is not None  # noqa: S101 - whoever has a conversation has a place
    gateway, device, _ = pending.place
    external_id = echo.external_id and folded(clean(echo.external_id), ADDRESS_LIMIT)
    session.execute(
        insert(Message).values(
            event_id=pending.id,
            position=0,
            conversation_id=talk.id,
            gateway=gateway,
            device=device,
            lane=outbox.lane(pending.place),
            direction=Direction.OUT,
            author=echo.author,
            external_id=external_id or None,
            kind=echo.type,
            text=clean(echo.text),
            status=MessageStatus.SENT,
            created_at=pending.received_at,
            sent_at=echo.occurred_at or pending.received_at,
        )
    )
