"""Find the tellings that have not come through: what an alert cannot tell of itself."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.effects import EffectKind
from models import Effect

# Of those that are over, only the latest are looked at.
LATEST = 500
ADDRESS = "ALERT_URL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """A telling that waits after so many attempts, or was given up."""

    alert_id: int
    way: str
    attempts: int
    error: str | None
    is_over: bool


def waiting(session: Session) -> list[Untold]:
    """Return the tellings that are not performed yet, the oldest first."""
    rows = session.scalars(
        select(Effect)
        .where(Effect.kind == EffectKind.ALERT, Effect.done_at.is_(None))
        .order_by(Effect.id)
    )
    return [_untold(row) for row in rows]


def given_up(session: Session) -> list[Untold]:
    """Return the last telling in each way where it was given up; of the last day, for no longer."""
    rows = session.scalars(
        select(Effect)
        .where(Effect.kind == EffectKind.ALERT, Effect.done_at.is_not(None))
        .order_by(Effect.done_at.desc())
        .limit(LATEST)
    )
    last: dict[tuple[str, str], Effect] = {}
    for row in rows:
        way = (str(row.details.get("way")), str(row.details.get("admin", "")))
        last.setdefault(way, row)
    return [_untold(row) for row in last.values() if row.error]


def _untold(row: Effect) -> Untold:
    return Untold(
        alert_id=int(row.details.get("alert", 0)),
        way=str(row.details.get("admin") or ADDRESS),
        attempts=row.attempts,
        error=row.error,
        is_over=row.done_at is not None,
    )
