"""A whole Balas of real processes, for faults to happen to.

`Stage` runs Valkey, the web, the workers and simulated gateways in a folder of its own. The rules
send each text back, so where texts are unique a reply names the message that it answers.
"""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import psutil
import requests
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select

from bot.config import ROOT
from bot.embedded import free_port, valkey_arguments
from bot.gateway_settings import read_gateways
from bot.simulator.faults import Fault as GatewayFault
from bot.simulator.faults import FaultKind
from bot.simulator.server import Simulator
from models import Event, make_engine, reading
from models.migrate import upgrade
from tests.chaos.postgres import Postgres
from tests.chaos.settings import GATEWAYS, RULES, SETTINGS, UNLIMITED
from tests.chaos.waiting import WAIT_SECONDS, is_true_within, wait_until

INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")
# Whatever descends from a stage carries this variable, wherever it hides.
MARK = "BALAS_STAGE"
CLOCK = "BALAS_STAGE_CLOCK"
BOXES = ("inbox", "outbox")
STEADY_SECONDS = 0.5
DIGITS = re.compile(r"\d+")
# The gateways' webhooks about our messages come this much sooner than in life.
SCALE = 0.2


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
        delay: float = 0.05,
        valkey_options: Sequence[str] = (),
        postgres: Postgres | None = None,
    ) -> None:
        self.folder = folder
        self.postgres = postgres
        port, self._redis_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.redis = Redis(port=self._redis_port, socket_timeout=2)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.left: list[str] = []
        accounts = {name: gateway.accounts for name, gateway in read_gateways(SETTINGS).items()}
        self.simulator = Simulator.for_accounts(accounts, webhook_url=self.url, scale=SCALE)
        self.take_seconds(delay)
        self.engine = make_engine(database_url)
        self._valkey_options = valkey_options
        self._mark = uuid.uuid4().hex
        self._clock = folder / "clock"
        self._ahead = timedelta(0)
        self._roster: Counter[str] = Counter()
        self._environ = {name: os.environ[name] for name in INHERITED if name in os.environ} | {
            **SETTINGS,
            **UNLIMITED,
            "PORT": str(port),
            "DATA_DIR": str(folder),
            "DATABASE_URL": seen_at or database_url,
            "REDIS_URL": f"redis://127.0.0.1:{self._redis_port}/0",
            "RULES_FILE": str(folder / "rules.yaml"),
            "PYTHONPATH": str(Path(__file__).parent / "clock"),
            CLOCK: str(self._clock),
            MARK: self._mark,
        }

    def __enter__(self) -> Self:
        (self.folder / "rules.yaml").write_text(RULES)
        upgrade(self.engine)
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
            self.engine.dispose()

    def start(self) -> None:
        """Start every part and wait until all of them work."""
        self.start_valkey()
        self.start_web()
        self.start_worker()
        wait_until(self._web_answers)
        self.wait_for_workers()
        self._roster = self._full_roster()

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

    def take_seconds(self, seconds: float) -> None:
        """Let every gateway take so long to answer a send, behind what else is planned."""
        slow = GatewayFault(kind=FaultKind.DELAY, times=None, seconds=seconds)
        for gateway in GATEWAYS:
            self.simulator.plan(gateway, slow)

    def now(self) -> datetime:
        """Return what the clocks of the stage's processes show."""
        return datetime.now(UTC) + self._ahead

    def set_clocks(self, ahead: timedelta) -> None:
        """Let the wall clocks of all processes jump, so that they are so much ahead of ours."""
        self._ahead = ahead
        written = self._clock.with_suffix(".new")
        written.write_text(str(ahead.total_seconds()))
        written.replace(self._clock)

    def events(self) -> int:
        """Return how many events are in the database."""
        with reading(self.engine) as session:
            return session.scalars(select(func.count(Event.id))).one()

    def last_kept_at(self) -> datetime:
        """Return when the last event was kept, by the clocks of the stage's processes."""
        with reading(self.engine) as session:
            newest = select(Event.received_at).order_by(Event.id.desc()).limit(1)
            return session.scalars(newest).one()

    def worker(self, box: str) -> psutil.Process | None:
        """Return the worker of a box, None while there is none."""
        for child in psutil.Process(self.processes["worker"].pid).children():
            with suppress(psutil.Error):  # ended meanwhile
                if child.cmdline()[-1:] == [box]:
                    return child
        return None

    def family(self) -> list[psutil.Process]:
        """Return every process of the web and of the workers."""
        parents = [psutil.Process(self.processes[name].pid) for name in ("web", "worker")]
        return [each for parent in parents for each in (parent, *parent.children(recursive=True))]

    def running(self) -> dict[int, str]:
        """Return all processes of the stage that run now, with their command lines."""
        found = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):  # ended meanwhile, or another user's
                if process.environ().get(MARK) == self._mark:
                    found[process.pid] = " ".join(process.cmdline())
        return found

    def strangers(self) -> list[str]:
        """Return the commands that run, and did not when everything had started."""
        return list((self._commands() - self._roster).elements())

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

    def has_workers(self) -> bool:
        """Return whether any process of the workers runs."""
        return any("worker.py" in command for command in self.running().values())

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

    def _full_roster(self) -> Counter[str]:
        """Return the commands that run, once all that was started has started its own."""
        before: Counter[str] = Counter()
        while before != (roster := self._commands()):
            before = roster
            time.sleep(STEADY_SECONDS)
        return roster

    def _commands(self) -> Counter[str]:
        """Return how often each command runs. Their numbers are file descriptors, which differ."""
        return Counter(DIGITS.sub("", command) for command in self.running().values() if command)

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
