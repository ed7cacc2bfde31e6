"""The statements of a claim, built once: to build them each time costs more than to run them.

Parameters: `in_lane`, `now`, `nearly_now` (see CLOCK_SKEW), `retry_until` and `unknown_since` (see
RETRY_BLOCKS and UNKNOWN_BLOCKS), `number` of rows, the ids `chosen`, `taken`, or `claimed` `at` a
time, those `waiting`. Devices that are left alone are `full`, as `gateway/device`, or
`full_kinds`, as `kind/gateway/device`; of gateways that are `away` only those devices are taken
that are `spared`.
"""

from collections.abc import Sequence

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    and_,
    bindparam,
    case,
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
    Event,
    Message,
    MessageStatus,
    SendAttempt,
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

_OF_DEVICE = and_(Device.gateway == Message.gateway, Device.device == Message.device)
# A conversation is of one device, so this is true of its earlier messages as well.
# A quota that was to return by now says nothing any more.
_IN_RESERVE = func.coalesce(
    and_(
        Device.quota_remaining <= Device.quota_reserve,
        or_(Device.quota_resets_at.is_(None), Device.quota_resets_at > _NOW),
    ),
    False,
)


def _blocks(earlier: type[Message]) -> ColumnElement[bool]:
    """Say that an earlier message of the conversation must go first."""
    return and_(
        earlier.conversation_id == Message.conversation_id,
        earlier.direction == Direction.OUT,
        earlier.id < Message.id,
        is_unsettled(earlier),
        earlier.held.is_(None),
        or_(
            status_is(earlier, MessageStatus.CLAIMED, MessageStatus.SENDING),
            and_(
                status_is(earlier, MessageStatus.QUEUED),
                earlier.due_at <= _RETRY_UNTIL,
                # The sweep takes its time to end what is too old.
                or_(earlier.expires_at.is_(None), earlier.expires_at > _NOW),
                ~and_(earlier.automatic, _IN_RESERVE),
            ),
            and_(
                status_is(earlier, MessageStatus.UNKNOWN),
                earlier.attempted_at > _UNKNOWN_SINCE,
            ),
        ),
    )


# Nothing of a device that rests or was stopped, and nothing automatic from its last quota.
_MAY_SEND = and_(
    or_(Device.paused_until.is_(None), Device.paused_until <= _NOW),
    or_(Device.stopped_until.is_(None), Device.stopped_until <= _NOW),
    ~and_(Message.automatic, _IN_RESERVE),
)

_READY = and_(
    status_is(Message, MessageStatus.QUEUED),
    Message.direction == Direction.OUT,
    Message.held.is_(None),
    or_(
        Message.due_at <= _NOW,
        # Never for a retry: a gateway that said when to come back means it.
        and_(Message.attempts == 0, Message.due_at <= _NEARLY_NOW),
    ),
    or_(Message.expires_at.is_(None), Message.expires_at > _NOW),
    ~exists().where(_blocks(aliased(Message))).correlate(Message, Device),
)

_DUE = and_(Message.lane == bindparam("in_lane"), _READY)

_EARLIER = aliased(Message)
# The first message that each of `waiting` waits for.
BLOCKERS = (
    select(Message.id, func.min(_EARLIER.id).label("blocker"))
    .outerjoin(Device, _OF_DEVICE)
    .join(_EARLIER, _blocks(_EARLIER))
    .where(
        Message.id.in_(bindparam("waiting", expanding=True)),
        status_is(Message, MessageStatus.QUEUED),
    )
    .group_by(Message.id)
)

_SENDER = Message.gateway + SEPARATOR + Message.device
_FULL: BindParameter[Sequence[str]] = bindparam("full", expanding=True)
_FULL_KINDS: BindParameter[Sequence[str]] = bindparam("full_kinds", expanding=True)
_AWAY: BindParameter[Sequence[str]] = bindparam("away", expanding=True)
_SPARED: BindParameter[Sequence[str]] = bindparam("spared", expanding=True)

# Without devices that are left alone: they must not hide the messages of the others.
CANDIDATES = (
    select(
        Message.id,
        Message.conversation_id,
        Message.gateway,
        Message.device,
        Message.kind,
        Message.attempts,
        Message.automatic,
        # What rests no longer wants a probe; what never rested has no time.
        case((Device.paused_until.is_(None), 0), else_=Device.pauses).label("pauses"),
        Device.quota_remaining,
        Device.quota_reserve,
        func.coalesce(and_(Message.automatic, Device.off_until > _NOW), False).label("is_off"),
    )
    .outerjoin(Device, _OF_DEVICE)
    .where(
        _DUE,
        _MAY_SEND,
        _SENDER.not_in(_FULL),
        (Message.kind + SEPARATOR + _SENDER).not_in(_FULL_KINDS),
        or_(Message.gateway.not_in(_AWAY), _SENDER.in_(_SPARED)),
    )
    .order_by(Message.id)
    .limit(bindparam("number"))
)
# Whether a device has, in any lane, a message that was tried less often: then that is the probe.
LESS_TRIED = (
    select(Message.id)
    .outerjoin(Device, _OF_DEVICE)
    .where(
        _READY,
        _MAY_SEND,
        Message.gateway == bindparam("of_gateway"),
        Message.device == bindparam("of_device"),
        Message.attempts < bindparam("tried"),
    )
    .limit(1)
)
HELD_BACK = (
    select(Message.id)
    .outerjoin(Device, _OF_DEVICE)
    .where(_DUE, _MAY_SEND, _SENDER.in_(_FULL))
    .limit(1)
)

# The chosen ids are selected again under lock; who comes second skips what the first has locked.
TAKE = (
    update(Message)
    .where(
        Message.status == MessageStatus.QUEUED,
        Message.id.in_(
            select(Message.id)
            .outerjoin(Device, _OF_DEVICE)
            .where(Message.id.in_(bindparam("chosen", expanding=True)), _DUE)
            .order_by(Message.id)
            .with_for_update(skip_locked=True, of=Message)
        ),
    )
    .values(status=MessageStatus.CLAIMED, claimed_at=_NOW)
    .returning(Message.id)
)

# Of the first reply to an event: when that came.
_RECEIVED_AT = (
    select(Event.received_at)
    .where(Event.id == Message.event_id, Message.position == 0)
    .scalar_subquery()
    .label("received_at")
)

# Then its key stays: to the gateway it stands for what was perhaps carried out.
_IN_DOUBT = (
    exists()
    .where(SendAttempt.message_id == Message.id, SendAttempt.outcome == MessageStatus.UNKNOWN)
    .correlate(Message)
    .label("in_doubt")
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
        Conversation.wrote_at,
        Conversation.chat,
        Message.lane,
        _RECEIVED_AT,
        _IN_DOUBT,
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

# Who has no token comes again when one returns. It costs no attempt.
PUT_OFF = (
    update(Message)
    .where(Message.id == bindparam("message"), Message.status == MessageStatus.QUEUED)
    .values(due_at=bindparam("later", type_=UtcDateTime), put_at=_NOW)
)

# Those of a claim that were marked before, when the answer to the commit was lost.
MARKED = select(Message.id, Message.attempts).where(
    Message.id.in_(bindparam("claimed", expanding=True)),
    Message.status == MessageStatus.SENDING,
    Message.claimed_at == bindparam("at", type_=UtcDateTime),
)
