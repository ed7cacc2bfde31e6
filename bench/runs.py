"""One run: post webhooks, wait for the replies, count what became of every message."""

import http.client
import json
import math
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from bench.databases import Kind, Server
from bench.stage import Stage, cpu_seconds
from bench.systems import Shape, System
from bot.config import ROOT
from bot.embedded import free_port

# Replies are waited for as long as more of them come.
STILL_SECONDS = 12.0
LONGEST_WAIT = 60.0
SETTLE_SECONDS = 5.0
POLL_SECONDS = 0.1
LOAD_SECONDS = 60.0
REPLY = re.compile(r"\((.*)\)$")
WEB = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a run does to a system. Rate 0: as fast as the connections allow."""

    count: int
    connections: int
    rate: float = 0.0
    latency_ms: int = 0
    has_workers: bool = True


@dataclass(slots=True, kw_only=True)
class Figures:
    """What a run has shown. Times are milliseconds; a run with `faults` has no valid figures."""

    system: str
    database: str
    case: Case
    acknowledged: int = 0
    acknowledged_per_second: float = 0.0
    acknowledge_p50: float = 0.0
    acknowledge_p99: float = 0.0
    replies: int = 0
    replies_per_second: float = 0.0
    reply_p50: float = 0.0
    reply_p99: float = 0.0
    cpu_ms: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Posted:
    """One webhook that was posted, as the load generator saw it."""

    text: str
    due_at: float
    answered_at: float
    status: int


class Bench:
    """A system on its stage, ready for runs. `environ` is what its processes were given."""

    def __init__(
        self,
        system: System,
        stage: Stage,
        environ: Mapping[str, str],
        *,
        shape: Shape,
        server: Server,
        send_port: int,
    ) -> None:
        self._system = system
        self._stage = stage
        self._environ = environ
        self._shape = shape
        self._server = server
        self._send_port = send_port
        self._port = int(environ["PORT"])

    def start(self) -> None:
        """Make the tables and start the web process."""
        self._system.prepare(self._environ)
        self._stage.start(WEB, self._system.web(self._environ), self._environ)
        self._stage.wait_for_port(self._port)

    def start_workers(self) -> None:
        """Start the workers."""
        for name, command in self._system.workers(self._shape).items():
            self._stage.start(name, command, self._environ)

    def stop_workers(self) -> None:
        """Stop the workers."""
        for name in self._system.workers(self._shape):
            self._stage.stop(name)

    def run(self, case: Case, tag: str) -> Figures:
        """Do a run whose texts all hold `tag`."""
        figures = Figures(system=self._system.name, database=self._server.kind, case=case)
        self._ask_send_api(f"/latency/{case.latency_ms}", method="PUT")
        sent_before = int(self._ask_send_api("/count"))
        kept_before = None if case.has_workers else self._system.kept(self._environ)
        cpu_before = self._cpu_seconds()
        posts = self._post(case, tag)
        _measure_acknowledgements(figures, posts)
        if case.has_workers:
            self._wait_for_sends(sent_before + figures.acknowledged)
            sends = json.loads(self._ask_send_api("/sends"))[sent_before:]
            _measure_replies(figures, posts, sends)
            self._check_history(figures, posts, tag)
        elif kept_before is not None:
            kept = (self._system.kept(self._environ) or 0) - kept_before
            if kept != figures.acknowledged:
                figures.faults.append(f"kept {kept} of {figures.acknowledged}")
        for name, seconds in self._cpu_seconds().items():
            spent = seconds - cpu_before[name]
            figures.cpu_ms[name] = round(spent * 1000 / max(1, case.count), 3)
        return figures

    def _post(self, case: Case, tag: str) -> Sequence[Posted]:
        arguments = {
            "--port": self._port,
            "--tag": tag,
            "--count": case.count,
            "--connections": case.connections,
            "--rate": case.rate,
            "--seconds": LOAD_SECONDS,
        }
        pairs = [str(part) for pair in arguments.items() for part in pair]
        load = subprocess.run(
            [sys.executable, "-m", "bench.load", *pairs],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
            timeout=LOAD_SECONDS * 2,
        )
        return [Posted(*row) for row in json.loads(load.stdout)]

    def _wait_for_sends(self, count: int) -> None:
        end = time.monotonic() + LONGEST_WAIT
        last, still_since = -1, time.monotonic()
        while time.monotonic() < end:
            found = int(self._ask_send_api("/count"))
            if found >= count or time.monotonic() - still_since > STILL_SECONDS:
                return
            if found > last:
                last, still_since = found, time.monotonic()
            time.sleep(POLL_SECONDS)

    def _check_history(self, figures: Figures, posts: Sequence[Posted], tag: str) -> None:
        """Compare the tables with what was acknowledged, once the last result is written down."""
        expected = Counter(_acknowledged(posts))
        end = time.monotonic() + SETTLE_SECONDS
        while True:
            rows = self._system.history(self._environ, tag)
            if rows is None:
                return
            stored = Counter(text for direction, text in rows if direction == "in")
            sent = Counter(_named(text) for direction, text in rows if direction == "out")
            if (stored == expected and sent == expected) or time.monotonic() > end:
                break
            time.sleep(POLL_SECONDS)
        figures.faults += _differences("stored", stored, expected)
        figures.faults += _differences("written as sent", sent, expected)

    def _cpu_seconds(self) -> dict[str, float]:
        names = self._system.workers(self._shape)
        found = {
            WEB: self._stage.cpu_seconds(WEB),
            "workers": sum(self._stage.cpu_seconds(name) for name in names),
            "valkey": self._stage.cpu_seconds("valkey"),
        }
        if self._server.kind is Kind.POSTGRESQL and self._server.pid:
            found["postgresql"] = cpu_seconds(self._server.pid)
        return found

    def _ask_send_api(self, path: str, *, method: str = "GET") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self._send_port, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()


def start_send_api(stage: Stage) -> int:
    """Start the send API and return its port."""
    port = free_port()
    stage.start("send-api", [sys.executable, "-m", "bench.send_api", "--port", str(port)], {})
    stage.wait_for_port(port)
    return port


def _measure_acknowledgements(figures: Figures, posts: Sequence[Posted]) -> None:
    good = [post for post in posts if post.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT)]
    if len(good) < len(posts):
        statuses = Counter(post.status for post in posts)
        figures.faults.append(
            f"acknowledged {len(good)} of {len(posts)}, statuses {dict(statuses)}"
        )
    if not good:
        return
    took = max(post.answered_at for post in good) - min(post.due_at for post in good)
    waits = [post.answered_at - post.due_at for post in good]
    figures.acknowledged = len(good)
    figures.acknowledged_per_second = round(len(good) / took, 1)
    figures.acknowledge_p50 = percentile(waits, 0.50)
    figures.acknowledge_p99 = percentile(waits, 0.99)


def _measure_replies(
    figures: Figures, posts: Sequence[Posted], sends: Sequence[tuple[float, str]]
) -> None:
    expected = Counter(_acknowledged(posts))
    answered = Counter(_named(text) for _, text in sends)
    figures.replies = len(sends)
    figures.faults += _differences("answered", answered, expected)
    if not sends:
        return
    came = {_named(text): at for at, text in reversed(sends)}
    waits = [came[post.text] - post.due_at for post in posts if post.text in came]
    took = max(at for at, _ in sends) - min(post.due_at for post in posts)
    figures.replies_per_second = round(len(sends) / took, 1)
    figures.reply_p50 = percentile(waits, 0.50)
    figures.reply_p99 = percentile(waits, 0.99)


def _acknowledged(posts: Sequence[Posted]) -> list[str]:
    return [post.text for post in posts if post.status == HTTPStatus.OK]


def _named(reply: str) -> str:
    """Return the text that a reply quotes."""
    found = REPLY.search(reply)
    return found[1] if found else reply


def _differences(word: str, found: Counter[str], expected: Counter[str]) -> list[str]:
    missing, extra = (expected - found).total(), (found - expected).total()
    if not missing and not extra:
        return []
    return [f"{word}: {missing} of {expected.total()} missing, {extra} too many"]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value in milliseconds below which this share of the seconds lies."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return round(ordered[math.ceil(len(ordered) * share) - 1] * 1000, 1)
