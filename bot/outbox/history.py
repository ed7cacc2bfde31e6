"""Remember the attempts to send a message that did not simply succeed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from models import SendAttempt

ERROR_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class PastAttempt:
    """What became of an attempt: `outcome` is the message's status then, or why it is held."""

    message_id: int
    number: int
    outcome: str
    error: str | None


def keep_attempts(session: Session, attempts: Sequence[PastAttempt], *, now: datetime) -> None:
    """Write attempts down."""
    if attempts:
        session.execute(
            insert(SendAttempt),
            [
                {
                    "message_id": attempt.message_id,
                    "number": attempt.number,
                    "ended_at": now,
                    "outcome": attempt.outcome,
                    "error": (attempt.error or "")[:ERROR_LIMIT] or None,
                }
                for attempt in attempts
            ],
        )
