"""Menus: what is typed while one is the last thing said is the choice that it stands for.

In a menu in words that is a number or a title. Beside real buttons and lists it is a title only: a
number there is a number.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from bot.content import Choice, Content, NotContent, Text, choices_of, from_json
from bot.events import (
    NEVER_ANSWERED_TYPES,
    Button,
    Event,
    MessageReceived,
    MessageType,
)
from bot.inbox.changes import Pending, Place, Talk
from models import Conversation, Direction, Message, MessageStatus
from models.base import UtcDateTime

# "2", "2.", "(2)", "#2" or "no. 2": a number, and after it nothing but the title it stands for.
NUMBER = re.compile(r"(?:#|no\.?|nomor|nomer)?\s*\(?(\d{1,3})(?!\d)[.):\s-]*(.*)")
# Nobody types a longer title.
LONGEST = 200
# What a keycap adds to its digit (2️⃣), and the marks of bold and italic text.
MARKS = str.maketrans("", "", "\ufe0f\u20e3*_")
# The contact never saw these, or saw nothing in them that could be answered.
NEVER_SEEN = (MessageStatus.DEAD, MessageStatus.CANCELLED, MessageStatus.FAILED)
# So many messages back a menu may lie; and so long a message may take to leave.
LOOKED_BACK = 50
A_MOMENT = timedelta(seconds=10)
NOTHING_SAID = tuple(NEVER_ANSWERED_TYPES)


def _said_last() -> Select[int, Any]:
    """Return the statement for what was said last, built once: building costs more than running.

    Not the whole history is looked at, where much is written and nothing answered.
    """
    latest = (
        select(Message)
        .where(Message.conversation_id == Conversation.id)
        .order_by(Message.id.desc())
        .limit(LOOKED_BACK)
        .correlate(Conversation)
        .subquery()
    )
    is_waiting = and_(
        latest.c.status == MessageStatus.QUEUED,
        latest.c.created_at <= bindparam("recent", type_=UtcDateTime),
    )
    last = (
        select(latest.c.content)
        .where(
            latest.c.direction == Direction.OUT,
            latest.c.status.not_in(NEVER_SEEN),
            ~is_waiting,
            latest.c.kind.not_in(NOTHING_SAID),
        )
        .order_by(latest.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(Conversation.id, last).where(
        Conversation.id.in_(bindparam("asking", expanding=True))
    )


SAID_LAST = _said_last()


def load_menus(
    session: Session, batch: Sequence[Pending], talks: Mapping[Place, Talk], *, now: datetime
) -> None:
    """Give the conversations in which somebody typed the menu that was said last there.

    What waits in the queue for longer than a moment was not said yet: its device may rest.
    """
    asking = {
        talks[pending.place].id: talks[pending.place]
        for pending in batch
        if pending.place and pending.place in talks and _is_typed(pending.event)
    }
    if not asking:
        return
    parameters = {"asking": list(asking), "recent": now - A_MOMENT}
    for conversation, stored in session.execute(SAID_LAST, parameters):
        asking[conversation].menu = menu_of(_content(stored))


def menu_of(content: Content | None) -> Content | None:
    """Return a content that offers choices, None for any other."""
    return content if content is not None and choices_of(content) else None


def pressed(message: MessageReceived, menu: Content | None) -> MessageReceived:
    """Return the message as the press of a button, if it means one of the menu's choices."""
    choice = _meant(message.text, menu) if menu and _is_typed(message) else None
    if choice is None:
        return message
    return replace(
        message,
        type=MessageType.BUTTON,
        text=choice.title,
        button=Button(id=choice.id, title=choice.title),
    )


def _is_typed(event: Event) -> bool:
    return (
        isinstance(event, MessageReceived)
        and event.type is MessageType.TEXT
        and 0 < len(event.text.strip()) <= LONGEST
    )


def _meant(typed: str, menu: Content) -> Choice | None:
    choices, text = choices_of(menu), _plain(typed)
    number = NUMBER.fullmatch(text) if isinstance(menu, Text) else None
    if number and 1 <= int(number[1]) <= len(choices):
        choice = choices[int(number[1]) - 1]
        if number[2] in ("", _plain(choice.title)):
            return choice
    titled = [choice for choice in choices if _plain(choice.title) == text]
    # Where two have the same title, only their numbers tell them apart.
    return titled[0] if len(titled) == 1 else None


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().translate(MARKS)
    return " ".join(folded.split())


def _content(stored: object) -> Content | None:
    try:
        return from_json(stored) if stored else None
    except NotContent:
        return None
