"""flask rules diff: what changed between two rules files, in words."""

from pathlib import Path

import click

from bot.cli.common import printable
from bot.cli.rules.committed import committed_book, is_revision
from bot.cli.rules.group import path_of, rules, tell
from bot.gateways import GATEWAYS
from bot.rules import Book, RulesError, load
from bot.rules.diff import differences


@rules.command()
@click.argument("old")
@click.argument("new", required=False, type=click.Path(path_type=Path))
def diff(old: str, new: Path | None) -> None:
    """Tell in words what changed between two rules files.

    OLD is a file, a folder with a rules.yaml, or a commit of git: HEAD is what was committed last.
    NEW is the rules file of this folder if not given. Ends with 0 if both mean the same, with 1 if
    not, and with 2 if one of them cannot be read.
    """
    path = path_of(new)
    try:
        before, after = _old_book(old, path), load(path, gateways=GATEWAYS)
    except RulesError as error:
        tell(error)
        raise click.exceptions.Exit(2) from None
    found = differences(before, after)
    for sentence in found:
        click.echo(printable(sentence))
    if found:
        raise click.exceptions.Exit(1)
    click.echo("both mean the same")


def _old_book(old: str, new: Path) -> Book:
    if is_revision(old):
        return committed_book(old, new)
    return load(path_of(Path(old)), gateways=GATEWAYS)
