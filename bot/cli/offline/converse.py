"""Read what is typed, or piped in, line by line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path

import click

from bot.cli.common import printable
from bot.cli.offline.chat import OfflineChat


def converse(file: Path, *, gateway: str, runs_tasks: bool = False) -> None:
    """Talk until the input ends; the command fails if the file never was good."""
    chat = OfflineChat(file, gateway=gateway, runs_tasks=runs_tasks)
    for line in _lines(lambda: f"{chat.name}> "):
        if not chat.hear(line):
            break
    if not chat.has_begun:
        raise click.exceptions.Exit(1)


def _lines(prompt: Callable[[], str]) -> Iterator[str]:
    """Yield what is typed, without empty lines. What is piped in is shown as if it were typed."""
    is_terminal = sys.stdin.isatty()
    if isinstance(sys.stdin, TextIOWrapper):
        # Whatever is piped in, it is a message.
        sys.stdin.reconfigure(errors="replace")
    if is_terminal:
        # Arrow keys and a history at the prompt, where the system has them.
        with suppress(ImportError):
            import readline  # noqa: F401 - it is there for its effect
    while True:
        try:
            line = input(prompt()) if is_terminal else _piped(prompt())
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if line.strip():
            yield line.strip()


def _piped(prompt: str) -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    if line.strip():
        click.echo(prompt + printable(line.strip()))
    return line
