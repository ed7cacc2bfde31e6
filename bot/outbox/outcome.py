"""What a send attempt means for its message, and who has to wait. Pure; looks only at classes."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.content import NotContent
from bot.gateways.base import SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    OutsideWindow,
    PermanentError,
    QuotaExhausted,
    RateLimited,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.reading import clean
from bot.outbox.rests import SHORTEST, Rest
from models import Held, MessageStatus

MAX_FAILURES = 8
BACKOFF_BASE = timedelta(seconds=1)
# No longer than a message that waits holds up its conversation, see RETRY_BLOCKS: so the order
# holds across retries.
BACKOFF_LIMIT = timedelta(minutes=4)
# What a gateway asks for goes before that, within reason.
LONGEST_WAIT = timedelta(hours=24)
REASON_LIMIT = 200
# How long a device rests the first time, and how long at most, before it is probed again.
RESTS: dict[type[SendError], tuple[timedelta, timedelta]] = {
    RateLimited: (SHORTEST, timedelta(minutes=10)),
    TransientError: (SHORTEST, timedelta(minutes=10)),
    DeviceOffline: (timedelta(seconds=60), timedelta(minutes=10)),
    QuotaExhausted: (timedelta(minutes=10), timedelta(hours=1)),
    NotAuthorised: (timedelta(seconds=60), timedelta(minutes=30)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The message's next state. `rest` is for its device, or for the host of the gateway's API.

    `counts` says whether the attempt uses up one of the message's tries, `new_key` whether the
    gateway has proven that the attempt was not carried out. `held` is why it waits for a person.
    """

    status: MessageStatus
    external_id: str | None = None
    ticket: str | None = None
    error: str | None = None
    due_at: datetime | None = None
    rest: Rest | None = None
    rests: Scope = Scope.DEVICE
    held: Held | None = None
    counts: bool = False
    new_key: bool = False

    @property
    def is_in_doubt(self) -> bool:
        """Return whether the attempt may have been carried out."""
        is_repeated = self.status is MessageStatus.QUEUED and not self.new_key
        return is_repeated or self.status is MessageStatus.UNKNOWN


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
                status=MessageStatus.SENT,
                external_id=result.external_id,
                ticket=result.ticket,
                rest=_asked_rest(result, now=now),
            )
        case QuotaExhausted():
            return _resting(result, failures=failures, until=result.resets_at, now=now)
        case DeviceOffline() | NotAuthorised():
            return _resting(result, failures=failures, now=now)
        case RateLimited() if result.scope in (Scope.DEVICE, Scope.GATEWAY):
            until = now + _seconds(result.retry_after) if result.retry_after else None
            return _resting(result, failures=failures, until=until, now=now)
        case TransientError():
            return _again(result, failures=failures, now=now, dice=dice)
        case OutcomeUnknown() if idempotent:
            return _again(result, failures=failures, now=now, dice=dice, new_key=False)
        case OutcomeUnknown():
            return Outcome(status=MessageStatus.UNKNOWN, error=reason(result))
        case OutsideWindow():
            return Outcome(
                status=MessageStatus.QUEUED,
                held=Held.WINDOW,
                error=reason(result),
                due_at=now,
                new_key=True,
            )
        case PermanentError() | NotSupported() | NotContent():
            return Outcome(status=MessageStatus.DEAD, error=reason(result), counts=True)
        case _:
            # Not a word of the contract: a defect of ours, and the request may have left.
            return Outcome(status=MessageStatus.UNKNOWN, error=reason(result))


def reason(error: Exception) -> str:
    """Return why, without anything that is not ours: gateways' errors hold no secrets or texts."""
    if isinstance(error, SendError):
        code = f" ({error.code})" if error.code else ""
        return clean(f"{type(error).__name__}: {error.reason}{code}")[:REASON_LIMIT]
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
    wait = _seconds(asked) + BACKOFF_BASE * dice if asked else backoff(failures + 1, dice)
    if isinstance(error, RateLimited) and error.scope is Scope.RECIPIENT:
        # Meta's own rule for a pair of numbers; who comes back sooner is refused for longer.
        wait = max(wait, min(BACKOFF_LIMIT, BACKOFF_BASE * 4**failures))
    tries = min(getattr(error, "tries", None) or MAX_FAILURES, MAX_FAILURES)
    if failures + 1 >= tries:
        gave_up = f"{reason(error)}; gave up after {failures + 1} attempts"
        return Outcome(status=MessageStatus.DEAD, error=gave_up, counts=True)
    return Outcome(
        status=MessageStatus.QUEUED,
        error=reason(error),
        due_at=now + wait,
        # What is wrong with a device concerns all its messages, though one may be the cause.
        rest=_rest(error) if error.scope is Scope.DEVICE else None,
        counts=True,
        new_key=new_key,
    )


def _resting(
    error: SendError, *, failures: int, until: datetime | None = None, now: datetime
) -> Outcome:
    """Let others wait too. It costs no try, for the message is hardly at fault.

    Unless it is the one that makes a device rest which works for all others, see `record`.
    """
    if failures + 1 >= MAX_FAILURES and not isinstance(error, QuotaExhausted):
        gave_up = f"{reason(error)}; refused again and again while others were sent"
        return Outcome(status=MessageStatus.DEAD, error=gave_up, counts=True)
    return Outcome(
        status=MessageStatus.QUEUED,
        error=reason(error),
        due_at=now,
        rest=_rest(error, until=until),
        rests=Scope.GATEWAY if error.scope is Scope.GATEWAY else Scope.DEVICE,
        new_key=True,
    )


def _rest(error: SendError, *, until: datetime | None = None) -> Rest:
    first, longest = next(RESTS[kind] for kind in type(error).__mro__ if kind in RESTS)
    return Rest(
        reason=reason(error),
        first=first,
        longest=longest,
        until=until,
        is_sure=isinstance(error, QuotaExhausted),
    )


def _asked_rest(sent: SentMessage, *, now: datetime) -> Rest | None:
    if not sent.rest_seconds:
        return None
    until = now + _seconds(sent.rest_seconds)
    first, longest = RESTS[RateLimited]
    return Rest(
        reason="no message is left in this window", first=first, longest=longest, until=until
    )


def _seconds(asked: float) -> timedelta:
    return min(timedelta(seconds=min(asked, 1e9)), LONGEST_WAIT)
