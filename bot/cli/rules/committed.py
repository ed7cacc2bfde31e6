"""Rules files as they were committed to git."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from bot.gateways import GATEWAYS
from bot.rules import Book, read

PREFIX = "git:"
SECONDS = 10.0
_REVISION = re.compile(r"[\w.@^~{}/-]{1,200}")


class NotCommitted(click.ClickException):
    """There is nothing in git to compare with."""

    exit_code = 2


def is_revision(name: str) -> bool:
    """Return whether a name is that of a commit, and of no file."""
    return name.startswith(PREFIX) or (not Path(name).exists() and "." not in name)


def committed_book(revision: str, path: Path) -> Book:
    """Return the book that was in a file at a commit. Raises RulesError."""
    revision = revision.removeprefix(PREFIX)
    if not _REVISION.fullmatch(revision) or revision.startswith("-"):
        raise NotCommitted(f'"{revision}" is no commit')
    files = _Committed(revision, path.absolute().parent)
    try:
        text = files[path.name]
    except KeyError:
        text = f'there is no {path.name} in git at "{revision}"'
        raise NotCommitted(text) from None
    return read(text, f"{revision}:{path.name}", gateways=GATEWAYS, files=files)


class _Committed(Mapping[str, str]):
    """The files of a folder at a commit."""

    def __init__(self, revision: str, folder: Path) -> None:
        self._revision, self._folder = revision, folder

    def __getitem__(self, name: str) -> str:
        git = shutil.which("git")
        if git is None:
            raise NotCommitted("git is not installed here")
        shown = subprocess.run(
            [git, "show", f"{self._revision}:./{name}"],
            cwd=self._folder,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        if shown.returncode:
            raise KeyError(name)
        return shown.stdout.decode("utf-8-sig", "replace")

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
