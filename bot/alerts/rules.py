"""Find that the rules file is broken, while the last good rules are in force."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.alerts.finding import Finding
from bot.alerts.kinds import AlertKind
from bot.rules import Trouble

# Whoever is still writing the file need not be told of it.
STAYS_BROKEN = timedelta(seconds=10)


def look_at_rules(trouble: Trouble | None, *, now: datetime) -> Iterator[Finding]:
    """Yield that the rules are broken, with the place of the first mistake and not its words."""
    if trouble is None:
        return
    yield Finding(
        kind=AlertKind.RULES_BROKEN,
        opens=now - trouble.since >= STAYS_BROKEN,
        details={
            "file": Path(trouble.problem.file).name,
            "line": trouble.problem.line,
            "mistakes": trouble.count,
            "since": trouble.since.isoformat(),
        },
    )
