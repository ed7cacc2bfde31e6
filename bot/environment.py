"""The environment of this process, with what `.env` and a running `make run` add to it."""

import os
import sys
from functools import cache
from pathlib import Path

from dotenv import dotenv_values, find_dotenv

from bot import local_run

ROOT = Path(__file__).resolve().parent.parent
DATA_DIR = ROOT / "data"


def environment(directory: Path = ROOT) -> dict[str, str]:
    """Return the process environment, with what `.env` and a running `make run` add to it."""
    from_file = {
        name: value
        for name, value in dotenv_values(directory / ".env").items()
        if value is not None
    }
    ours = {name: value for name, value in os.environ.items() if not _is_foreign(name, value)}
    environ = {**from_file, **ours}
    run = local_run.read(Path(environ.get("DATA_DIR") or DATA_DIR))
    return {"REDIS_URL": run.redis_url, **environ} if run else environ


def _is_foreign(name: str, value: str) -> bool:
    """Return whether a variable came from another project's `.env`.

    The flask command looks for one in the current folder and all folders above it, and loads it
    before this code runs.
    """
    return _foreign_values().get(name) == value


@cache
def _foreign_values() -> dict[str, str | None]:
    if Path(sys.argv[0]).stem != "flask" or os.environ.get("FLASK_SKIP_DOTENV"):
        return {}
    found = [find_dotenv(name, usecwd=True) for name in (".env", ".flaskenv")]
    foreign = [path for path in found if path and Path(path).resolve().parent != ROOT]
    return {name: value for path in foreign for name, value in dotenv_values(path).items()}
