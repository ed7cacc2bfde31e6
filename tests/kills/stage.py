"""A whole Balas of real processes, to be killed in the middle of webhooks.

`Stage` runs Valkey, the web, the workers and simulated gateways in a folder of its own. Each text is
unique and the rules send it back, so a reply names the message that it answers. `rehearse` plays
one fault and counts what became of every message.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from threading import Condition, local
from typing import Self

import psutil  # type: ignore[import-untyped] # has no types of its own
import requests
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import create_engine, make_url, select, text

from bot.config import ROOT, read_gateways
from bot.embedded import free_port, valkey_arguments
from bot.simulator.compose import text_message
from bot.simulator.customers import customers_in
from bot.simulator.faults import Fault as GatewayFault
from bot.simulator.faults import FaultKind
from bot.simulator.server import Simulator
from bot.simulator.signers import SIGNERS, SignedWebhook
from models import Direction, Message, MessageStatus, make_engine, reading
from models.migrate import upgrade

GATEWAYS = ("wagate", "meta", "rijan", "whatsgate")
RULES = 'version: 1\nrules:\n  - {id: gema, match: {type: text}, reply: "{{ message.text }}"}\n'
SETTINGS = {
    "META_APP_SECRET": "rahasia-meta",
    "META_ACCESS_TOKEN": "token-meta",
    "WAGATE_WEBHOOK_SECRET": "rahasia-wagate",
    "WAGATE_API_TOKEN": "token-wagate",
    "RIJAN_WEBHOOK_SECRET": "rahasia-rijan",
    "RIJAN_API_KEY": "key-rijan",
    "WHATSGATE_WEBHOOK_TOKEN": "rahasia-whatsgate",
    "WHATSGATE_API_KEY": "key-whatsgate",
    "BIND": "127.0.0.1",
    "LOG_LEVEL": "warning",
}
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")
MARK = "BALAS_STAGE"
BOXES = ("inbox", "outbox")
SETTLED = {
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.PLAYED,
    MessageStatus.UNKNOWN,
}
START_SECONDS = 30.0
STOP_SECONDS = 30.0
SETTLE_SECONDS = 45.0
POST_SECONDS = 60.0
POSTS_AT_ONCE = 16


class Fault(StrEnum):
    """What happens to the stage."""

    NONE = "none"
    WEB = "web killed"
    WEB_WORKER = "web worker killed"
    INBOX_WORKER = "inbox worker killed"
    OUTBOX_WORKER = "outbox worker killed"
    SUPERVISOR = "supervisor killed"
    VALKEY = "Valkey killed"
    VALKEY_EMPTIED = "Valkey lost with its file"
    STOP = "workers stopped (SIGTERM)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many messages came to what. `held`: perhaps sent, listed for a person (unknown).

    `seconds` is from the fault until nothing was left to do; `left` are processes after the end.
    """

    acknowledged: int
    stored: int
    answered: int
    doubled: int
    held: int
    lost: int
    seconds: float
    left: int


@dataclass(frozen=True, slots=True)
class Webhook:
    """One message of a customer, signed. `text` is its name on the stage."""

    text: str
    signed: SignedWebhook = field(repr=False)


class Posting:
    """Posts webhooks from many threads, again and again until each is acknowledged."""

    def __init__(self, url: str, webhooks: Sequence[Webhook], *, threads: int) -> None:
        self.acknowledged: list[str] = []
        self._url = url
        self._changed = Condition()
        self._local = local()
        self._until = time.monotonic() + POST_SECONDS
        self._pool = ThreadPoolExecutor(threads)
        self._futures = [self._pool.submit(self._post, webhook) for webhook in webhooks]

    def wait_for(self, count: int) -> None:
        """Wait until so many webhooks are acknowledged."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.acknowledged) >= count, POST_SECONDS):
                raise TimeoutError(f"fewer than {count} webhooks were acknowledged")

    def finish(self) -> None:
        """Wait until every webhook is acknowledged or given up."""
        self._pool.shutdown()
        for future in self._futures:
            future.result()

    def _post(self, webhook: Webhook) -> None:
        while time.monotonic() < self._until:
            try:
                response = post(self._session(), self._url, webhook)
            except requests.RequestException:
                time.sleep(0.2)
                continue
            if response.status_code == HTTPStatus.OK:
                with self._changed:
                    self.acknowledged.append(webhook.text)
                    self._changed.notify_all()
                return
            time.sleep(0.2)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = new_session()
        session: requests.Session = self._local.session
        return session


class Stage:
    """A running Balas. A context manager: everything that it started has ended when it exits.

    `database_url` is where the tables are; `seen_at` is the URL that the processes are given, if it
    is another one. The gateways answer each send after `delay` seconds, so that some are under way
    whenever something is killed.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        seen_at: str | None = None,
        delay: float = 0.03,
        valkey_options: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.redis = Redis(port=free_port(), socket_timeout=2)
        self.acknowledged: set[str] = set()
        self.left: list[str] = []
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._engine = make_engine(database_url)
        self._mark = uuid.uuid4().hex
        self._written = 0
        self._valkey_options = valkey_options
        self._environ = SETTINGS | {
            "PORT": self.url.rpartition(":")[2],
            "DATA_DIR": str(folder),
            "DATABASE_URL": seen_at or database_url,
            "REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "RULES_FILE": str(folder / "rules.yaml"),
            MARK: self._mark,
        }
        self._gateways = read_gateways(SETTINGS)
        self.simulator = Simulator(customers_in(SETTINGS))
        for gateway in GATEWAYS:
            slow = GatewayFault(kind=FaultKind.DELAY, times=None, seconds=delay)
            self.simulator.plan(gateway, slow)

    def __enter__(self) -> Self:
        (self.folder / "rules.yaml").write_text(RULES)
        upgrade(self._engine)
        self.simulator.start()
        for gateway, url in self.simulator.api_urls.items():
            self._environ[f"{gateway.upper()}_API_URL"] = url
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self.simulator.stop()
            self.redis.close()
            self._engine.dispose()

    def start(self) -> None:
        """Start every part and wait until all of them work."""
        self.start_valkey()
        self.start_web()
        self.start_worker()
        self.wait_for_web()
        self.wait_for_workers()

    def start_valkey(self) -> None:
        """Start Valkey on what its folder holds, and wait for it."""
        arguments = valkey_arguments(self.folder / "valkey", self._redis_port)
        self._start("valkey", [*arguments, *self._valkey_options])
        wait_until(self._redis_answers, START_SECONDS, "Valkey answers")

    def start_web(self) -> None:
        """Start the web."""
        self._start("web", [sys.executable, "-m", "bot.serve"])

    def start_worker(self) -> None:
        """Start the supervisor of the workers."""
        self._start("worker", [sys.executable, str(ROOT / "worker.py")])

    def wait_for_web(self) -> None:
        """Wait until the web answers."""
        wait_until(self._web_answers, START_SECONDS, "the web answers")

    def wait_for_workers(self) -> None:
        """Wait until both workers take jobs."""
        wait_until(
            lambda: self.redis.scard("rq:workers") == len(BOXES), START_SECONDS, "the workers work"
        )

    def webhooks(self, count: int) -> list[Webhook]:
        """Return webhooks from all gateways in turn, each with a new message of a new customer."""
        numbers = range(self._written, self._written + count)
        self._written += count
        return [self._webhook(number) for number in numbers]

    def post(self, webhooks: Sequence[Webhook], *, threads: int = POSTS_AT_ONCE) -> Posting:
        """Begin to post webhooks."""
        return Posting(self.url, webhooks, threads=threads)

    def post_all(self, webhooks: Sequence[Webhook]) -> None:
        """Post webhooks, and remember which of them were acknowledged."""
        self.finish(self.post(webhooks))

    def finish(self, posting: Posting) -> None:
        """Wait for the end of a posting, and remember which webhooks were acknowledged."""
        posting.finish()
        self.acknowledged.update(posting.acknowledged)

    def strike(self, fault: Fault) -> None:
        """Let a fault happen, and start again what nobody else would."""
        match fault:
            case Fault.NONE:
                return
            case Fault.WEB:
                self.kill("web")
                self.start_web()
            case Fault.WEB_WORKER:
                os.kill(self.web_workers()[0], signal.SIGKILL)
            case Fault.INBOX_WORKER:
                os.kill(self.worker("inbox"), signal.SIGKILL)
            case Fault.OUTBOX_WORKER:
                os.kill(self.worker("outbox"), signal.SIGKILL)
            case Fault.SUPERVISOR:
                self.processes["worker"].kill()
                self.processes["worker"].wait()
                wait_until(lambda: not self.orphans(), STOP_SECONDS, "the orphans end")
                self.start_worker()
            case Fault.VALKEY | Fault.VALKEY_EMPTIED:
                self.kill("valkey")
                if fault is Fault.VALKEY_EMPTIED:
                    shutil.rmtree(self.folder / "valkey")
                time.sleep(1)
                self.start_valkey()
            case Fault.STOP:
                self.processes["worker"].terminate()
                self.processes["worker"].wait(STOP_SECONDS)
                self.start_worker()

    def kill(self, name: str) -> None:
        """Kill a part with all of its group, as a dyno or `flask up` would when its main dies."""
        process = self.processes[name]
        process.kill()
        process.wait()
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def stop(self) -> None:
        """End every part in order, note what outlives them, and kill that."""
        for name in ("web", "worker"):
            if name in self.processes:
                self.processes[name].terminate()
        for name in ("web", "worker"):
            if name in self.processes:
                _wait(self.processes[name])
        if "valkey" in self.processes:
            self.kill("valkey")
        self.processes.clear()
        deadline = time.monotonic() + 3
        while self.running() and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid, command in self.running().items():
            self.left.append(command)
            os.kill(pid, signal.SIGKILL)
