"""Alerts: what is open, and whether anybody would be told."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import rules
from bot.doctor.verdicts import Scene, Verdict, good, warning
from bot.gateways import GATEWAYS
from bot.rules import RulesError
from models import Alert, reading

PART = "alerts"
ADVICE = "flask alerts"


def check_alerts(scene: Scene) -> Sequence[Verdict]:
    """Look at the open alerts, and at who is told of one."""
    try:
        with reading(scene.runtime.engine) as session:
            rows = session.scalars(select(Alert).where(Alert.closed_at.is_(None))).all()
    except SQLAlchemyError:
        return []  # said of the database already
    found = [*_judge(rows), *_audience(scene)]
    return found or [good(PART, "none is open, and somebody is told when one opens")]


def _judge(rows: Sequence[Alert]) -> Iterator[Verdict]:
    for row in sorted(rows, key=lambda row: (row.kind, row.gateway, row.device)):
        place = f"{row.gateway} {row.device}".strip()
        what = f"{row.kind}: {place} since {row.opened_at:%Y-%m-%d %H:%M} UTC"
        yield warning(PART, what, ADVICE)


def _audience(scene: Scene) -> Iterator[Verdict]:
    if scene.runtime.settings.alert_url:
        return
    try:
        admins = rules.load(scene.runtime.settings.rules_file, gateways=GATEWAYS).admins
    except RulesError:
        return  # said of the rules already
    if not admins:
        advice = "name an admin in the rules file, or set ALERT_URL"
        yield warning(PART, "nobody is told when something is wrong", advice)
