"""Count what becomes of attempts to send, for /metrics."""

from datetime import datetime

from bot.counting import FIRST_REPLY, HELD, SEND_SECONDS, SENDS, Counts
from bot.gateways.base import SentMessage
from bot.outbox.claim import Claimed
from bot.outbox.outcome import Outcome


def count_attempt(
    counts: Counts,
    claimed: Claimed,
    result: SentMessage | Exception,
    outcome: Outcome,
    *,
    seconds: float | None,
    now: datetime,
) -> None:
    """Count an attempt. `seconds` is how long the gateway took, None if it was not asked."""
    error = type(result).__name__ if isinstance(result, Exception) else ""
    counts.count(SENDS, claimed.gateway, HELD if outcome.held else outcome.status, error)
    if seconds is not None:
        counts.observe(SEND_SECONDS, claimed.gateway, seconds=seconds)
    if isinstance(result, SentMessage) and claimed.received_at is not None:
        waited = (now - claimed.received_at).total_seconds()
        counts.observe(FIRST_REPLY, claimed.gateway, seconds=waited)
