"""Alerts: what is open, and whether anybody would be told."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import rules
from bot.alerts.waiting import ADDRESS, Untold, given_up, waiting
from bot.doctor.verdicts import Scene, Verdict, good, warning
from bot.extend import beside
from bot.gateways import GATEWAYS
from bot.rules import RulesError
from models import Alert, reading

PART = "alerts"
ADVICE = "flask alerts"
# What to look at: for an admin, for the address.
UNHEARD = ("flask devices; flask doctor", "check ALERT_URL, and what listens there")


def check_alerts(scene: Scene) -> Sequence[Verdict]:
    """Look at the open alerts, and at who is told of one."""
    try:
        with reading(scene.runtime.engine) as session:
            rows = session.scalars(select(Alert).where(Alert.closed_at.is_(None))).all()
            untold = [each for each in waiting(session) if each.attempts > 1]
            untold += given_up(session)
    except SQLAlchemyError:
        return []  # said of the database already
    found = [*_judge(rows), *_unheard(untold), *_audience(scene)]
    return found or [good(PART, "none is open, and somebody is told when one opens")]


def _judge(rows: Sequence[Alert]) -> Iterator[Verdict]:
    for row in sorted(rows, key=lambda row: (row.kind, row.gateway, row.device)):
        place = f"{row.gateway} {row.device}".strip()
        what = f"{row.kind}: {place} since {row.opened_at:%Y-%m-%d %H:%M} UTC"
        yield warning(PART, what, ADVICE)


def _unheard(untold: Sequence[Untold]) -> Iterator[Verdict]:
    """Say who cannot be told, and why, once for each reason."""
    for way, error, is_over in sorted(
        {(each.way, each.error or "", each.is_over) for each in untold}
    ):
        done = "was not told" if is_over else "cannot be told yet"
        what = f"{way} {done}: {error}" if error else f"{way} {done}"
        yield warning(PART, what, UNHEARD[way == ADDRESS])


def _audience(scene: Scene) -> Iterator[Verdict]:
    if scene.runtime.settings.alert_url:
        return
    try:
        path = scene.runtime.settings.rules_file
        admins = rules.load(path, gateways=GATEWAYS, extend=beside(path)).admins
    except RulesError:
        return  # said of the rules already
    if not admins:
        advice = "name an admin in the rules file, or set ALERT_URL"
        yield warning(PART, "nobody is told when something is wrong", advice)
