"""Find out whose words an echo shows: ours, or those of somebody else who writes from the device.

By id; once nothing is under way, by text. What is judged is not written yet, so that whoever
reads a batch knows before it is folded what its echoes mean.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.content import MEDIA_KINDS
from bot.events import Author, MessageEcho, MessageType
from bot.gateways.reading import clean
from bot.outbox.evidence import PROGRESS, RECENT, UNDER_WAY
from models import Direction, Message, MessageStatus, is_unsettled, status_is

# An echo without an id that we know is compared by text with what was sent this lately.
ECHO_WINDOW = timedelta(minutes=2)
# A gateway's clock may be wrong, so what it tells of is not looked for any longer ago.
LATEST = timedelta(hours=24)
ID_LIMIT = 255


class Echo(StrEnum):
    """Whose message an echo shows."""

    OURS = "ours"
    TOO_EARLY = "too early"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An echo to be judged; `event_id` tells it from others. `is_final`: it has waited enough."""

    event_id: int
    conversation_id: int
    echo: MessageEcho
    received_at: datetime
    is_final: bool

    @property
    def key(self) -> tuple[int, str]:
        """Return the conversation with the external id, "" for none."""
        return self.conversation_id, clean(self.echo.external_id or "")[:ID_LIMIT]

    @property
    def since(self) -> datetime:
        """Return since when a message may have been sent that this echo shows."""
        told = min(self.echo.occurred_at or self.received_at, self.received_at)
        return max(told, self.received_at - LATEST) - ECHO_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whose message an echo shows.

    `message_id` is our message that was recognised by its text and must be told the id.
    `is_known`: the history has it already. `has_our_words`: we have just said the same.
    """

    whose: Echo
    message_id: int | None = None
    is_known: bool = False
    has_our_words: bool = False


@dataclass(slots=True, kw_only=True)
class _Said:
    """A message of the history, as far as echoes are compared with it."""

    id: int
    conversation_id: int
    external_id: str | None
    author: str | None
    kind: str
    text: str
    status: MessageStatus
    claimed_at: datetime | None
    attempted_at: datetime | None


_COLUMNS = (
    Message.id,
    Message.conversation_id,
    Message.external_id,
    Message.author,
    Message.kind,
    Message.text,
    Message.status,
    Message.claimed_at,
    Message.attempted_at,
)


def judge_echoes(session: Session, heard: Sequence[Heard]) -> dict[int, Verdict]:
    """Return the verdict on each echo, by its event. They are judged in their order."""
    history = _History()
    history.add(_by_id(session, heard))
    history.add(_lately(session, [one for one in heard if one.key not in history.by_id]))
    return {one.event_id: _judge(one, history) for one in heard}


def confirm(session: Session, message_id: int, echo: MessageEcho, *, received_at: datetime) -> bool:
    """Write down that a message of ours went out; False when it has another id by now."""
    external_id = clean(echo.external_id)[:ID_LIMIT] if echo.external_id else None
    message = session.get(Message, message_id, populate_existing=True, with_for_update=True)
    if message is None or message.external_id not in (None, external_id):
        return False
    message.external_id = external_id
    message.sent_at = message.sent_at or echo.occurred_at or received_at
    if PROGRESS.get(MessageStatus(message.status), -1) < PROGRESS[MessageStatus.SENT]:
        message.status = MessageStatus.SENT
        message.error = None
        message.held = message.held_at = None
    session.flush()
    return True


def settle_echo(
    session: Session,
    conversation_id: int,
    echo: MessageEcho,
    *,
    is_final: bool,
    received_at: datetime,
) -> Echo:
    """Judge one echo and write down what it proves."""
    heard = Heard(
        event_id=0,
        conversation_id=conversation_id,
        echo=echo,
        received_at=received_at,
        is_final=is_final,
    )
    verdict = judge_echoes(session, [heard])[0]
    if verdict.message_id is not None:
        confirm(session, verdict.message_id, echo, received_at=received_at)
    return verdict.whose


@dataclass(slots=True)
class _History:
    """What is known of some conversations; it learns from each echo for the ones after it."""

    by_id: dict[tuple[int, str], str | None] = field(default_factory=dict)
    by_conversation: dict[int, dict[int, _Said]] = field(default_factory=dict)

    def add(self, messages: Iterable[_Said]) -> None:
        for message in messages:
            if message.external_id:
                self.by_id[message.conversation_id, message.external_id] = message.author
            self.by_conversation.setdefault(message.conversation_id, {})[message.id] = message

    def of(self, conversation_id: int) -> list[_Said]:
        said = self.by_conversation.get(conversation_id, {})
        return [said[message_id] for message_id in sorted(said)]


def _judge(heard: Heard, history: _History) -> Verdict:
    _, external_id = heard.key
    if external_id and heard.key in history.by_id:
        # What went out through the API is no person's, even if that is told once more otherwise.
        is_ours = history.by_id[heard.key] in (None, Author.US)
        return Verdict(whose=Echo.OURS if is_ours else Echo.FOREIGN, is_known=True)
    said = history.of(heard.conversation_id)
    has_our_words = any(_has_same_words(message, heard) for message in said)
    if not heard.is_final and any(_is_under_way(message, heard) for message in said):
        return Verdict(whose=Echo.TOO_EARLY, has_our_words=has_our_words)
    match = next((message for message in said if _may_show(heard, message)), None)
    if external_id:
        history.by_id[heard.key] = None if match else heard.echo.author
    if match is None:
        return Verdict(whose=Echo.FOREIGN, has_our_words=has_our_words)
    match.external_id = external_id or None
    return Verdict(whose=Echo.OURS, message_id=match.id, has_our_words=True)


def _is_under_way(message: _Said, heard: Heard) -> bool:
    since = heard.received_at - RECENT
    times = (message.claimed_at, message.attempted_at)
    return message.status in UNDER_WAY and any(time and time > since for time in times)


def _may_show(heard: Heard, message: _Said) -> bool:
    """Say whether an echo may show a message whose id nobody has told us.

    A file without a caption has no text to know it by, so it must at least look like that kind.
    One that waits for another attempt may have gone out with the last one.
    """
    if message.external_id is not None or message.attempted_at is None or message.author:
        return False
    if message.status not in PROGRESS or message.status is MessageStatus.FAILED:
        return False
    text = clean(heard.echo.text)
    is_alike = message.text == text and (bool(text) or _looks_like(message, heard.echo.type))
    # What may have been sent is looked for by its words however late they come.
    is_in_doubt = message.status is MessageStatus.UNKNOWN and bool(text)
    return is_alike and (is_in_doubt or message.attempted_at > heard.since)


def _looks_like(message: _Said, shown: MessageType) -> bool:
    """Say whether a message without words may be shown as this: some gateways make all a file."""
    if shown is MessageType.DOCUMENT:
        return message.kind in MEDIA_KINDS
    return message.kind == shown


def _has_same_words(message: _Said, heard: Heard) -> bool:
    """Say whether we have just said what an echo says: some gateways give it yet another id."""
    return (
        bool(heard.echo.text)
        and message.text == clean(heard.echo.text)
        and message.author is None
        and message.attempted_at is not None
        and message.attempted_at > heard.since
    )


def _by_id(session: Session, heard: Sequence[Heard]) -> list[_Said]:
    ids = sorted({external_id for _, external_id in (one.key for one in heard) if external_id})
    if not ids:
        return []
    rows = session.execute(
        select(*_COLUMNS).where(
            Message.conversation_id.in_({one.conversation_id for one in heard}),
            Message.direction == Direction.OUT,
            Message.external_id.in_(ids),
        )
    )
    return [_said(row) for row in rows]


def _lately(session: Session, heard: Sequence[Heard]) -> list[_Said]:
    """Return what these echoes may show: what was tried lately, and what may have been sent."""
    if not heard:
        return []
    since = min(min(one.since, one.received_at - RECENT) for one in heard)
    rows = session.execute(
        select(*_COLUMNS).where(
            Message.conversation_id.in_({one.conversation_id for one in heard}),
            Message.direction == Direction.OUT,
            or_(
                Message.claimed_at > since,
                Message.attempted_at > since,
                and_(is_unsettled(Message), status_is(Message, MessageStatus.UNKNOWN)),
            ),
        )
    )
    return [_said(row) for row in rows]


def _said(row: Any) -> _Said:
    return _Said(
        id=row.id,
        conversation_id=row.conversation_id,
        external_id=row.external_id,
        author=row.author,
        kind=row.kind,
        text=row.text,
        status=MessageStatus(row.status),
        claimed_at=row.claimed_at,
        attempted_at=row.attempted_at,
    )
