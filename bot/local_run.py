"""Where a `make run` on this machine listens, for commands typed in a second terminal."""

import fcntl
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

FILE = "run.json"
LOCK = "run.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """A running Balas. `simulator_url` is None when real gateways are configured.

    `redis_url` holds the password of the embedded Valkey, so the file is its owner's alone.
    """

    pid: int
    web_url: str
    redis_url: str
    simulator_url: str | None


def write(directory: Path, run: LocalRun) -> None:
    """Tell other processes about this run."""
    temporary = directory / (FILE + ".new")
    temporary.write_text(json.dumps(asdict(run)))
    temporary.replace(directory / FILE)


def read(directory: Path) -> LocalRun | None:
    """Return the run that uses this data folder now, None when there is none."""
    try:
        run = LocalRun(**json.loads((directory / FILE).read_text()))
        return run if is_held(directory) else None
    except (OSError, ValueError, TypeError):
        return None


def hold(directory: Path) -> IO[str]:
    """Take a data folder for one run, until the file is closed. Raises OSError."""
    lock = (directory / LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise
    return lock


def is_held(directory: Path) -> bool:
    """Return whether a run that lives has taken the folder; a number may be another process's."""
    with (directory / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def forget(directory: Path) -> None:
    """Remove what `write` left."""
    (directory / FILE).unlink(missing_ok=True)
