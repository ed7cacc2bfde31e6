"""flask rules check: tell every mistake in the rules file, with its line."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.rules.configured import limits_of_gateways, not_heard, out_of_reach
from bot.cli.rules.group import load_book, path_of, rules, tell
from bot.rules import Book, Problem, RulesError, warnings


@rules.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--file", "option", type=click.Path(path_type=Path), help="The same, as an option.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
def check(file: Path | None, option: Path | None, *, form: str, strict: bool) -> None:
    """Tell every mistake in the rules file, with its line.

    FILE may be a folder with a rules.yaml. Ends with 1 if there are mistakes.
    """
    path = path_of(file or option)
    try:
        book = load_book(path)
    except RulesError as error:
        if form == "json":
            _print(path, None, problems=error.problems)
        else:
            tell(error, err=False)
        raise click.exceptions.Exit(1) from None
    found = list(_warnings(book))
    if form == "json":
        _print(path, book, warnings=found)
    else:
        for warning in found:
            click.echo(f"! {warning}")
        count = len(book.rules) + len(book.event_rules)
        size = f"{_counted(count, 'rule')}, {_counted(book.words, 'word')}"
        click.echo(f"✓ {book.name}: {size}, version {book.version}")
    if strict and found:
        raise click.exceptions.Exit(1)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _warnings(book: Book) -> Iterator[Problem]:
    limits = limits_of_gateways()
    folder, now = Path(book.name).parent, datetime.now(UTC)
    yield from warnings(book, limits=limits, folder=folder, now=now)
    for sentence in (*out_of_reach(book, limits), *not_heard(book)):
        yield Problem(file=book.name, text=sentence)


def _print(
    path: Path,
    book: Book | None,
    *,
    problems: tuple[Problem, ...] = (),
    warnings: list[Problem] | None = None,
) -> None:
    """Print one JSON object, for editors and CI."""
    found = {
        "file": str(path),
        "version": book.version if book else None,
        "problems": [
            *({**asdict(problem), "severity": "error"} for problem in problems),
            *({**asdict(warning), "severity": "warning"} for warning in warnings or ()),
        ],
    }
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))
