"""What a send attempt means for its message and its device. Pure; looks only at classes."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.content import NotContent
from bot.gateways.base import SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotSupported,
    OutcomeUnknown,
    PermanentError,
    QuotaExhausted,
    RateLimited,
    Scope,
    SendError,
    TransientError,
)
from models import MessageStatus

MAX_FAILURES = 8
BACKOFF_BASE = timedelta(seconds=1)
BACKOFF_LIMIT = timedelta(minutes=10)
# How long a device rests before its next message goes out as a probe.
OFFLINE_PAUSE = timedelta(seconds=60)
QUOTA_PAUSE = timedelta(minutes=10)
# Quotas return every month at the latest; a later time is a mistake of the gateway's.
LONGEST_PAUSE = timedelta(days=32)
SHORTEST_PAUSE = timedelta(seconds=5)
REASON_LIMIT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The message's next state. `pause_until` rests its whole device.

    `counts` says whether the attempt uses up one of the message's tries, `new_key` whether the
    gateway has proven that the attempt was not carried out.
    """

    status: MessageStatus
    external_id: str | None = None
    ticket: str | None = None
    error: str | None = None
    due_at: datetime | None = None
    pause_until: datetime | None = None
    pause_reason: str | None = None
    counts: bool = False
    new_key: bool = False


def judge_outcome(
    result: SentMessage | Exception,
    *,
    failures: int,
    idempotent: bool,
    now: datetime,
    chance: float | None = None,
) -> Outcome:
    """Return what a send's result means. `failures` were counted before; `chance` is in [0, 1)."""
    dice = random.random() if chance is None else chance  # noqa: S311 - jitter, not a secret
    match result:
        case SentMessage():
            return Outcome(
                status=MessageStatus.SENT, external_id=result.external_id, ticket=result.ticket
            )
        case QuotaExhausted():
            wanted = result.resets_at or now + QUOTA_PAUSE
            until = min(max(wanted, now + SHORTEST_PAUSE), now + LONGEST_PAUSE)
            return _resting(result, until=until, now=now)
        case DeviceOffline():
            return _resting(result, until=now + OFFLINE_PAUSE, now=now)
        case TransientError():
            return _again(result, failures=failures, now=now, dice=dice)
        case OutcomeUnknown() if idempotent:
            return _again(result, failures=failures, now=now, dice=dice, new_key=False)
        case OutcomeUnknown():
            return Outcome(status=MessageStatus.UNKNOWN, error=reason(result))
        case PermanentError() | NotSupported() | NotContent():
            return Outcome(status=MessageStatus.DEAD, error=reason(result), counts=True)
        case _:
            # Not a word of the contract: a defect of ours, and the request may have left.
            return Outcome(status=MessageStatus.UNKNOWN, error=reason(result))


def reason(error: Exception) -> str:
    """Return why, without anything that is not ours: gateways' errors hold no secrets or texts."""
    if isinstance(error, SendError):
        code = f" ({error.code})" if error.code else ""
        return f"{type(error).__name__}: {error.reason}{code}"[:REASON_LIMIT]
    if isinstance(error, NotSupported | NotContent):
        return f"{type(error).__name__}: {error}"[:REASON_LIMIT]
    return type(error).__name__


def backoff(failures: int, dice: float) -> timedelta:
    """Return a wait with full jitter: anything up to base × 2^failures, so that nobody herds."""
    factor: int = 2 ** min(failures, 20)
    return min(BACKOFF_LIMIT, BACKOFF_BASE * factor) * dice


def _again(
    error: SendError, *, failures: int, now: datetime, dice: float, new_key: bool = True
) -> Outcome:
    asked = getattr(error, "retry_after", None)
    wait = timedelta(seconds=asked) + BACKOFF_BASE * dice if asked else backoff(failures + 1, dice)
    if isinstance(error, RateLimited) and error.scope is Scope.RECIPIENT:
        # Meta's own rule for a pair of numbers; who comes back sooner is refused for longer.
        wait = max(wait, min(BACKOFF_LIMIT, BACKOFF_BASE * 4**failures))
    for_all = isinstance(error, RateLimited) and error.scope in (Scope.DEVICE, Scope.GATEWAY)
    if for_all:
        # This costs no try: a device that came back at once would do so for ever.
        return _resting(error, until=now + (wait if asked else max(wait, SHORTEST_PAUSE)), now=now)
    tries = min(getattr(error, "tries", None) or MAX_FAILURES, MAX_FAILURES)
    if failures + 1 >= tries:
        gave_up = f"{reason(error)}; gave up after {failures + 1} attempts"
        return Outcome(status=MessageStatus.DEAD, error=gave_up, counts=True)
    return Outcome(
        status=MessageStatus.QUEUED,
        error=reason(error),
        due_at=now + wait,
        counts=True,
        new_key=new_key,
    )


def _resting(error: SendError, *, until: datetime, now: datetime) -> Outcome:
    return Outcome(
        status=MessageStatus.QUEUED,
        error=reason(error),
        due_at=now,
        pause_until=until,
        pause_reason=reason(error),
        new_key=True,
    )
