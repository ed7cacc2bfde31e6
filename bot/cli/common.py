"""What the commands share: the runtime of this app, and how times and tables look."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

import click
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.client import Client
from bot.lanes import Lanes
from bot.runtime import Runtime

# Control signs, format signs (among them those that turn the direction of writing), surrogates.
STEERING = frozenset({"Cc", "Cf", "Cs"})

LIMIT = click.option("--limit", default=20, show_default=True, help="How many rows at most.")


class DatabaseProblem(click.ClickException):
    """The database cannot be used; said in one sentence."""

    def __init__(self, error: SQLAlchemyError) -> None:
        super().__init__(
            f"the database cannot be used ({type(error).__name__}): check DATABASE_URL, "
            "and run `flask migrate` if its tables are missing"
        )


def runtime() -> Runtime:
    """Return the runtime of the current app."""
    found: Runtime = current_app.extensions["balas"]
    return found


def client() -> Client:
    """Return what talks to the gateways."""
    proxy = runtime().settings.proxy_url
    return Client(proxy=proxy.get_secret_value() if proxy else None)


def wake(names: Iterable[str]) -> None:
    """Wake lanes before the command ends, if Redis answers; otherwise the sweep will."""
    try:
        Lanes(runtime().redis).wake(names)
    except RedisError:
        click.echo("Redis does not answer: the work goes on when it does", err=True)


def shown(time: datetime | None) -> str:
    """Return a time in the zone of this machine, or a dash."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M:%S") if time else "-"


def printable(value: object, *, lines: bool = False) -> str:
    """Return a value without what would steer the terminal: a customer may have written it.

    With `lines` it may have several: only where no other line of ours can follow it.
    """
    kept = "\n" if lines else ""
    return "".join(
        sign if sign in kept or unicodedata.category(sign) not in STEERING else _escaped(sign)
        for sign in str(value)
    )


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns, or say that there are none."""
    lines = [[printable("-" if cell is None else cell) for cell in row] for row in rows]
    if not lines:
        click.echo("nothing")
        return
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    for line in [list(headings), *lines]:
        click.echo(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )
