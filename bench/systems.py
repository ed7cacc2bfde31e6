"""The systems under test: what their processes are, and where they keep what they took."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from redis import Redis
from sqlalchemy import NullPool, create_engine, make_url, text

from bench.databases import Kind
from bench.peers import queueing, replies
from bench.webhooks import SECRET, SESSION, TOKEN
from bot.config import ROOT, read_settings
from bot.serve import arguments
from models import make_engine
from models.migrate import upgrade

Commands = dict[str, list[str]]
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How many processes do what."""

    web: int
    inbox: int
    outbox: int


SHAPES = {
    Kind.SQLITE: Shape(web=1, inbox=1, outbox=1),
    Kind.POSTGRESQL: Shape(web=2, inbox=2, outbox=1),
}


class System(ABC):
    """One way to receive and answer. What it keeps is None where it keeps nothing."""

    name: str

    def prepare(self, environ: Mapping[str, str]) -> None:
        """Make the tables."""
        del environ

    @abstractmethod
    def web(self, environ: Mapping[str, str]) -> list[str]:
        """Return the command of the web process."""

    def workers(self, shape: Shape) -> Commands:
        """Return the commands of the workers by name."""
        del shape
        return {}

    def kept(self, environ: Mapping[str, str]) -> int | None:
        """Return how many webhooks wait or are done, while no worker takes any."""
        del environ
        return None

    def history(self, environ: Mapping[str, str], tag: str) -> Rows | None:
        """Return direction and text of every finished message of a run."""
        del environ, tag
        return None


class Balas(System):
    """This project, as it is deployed."""

    name = "Balas"

    def prepare(self, environ: Mapping[str, str]) -> None:
        engine = make_engine(environ["DATABASE_URL"])
        upgrade(engine)
        engine.dispose()
        rules = [
            {"id": word, "match": {"words": [word]}, "reply": reply + " ({{ message.text }})"}
            for word, reply in replies.REPLIES.items()
        ]
        Path(environ["RULES_FILE"]).write_text(
            yaml.safe_dump({"version": 1, "rules": rules}), encoding="utf-8"
        )

    def web(self, environ: Mapping[str, str]) -> list[str]:
        del environ
        return [sys.executable, "-m", "bot.serve"]

    def workers(self, shape: Shape) -> Commands:
        del shape  # it reads INBOX_WORKERS and OUTBOX_WORKERS
        return {"worker": [sys.executable, str(ROOT / "worker.py")]}

    def kept(self, environ: Mapping[str, str]) -> int | None:
        return int(_rows(environ, "SELECT count(*) FROM events")[0][0])

    def history(self, environ: Mapping[str, str], tag: str) -> Rows | None:
        statement = (
            "SELECT direction, text FROM messages"
            " WHERE status IN ('received', 'sent') AND text LIKE :tag"
        )
        return _rows(environ, statement, tag=f"% {tag} %")


class Queueing(System):
    """One RQ job for each message; `kind` says how its workers run it."""

    def __init__(self, kind: str, name: str) -> None:
        self.name = name
        self._kind = kind

    def prepare(self, environ: Mapping[str, str]) -> None:
        engine = create_engine(environ["DATABASE_URL"])
        queueing.Base.metadata.create_all(engine)
        engine.dispose()

    def web(self, environ: Mapping[str, str]) -> list[str]:
        return _served(environ, "bench.peers.queueing:create_app")

    def workers(self, shape: Shape) -> Commands:
        count = shape.inbox + shape.outbox
        command = [sys.executable, "-m", "bench.peers.worker", self._kind]
        return {f"worker-{number}": command for number in range(1, count + 1)}

    def kept(self, environ: Mapping[str, str]) -> int | None:
        with Redis.from_url(environ["REDIS_URL"]) as redis:
            return int(redis.llen(f"rq:queue:{queueing.QUEUE}"))

    def history(self, environ: Mapping[str, str], tag: str) -> Rows | None:
        statement = "SELECT direction, text FROM messages WHERE text LIKE :tag"
        return _rows(environ, statement, tag=f"% {tag} %")


class Inline(System):
    """Answers inside the request."""

    name = "inline, granian"

    def web(self, environ: Mapping[str, str]) -> list[str]:
        return _served(environ, "bench.peers.inline:create_app")


class Seed(System):
    """Answers inside the request, on Flask's development server."""

    name = "inline, flask run"

    def web(self, environ: Mapping[str, str]) -> list[str]:
        del environ
        return [sys.executable, "-m", "bench.peers.inline"]


class Nothing(System):
    """Answers 204 and does nothing: the ceiling of the web server and the load generator."""

    name = "nothing (204)"

    def web(self, environ: Mapping[str, str]) -> list[str]:
        return _served(environ, "bench.peers.nothing:create_app")


def new_environ(
    folder: Path, shape: Shape, *, port: int, database_url: str, redis_url: str, send_url: str
) -> dict[str, str]:
    """Return what all systems are given. Logging is left as it is by default."""
    return {
        "PORT": str(port),
        "BIND": "127.0.0.1",
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "RULES_FILE": str(folder / "rules.yaml"),
        "WEB_CONCURRENCY": str(shape.web),
        "INBOX_WORKERS": str(shape.inbox),
        "OUTBOX_WORKERS": str(shape.outbox),
        "WAGATE_WEBHOOK_SECRET": SECRET,
        "WAGATE_API_TOKEN": TOKEN,
        "WAGATE_SESSION_ID": SESSION,
        "WAGATE_API_URL": send_url,
        # Tokens are taken, and there are always some: a limit of ours is not what is measured.
        "WAGATE_RATE": "5000/second",
    }


def _served(environ: Mapping[str, str], target: str) -> list[str]:
    """Return the command that serves an app exactly as Balas is served."""
    return [*arguments(read_settings(environ))[:-1], target]


def _rows(environ: Mapping[str, str], statement: str, **values: str) -> Rows:
    engine = create_engine(make_url(environ["DATABASE_URL"]), poolclass=NullPool)
    with engine.connect() as connection:
        return list(connection.execute(text(statement), values).tuples())
