"""flask alerts: what a person should know of, now and lately."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import click
from flask.cli import with_appcontext
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError

from bot import rules
from bot.alerts.kinds import AlertKind, Telling
from bot.alerts.rows import public
from bot.alerts.texts import NAME, write
from bot.alerts.waiting import Untold, waiting
from bot.cli.common import LIMIT, DatabaseProblem, runtime, shown, table
from bot.extend import beside
from bot.rules import RulesError
from models import Alert, reading

RECENT = timedelta(days=7)


@click.command()
@click.option("--open", "only_open", is_flag=True, help="Only what is so now.")
@LIMIT
@with_appcontext
def alerts(*, only_open: bool, limit: int) -> None:
    """List the open alerts, and those that closed in the last seven days."""
    since = datetime.now(UTC) - RECENT
    query = select(Alert).where(or_(Alert.closed_at.is_(None), Alert.closed_at > since))
    if only_open:
        query = query.where(Alert.closed_at.is_(None))
    # The open ones first, of each kind the latest first.
    query = query.order_by(Alert.closed_at.is_not(None), Alert.id.desc()).limit(limit)
    try:
        with reading(runtime().engine) as session:
            rows = session.scalars(query).all()
            untold = {each.alert_id: each for each in waiting(session)}
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    table(
        ("ID", "KIND", "GATEWAY", "DEVICE", "COUNT", "SINCE", "UNTIL", "TOLD", "WHAT"),
        _lines(rows, untold, zone=_zone()),
    )


def _zone() -> str:
    try:
        path = runtime().settings.rules_file
        return rules.load(path, extend=beside(path)).settings.timezone
    except RulesError:
        return "UTC"


def _lines(
    rows: Sequence[Alert], untold: Mapping[int, Untold], *, zone: str
) -> list[tuple[object, ...]]:
    return [
        (
            row.id,
            row.kind,
            row.gateway or "-",
            row.device or "-",
            row.count,
            shown(row.opened_at),
            shown(row.closed_at),
            _told(row, untold.get(row.id)),
            _what(row, zone=zone),
        )
        for row in rows
    ]


def _told(row: Alert, untold: Untold | None) -> str:
    """Return when an alert was told; while somebody has not been told, why not."""
    if untold is None:
        return shown(row.told_at)
    return f"waits: {untold.error}" if untold.error else "waits"


def _what(row: Alert, *, zone: str) -> str:
    """Return what an alert says, in English like all commands, and in the shop's own time."""
    if row.kind not in frozenset(AlertKind):
        return "-"  # a newer version of ours has found it
    text = write(
        AlertKind(row.kind),
        Telling.OPEN,
        place=(row.gateway, row.device),
        count=row.count,
        details=public(row.details),
        opened_at=row.opened_at,
        language="en",
        zone=zone,
    )
    return text.removeprefix(NAME)
