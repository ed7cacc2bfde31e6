"""Menus in words: a number typed while one is the last thing said is the button it stands for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.content import Choice, NotContent, Text, from_json
from bot.events import Button, MessageReceived, MessageType
from bot.inbox.changes import Pending, Place, Talk
from models import Direction, Message, MessageStatus

# "2", "2.", "(2)" or "no. 2": a number, and nothing else that says something.
NUMBER = re.compile(r"(?:no\.?|nomor)?\s*\(?(\d{1,2})[.)]?", re.IGNORECASE)
NEVER_SAID = (MessageStatus.DEAD, MessageStatus.CANCELLED)


def load_menus(session: Session, batch: Sequence[Pending], talks: Mapping[Place, Talk]) -> None:
    """Give the conversations in which a number was typed the menu that was said last there."""
    asking = {
        talks[pending.place].id: talks[pending.place]
        for pending in batch
        if pending.place
        and pending.place in talks
        and isinstance(pending.event, MessageReceived)
        and _number(pending.event)
    }
    if not asking:
        return
    last = (
        select(func.max(Message.id))
        .where(
            Message.conversation_id.in_(asking),
            Message.direction == Direction.OUT,
            Message.status.not_in(NEVER_SAID),
        )
        .group_by(Message.conversation_id)
    )
    rows = session.execute(
        select(Message.conversation_id, Message.content).where(
            Message.id.in_(last), Message.content.is_not(None)
        )
    )
    for conversation, stored in rows:
        asking[conversation].menu = _choices(stored)


def pressed(message: MessageReceived, menu: Sequence[Choice]) -> MessageReceived:
    """Return the message as the press of a button, if it is a number of the menu."""
    number = _number(message)
    if not 1 <= number <= len(menu):
        return message
    choice = menu[number - 1]
    return replace(
        message,
        type=MessageType.BUTTON,
        text=choice.title,
        button=Button(id=choice.id, title=choice.title),
    )


def _number(message: MessageReceived) -> int:
    if message.type is not MessageType.TEXT:
        return 0
    match = NUMBER.fullmatch(message.text.strip())
    return int(match[1]) if match else 0


def _choices(stored: object) -> tuple[Choice, ...]:
    try:
        content = from_json(stored)
    except NotContent:
        return ()
    return content.choices if isinstance(content, Text) else ()
