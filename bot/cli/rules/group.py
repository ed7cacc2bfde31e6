"""The group of commands, and reading the rules file for them."""

import os
from pathlib import Path

import click

from bot.extend import beside
from bot.gateways import GATEWAYS
from bot.rules import Book, RulesError, load

FILE = "rules.yaml"


@click.group("rules")
def rules() -> None:
    """Check the rules file, test it, compare two, and explain what it answers."""


def default_file() -> Path:
    """Return the rules file of this folder."""
    return Path(os.environ.get("RULES_FILE") or FILE)


def path_of(file: Path | None) -> Path:
    """Return the rules file that is meant: a file, or the one in a folder."""
    path = file or default_file()
    return path / FILE if path.is_dir() else path


def load_book(path: Path) -> Book:
    """Return the book in a file as the workers read it. Raises RulesError."""
    return load(path, gateways=GATEWAYS, extend=beside(path))


def book_in(file: Path | None) -> Book:
    """Return the book in a file; tell its problems and end the command if it has any."""
    try:
        return load_book(path_of(file))
    except RulesError as error:
        tell(error)
        raise click.exceptions.Exit(1) from None


def tell(error: RulesError, *, err: bool = True) -> None:
    """Print each problem and their number."""
    count = len(error.problems)
    for problem in error.problems:
        click.echo(problem, err=err)
    click.echo(f"✗ {count} {'problem' if count == 1 else 'problems'}", err=err)
