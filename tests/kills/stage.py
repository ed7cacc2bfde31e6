"""A whole Balas of real processes, to be killed in the middle of webhooks.

`Stage` runs Valkey, the web, the workers and simulated gateways in a folder of its own. The rules
send each text back, so where texts are unique a reply names the message that it answers.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Self

import psutil
import requests
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Row, select

from bot.config import ROOT
from bot.embedded import free_port, valkey_arguments
from bot.simulator.customers import customers_in
from bot.simulator.faults import Fault as GatewayFault
from bot.simulator.faults import FaultKind
from bot.simulator.server import Simulator
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
# Whatever descends from a stage carries this variable, wherever it hides.
MARK = "BALAS_STAGE"
BOXES = ("inbox", "outbox")
# Nothing happens to a message by itself any more; `unknown` waits for evidence or a person.
SETTLED = (MessageStatus.SENT, MessageStatus.UNKNOWN)
WAIT_SECONDS = 30.0


class Fault(StrEnum):
    """What happens to a stage."""

    NONE = "none"
    WEB = "web killed"
    WEB_WORKER = "web worker killed"
    INBOX_WORKER = "inbox worker killed"
    OUTBOX_WORKER = "outbox worker killed"
    SUPERVISOR = "supervisor killed"
    VALKEY = "Valkey killed"
    VALKEY_EMPTIED = "Valkey lost with its file"
    STOP = "workers stopped (SIGTERM)"


class Stage:
    """A Balas of real processes; all that it started has ended when its `with` block ends.

    `database_url` is where the tables are, `seen_at` what the processes are given instead. Gateways
    take `delay` seconds to answer a send, so that some are under way whenever something is killed.
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
        port, self._redis_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.redis = Redis(port=self._redis_port, socket_timeout=2)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.left: list[str] = []
        self.simulator = Simulator(customers_in(SETTINGS))
        for gateway in GATEWAYS:
            slow = GatewayFault(kind=FaultKind.DELAY, times=None, seconds=delay)
            self.simulator.plan(gateway, slow)
        self._engine = make_engine(database_url)
        self._valkey_options = valkey_options
        self._mark = uuid.uuid4().hex
        self._environ = {name: os.environ[name] for name in INHERITED if name in os.environ} | {
            **SETTINGS,
            "PORT": str(port),
            "DATA_DIR": str(folder),
            "DATABASE_URL": seen_at or database_url,
            "REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "RULES_FILE": str(folder / "rules.yaml"),
            MARK: self._mark,
        }

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
        wait_until(self._web_answers)
        self.wait_for_workers()

    def start_valkey(self) -> None:
        """Start Valkey on what its folder holds, and wait for it."""
        arguments = valkey_arguments(self.folder / "valkey", self._redis_port)
        self._start("valkey", [*arguments, *self._valkey_options])
        wait_until(self._redis_answers)

    def start_web(self) -> None:
        """Start the web."""
        self._start("web", [sys.executable, "-m", "bot.serve"])

    def start_worker(self) -> None:
        """Start the supervisor of the workers."""
        self._start("worker", [sys.executable, str(ROOT / "worker.py")])

    def wait_for_workers(self) -> None:
        """Wait until both workers take jobs."""
        wait_until(lambda: self.redis.scard("rq:workers") >= len(BOXES))

    def messages(self) -> Sequence[Row[str, str, str, str]]:
        """Return direction, gateway, text and status of every message in the history."""
        columns = (Message.direction, Message.gateway, Message.text, Message.status)
        with reading(self._engine) as session:
            return session.execute(select(*columns)).all()

    def wait_until_settled(self, texts: set[str], *, seconds: float = 45.0) -> bool:
        """Wait until nothing is left to do about these messages; return whether that came true."""
        return is_true_within(seconds, lambda: texts <= self._settled())

    def worker(self, box: str) -> psutil.Process | None:
        """Return the worker of a box, None while there is none."""
        for child in psutil.Process(self.processes["worker"].pid).children():
            with suppress(psutil.Error):  # ended meanwhile
                if child.cmdline()[-1:] == [box]:
                    return child
        return None

    def running(self) -> dict[int, str]:
        """Return all processes of the stage that run now, with their command lines."""
        found = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # ended meanwhile, or another user's
                if process.environ().get(MARK) == self._mark:
                    found[process.pid] = " ".join(process.cmdline())
        return found

    def strike(self, fault: Fault) -> None:
        """Let a fault happen, and start again what nobody else would."""
        match fault:
            case Fault.WEB:
                self.kill("web")
                self.start_web()
            case Fault.WEB_WORKER:
                psutil.Process(self.processes["web"].pid).children()[0].kill()
            case Fault.INBOX_WORKER | Fault.OUTBOX_WORKER:
                worker = self.worker(fault.partition(" ")[0])
                assert worker is not None, "there is nothing to kill"
                worker.kill()
            case Fault.SUPERVISOR:
                self.processes["worker"].kill()
                self.processes["worker"].wait()
                wait_until(lambda: not self._has_workers())
                self.start_worker()
            case Fault.VALKEY | Fault.VALKEY_EMPTIED:
                self.kill("valkey")
                if fault is Fault.VALKEY_EMPTIED:
                    shutil.rmtree(self.folder / "valkey")
                time.sleep(1)
                self.start_valkey()
            case Fault.STOP:
                self.processes["worker"].terminate()
                self.processes["worker"].wait(WAIT_SECONDS)
                self.start_worker()

    def kill(self, name: str) -> None:
        """Kill a part with its group: so does a dyno or `flask up` when the main process dies."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()
        _kill_group(process.pid)

    def stop(self) -> None:
        """End all parts in order; note in `left` what outlives them, and kill that too."""
        clients = [self.processes[name] for name in ("web", "worker") if name in self.processes]
        for process in clients:
            process.terminate()
        for process in clients:
            _wait(process)
        if "valkey" in self.processes:
            self.kill("valkey")
        self.processes.clear()
        is_true_within(3.0, lambda: not self.running())
        for pid, command in self.running().items():
            self.left.append(command)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _start(self, name: str, arguments: Sequence[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _settled(self) -> set[str]:
        rows = self.messages()
        stored = {row.text for row in rows if row.direction == Direction.IN}
        return stored & {
            row.text for row in rows if row.direction == Direction.OUT and row.status in SETTLED
        }

    def _has_workers(self) -> bool:
        return any("worker.py" in command for command in self.running().values())

    def _web_answers(self) -> bool:
        try:
            with new_session() as session:
                return session.get(f"{self.url}/health", timeout=2).ok
        except requests.RequestException:
            return False

    def _redis_answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_group(process.pid)
        process.wait()


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def new_session() -> requests.Session:
    """Return a session that reads no .netrc and no proxy settings."""
    session = requests.Session()
    session.trust_env = False
    return session


def is_true_within(seconds: float, condition: Callable[[], object]) -> bool:
    """Look again and again; return whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def wait_until(condition: Callable[[], object], seconds: float = WAIT_SECONDS) -> None:
    """Wait for a condition, or raise TimeoutError."""
    if not is_true_within(seconds, condition):
        raise TimeoutError("the stage did not get there in time")
