"""flask rules test: run the tests that stand in the rules file."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from bot.cli.common import printable
from bot.cli.rules.group import book_in, rules
from bot.rehearsal import Outcome, run_all
from bot.rehearsal.examples import Failure
from bot.rules import Book

NOTHING_TESTED = 5


@rules.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--file", "option", type=click.Path(path_type=Path), help="The same, as an option.")
@click.option("--name", default="", help="Only tests with this in their name.")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)
def test(file: Path | None, option: Path | None, *, name: str, form: str) -> None:
    """Run the tests in the rules file.

    Ends with 0 if all pass, 1 if one fails or the file has mistakes, 5 if there is no test.
    """
    started = time.perf_counter()
    book = book_in(file or option)
    outcomes = []
    for outcome in run_all(book, named=name):
        outcomes.append(outcome)
        if form == "text":
            for line in _lines(outcome):
                click.echo(printable(line))
    took = time.perf_counter() - started
    if form == "json":
        click.echo(json.dumps(_as_json(book, outcomes), ensure_ascii=False, indent=2))
    elif outcomes:
        click.echo(_summary(outcomes, took))
    else:
        click.echo(_nothing(book, name))
    if not outcomes:
        raise click.exceptions.Exit(NOTHING_TESTED)
    if not all(outcome.passed for outcome in outcomes):
        raise click.exceptions.Exit(1)


def _lines(outcome: Outcome) -> Iterator[str]:
    test = outcome.test
    mark = "✓" if outcome.passed else "✗"
    yield f"{mark} {test.file}:{test.line}: {test.example.name}"
    if outcome.failure:
        yield from (f"    {line}" for line in _told(outcome.failure, test.example.talk))


def _told(failure: Failure, talk: Sequence[object]) -> Iterator[str]:
    turn = f"turn {failure.turn}, " if talk else ""
    yield f"{turn}{failure.happened}"
    if failure.error:
        yield f"  code of your own has failed: {failure.error}"
    for difference in failure.differences:
        yield f"  {difference.key}: expected {difference.expected}"
        yield f"  {' ' * len(difference.key)}  got {difference.got}"
    for reason in failure.reasons:
        yield f"  ({reason})"


def _summary(outcomes: Sequence[Outcome], took: float) -> str:
    failed = sum(not outcome.passed for outcome in outcomes)
    counted = f"{len(outcomes)} {'test' if len(outcomes) == 1 else 'tests'}"
    if failed:
        return f"✗ {failed} of {counted} failed, {took:.2f} s"
    return f"✓ {counted} passed, {took:.2f} s"


def _nothing(book: Book, name: str) -> str:
    if book.tests:
        return f'no test in {book.name} has "{name}" in its name'
    return f"{book.name} has no tests: write some below tests:"


def _as_json(book: Book, outcomes: Sequence[Outcome]) -> dict[str, object]:
    return {
        "file": book.name,
        "version": book.version,
        "passed": sum(outcome.passed for outcome in outcomes),
        "failed": sum(not outcome.passed for outcome in outcomes),
        "tests": [_outcome_as_json(outcome) for outcome in outcomes],
    }


def _outcome_as_json(outcome: Outcome) -> dict[str, object]:
    test, failure = outcome.test, outcome.failure
    told: dict[str, object] = {
        "name": test.example.name,
        "file": test.file,
        "line": test.line,
        "passed": outcome.passed,
    }
    if failure:
        told["failure"] = {
            "turn": failure.turn,
            "happened": failure.happened,
            "error": failure.error,
            "differences": [
                {"key": found.key, "expected": found.expected, "got": found.got}
                for found in failure.differences
            ],
            "reasons": list(failure.reasons),
        }
    return told
