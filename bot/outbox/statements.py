"""The statements of a claim, built once: to build them each time costs more than to run them.

Parameters: `in_lane`, `now`, `nearly_now` (see CLOCK_SKEW), `retry_until` and `unknown_since` (see
RETRY_BLOCKS and UNKNOWN_BLOCKS), `number` of rows, the ids `chosen`, `taken`, or `claimed` `at` a
time, those `waiting`, and the devices that are `full`, as `gateway/device`.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from models import (
    Conversation,
    Device,
    Direction,
    Message,
    MessageStatus,
    is_unsettled,
    status_is,
)
from models.base import UtcDateTime

# Stands in no gateway's name.
SEPARATOR = "/"

_NOW = bindparam("now", type_=UtcDateTime)
_NEARLY_NOW = bindparam("nearly_now", type_=UtcDateTime)
_RETRY_UNTIL = bindparam("retry_until", type_=UtcDateTime)
_UNKNOWN_SINCE = bindparam("unknown_since", type_=UtcDateTime)


def _blocks(earlier: type[Message]) -> ColumnElement[bool]:
    """Say that an earlier message of the conversation must go first."""
    return and_(
        earlier.conversation_id == Message.conversation_id,
        earlier.direction == Direction.OUT,
        earlier.id < Message.id,
        is_unsettled(earlier),
        or_(
            status_is(earlier, MessageStatus.CLAIMED, MessageStatus.SENDING),
            and_(status_is(earlier, MessageStatus.QUEUED), earlier.due_at <= _NEARLY_NOW),
            and_(
                status_is(earlier, MessageStatus.QUEUED),
                earlier.attempts > 0,
                earlier.due_at <= _RETRY_UNTIL,
            ),
            and_(
                status_is(earlier, MessageStatus.UNKNOWN),
                earlier.attempted_at > _UNKNOWN_SINCE,
            ),
        ),
    )


CLAIMABLE = and_(
    Message.lane == bindparam("in_lane"),
    status_is(Message, MessageStatus.QUEUED),
    Message.direction == Direction.OUT,
    or_(
        Message.due_at <= _NOW,
        # Never for a retry: a gateway that said when to come back means it.
        and_(Message.attempts == 0, Message.due_at <= _NEARLY_NOW),
    ),
    or_(Message.expires_at.is_(None), Message.expires_at > _NOW),
    ~exists().where(
        Device.gateway == Message.gateway,
        Device.device == Message.device,
        Device.paused_until > _NOW,
    ),
    ~exists().where(_blocks(aliased(Message))),
)

_EARLIER = aliased(Message)
# The first message that each of `waiting` waits for.
BLOCKERS = (
    select(Message.id, func.min(_EARLIER.id).label("blocker"))
    .join(_EARLIER, _blocks(_EARLIER))
    .where(
        Message.id.in_(bindparam("waiting", expanding=True)),
        status_is(Message, MessageStatus.QUEUED),
    )
    .group_by(Message.id)
)

_SENDER = Message.gateway + SEPARATOR + Message.device
_FULL: BindParameter[Sequence[str]] = bindparam("full", expanding=True)

# Without devices that have their share of threads: they must not hide the messages of the others.
CANDIDATES = (
    select(Message.id, Message.gateway, Message.device)
    .where(CLAIMABLE, _SENDER.not_in(_FULL))
    .order_by(Message.id)
    .limit(bindparam("number"))
)
HELD_BACK = select(Message.id).where(CLAIMABLE, _SENDER.in_(_FULL)).limit(1)

# The chosen ids are selected again under lock; who comes second skips what the first has locked.
TAKE = (
    update(Message)
    .where(
        Message.status == MessageStatus.QUEUED,
        Message.id.in_(
            select(Message.id)
            .where(Message.id.in_(bindparam("chosen", expanding=True)), CLAIMABLE)
            .order_by(Message.id)
            .with_for_update(skip_locked=True, of=Message)
        ),
    )
    .values(status=MessageStatus.CLAIMED, claimed_at=_NOW)
    .returning(Message.id)
)

TAKEN = (
    select(
        Message.id,
        Message.conversation_id,
        Message.gateway,
        Message.device,
        Message.kind,
        Message.text,
        Message.content,
        Message.details,
        Message.idempotency_key,
        Message.failures,
        Conversation.address,
    )
    .join(Conversation, Conversation.id == Message.conversation_id)
    .where(Message.id.in_(bindparam("taken", expanding=True)))
    .order_by(Message.id)
)

MARK = (
    update(Message)
    .where(
        Message.id.in_(bindparam("claimed", expanding=True)),
        Message.status == MessageStatus.CLAIMED,
        Message.claimed_at == bindparam("at", type_=UtcDateTime),
    )
    .values(status=MessageStatus.SENDING, attempts=Message.attempts + 1, attempted_at=_NOW)
    .returning(Message.id, Message.attempts)
)

# Those of a claim that were marked before, when the answer to the commit was lost.
MARKED = select(Message.id, Message.attempts).where(
    Message.id.in_(bindparam("claimed", expanding=True)),
    Message.status == MessageStatus.SENDING,
    Message.claimed_at == bindparam("at", type_=UtcDateTime),
)
