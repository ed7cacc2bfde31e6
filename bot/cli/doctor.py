"""flask doctor: look at the whole set-up, and say what to do."""

import json
from collections import Counter
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from bot.cli.acting import acting_runtime
from bot.cli.common import client, printable
from bot.doctor import MARKS, Level, Scene, Verdict, examine


@click.command()
@click.option("--offline", is_flag=True, help="Ask nothing outside: no gateway, no PUBLIC_URL.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@with_appcontext
def doctor(*, offline: bool, form: str) -> None:
    """Look at the whole set-up. Exit code 1 if something is wrong; no secret is ever printed."""
    verdicts = examine(Scene(runtime=acting_runtime(), client=client(), offline=offline))
    if form == "json":
        click.echo(json.dumps([asdict(verdict) for verdict in verdicts], indent=2))
    else:
        _tell(verdicts)
    if any(verdict.level is Level.BAD for verdict in verdicts):
        raise click.exceptions.Exit(1)


def _tell(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        click.echo(f"{MARKS[verdict.level]} {printable(f'{verdict.part}: {verdict.what}')}")
        if verdict.advice:
            click.echo(f"    → {printable(verdict.advice)}")
    count = Counter(verdict.level for verdict in verdicts)
    click.echo(
        f"{count[Level.BAD]} to mend, {count[Level.WARNING]} to look at, {count[Level.GOOD]} good"
    )
