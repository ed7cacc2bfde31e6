"""Where a `make run` on this machine listens, for commands typed in a second terminal."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRun:
    """A running Balas. `simulator_url` is None when real gateways are configured."""

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
        os.kill(run.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return run


def forget(directory: Path) -> None:
    """Remove what `write` left."""
    (directory / FILE).unlink(missing_ok=True)
