"""flask records: what rules have kept, as a list and as a file for a spreadsheet."""

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup
from sqlalchemy import Row, Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import rules
from bot.cli.common import LIMIT, DatabaseProblem, runtime, table
from bot.extend import beside
from bot.rules import RulesError
from bot.rules.values import read_duration
from models import Conversation, Record, reading

records = AppGroup("records", help="What rules have kept: list it, export it as CSV.")

COLUMNS = ("time", "gateway", "device", "contact_phone", "contact_name", "rule")
# A spreadsheet would take what begins so for a formula, and run what a customer typed.
FORMULA_SIGNS = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
PAGE = 500
SHOWN = 60

Lines = Select[Record, str | None, str | None]
Line = Row[Record, str | None, str | None]


class Since(click.ParamType[date | datetime]):
    """Reads a day, or how long ago something was."""

    name = "since"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date | datetime:
        """Return the day or the time that was written, or fail with what was expected."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            pass
        try:
            return datetime.now(UTC) - read_duration(str(value))
        except ValueError:
            self.fail("expected a day such as 2026-01-31, or how long ago, such as 7d", param, ctx)


SINCE = click.option("--since", type=Since(), help="2026-01-31 (in the shop's time), or 7d.")


@records.command("list")
@click.option("--kind", help="Only records of this kind, such as order.")
@SINCE
@LIMIT
def list_records(kind: str | None, since: date | datetime | None, limit: int) -> None:
    """List the latest records."""
    zone = _zone()
    query = _query(kind, since, zone).order_by(Record.id.desc()).limit(limit)
    try:
        with reading(runtime().engine) as session:
            found = session.execute(query).all()
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    table(
        ("ID", "KIND", "TIME", "GATEWAY", "DEVICE", "CONTACT", "RULE", "FIELDS"),
        [
            (
                record.id,
                record.kind,
                _local(record.created_at, zone),
                record.gateway,
                record.device or "-",
                phone,
                record.rule,
                _short(record.fields),
            )
            for record, phone, _ in found
        ],
    )


@records.command("export")
@click.argument("kind")
@SINCE
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file to write.")
@click.option(
    "--delimiter",
    type=click.Choice([",", ";"]),
    default=",",
    show_default=True,
    help="What stands between two cells; an Excel that writes 1,5 expects ;",
)
def export_records(
    kind: str, since: date | datetime | None, output: Path | None, delimiter: str
) -> None:
    """Write all records of a kind as CSV, times in the shop's zone."""
    zone = _zone()
    query = _query(kind, since, zone).order_by(Record.id)
    try:
        with reading(runtime().engine) as session:
            _require_kind(session, kind)
            last = session.scalar(select(func.max(Record.id))) or 0
            query = query.where(Record.id <= last)
            fields = _fields(session, query)
            with _opened(output) as file:
                lines = _lines(session, query, fields, zone)
                count = _write(file, fields, lines, delimiter=delimiter)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    except OSError as error:
        raise click.ClickException(f"{output} cannot be written: {error.strerror}") from None
    if output:
        click.echo(f"{count} records are in {output}")


def _query(kind: str | None, since: date | datetime | None, zone: ZoneInfo) -> Lines:
    query = select(Record, Conversation.phone, Conversation.name).outerjoin(
        Conversation, Conversation.id == Record.conversation_id
    )
    if kind:
        query = query.where(Record.kind == kind)
    if since:
        is_time = isinstance(since, datetime)
        begins = since if is_time else datetime.combine(since, time(), tzinfo=zone)
        query = query.where(Record.created_at >= begins)
    return query


def _require_kind(session: Session, kind: str) -> None:
    kinds = session.scalars(select(Record.kind).distinct().order_by(Record.kind)).all()
    if kind not in kinds:
        known = f"; there is: {', '.join(kinds)}" if kinds else ""
        raise click.ClickException(f"nothing of the kind {kind} was kept{known}")


def _fields(session: Session, query: Lines) -> list[str]:
    """Return the names of all fields, in the order in which they first appear."""
    names: dict[str, None] = {}
    for record, _, _ in _paged(session, query):
        names |= dict.fromkeys(record.fields)
    return list(names)


def _lines(
    session: Session, query: Lines, fields: Sequence[str], zone: ZoneInfo
) -> Iterator[list[str]]:
    for record, phone, name in _paged(session, query):
        known = (_local(record.created_at, zone), record.gateway, record.device, phone, name)
        values = (record.fields.get(field) for field in fields)
        yield [cell(value) for value in (*known, record.rule, *values)]


def _paged(session: Session, query: Lines) -> Iterator[Line]:
    """Yield all rows, of which only some are in memory at a time."""
    after = 0
    while page := session.execute(query.where(Record.id > after).limit(PAGE)).all():
        yield from page
        after = page[-1][0].id
        session.expunge_all()


def _write(
    file: TextIO, fields: Sequence[str], lines: Iterable[Sequence[str]], *, delimiter: str
) -> int:
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow([*COLUMNS, *(f"field_{name}" if name in COLUMNS else name for name in fields)])
    count = 0
    for count, line in enumerate(lines, start=1):  # noqa: B007 - counted while they are written
        writer.writerow(line)
    return count


def cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    return (
        f"'{value}" if value[:1] in FORMULA_SIGNS or value.strip()[:1] in FORMULA_SIGNS else value
    )


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    # The mark at its beginning tells Excel that this is UTF-8. Customers' data are for nobody else.
    with open(output, "w", encoding="utf-8-sig", newline="", opener=_private) as file:
        yield file


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _zone() -> ZoneInfo:
    try:
        path = runtime().settings.rules_file
        return ZoneInfo(rules.load(path, extend=beside(path)).settings.timezone)
    except RulesError:
        return ZoneInfo("UTC")


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _short(fields: Mapping[str, object]) -> str:
    text = ", ".join(f"{name}={'' if value is None else value}" for name, value in fields.items())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
