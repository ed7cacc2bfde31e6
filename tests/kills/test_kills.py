"""What was acknowledged is answered once, whatever is killed."""

import contextlib
import select
import signal
import socket
import socketserver
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import make_url

from bench.databases import Kind, Server, new_database
from bench.kills import Posting, Webhook, count, new_webhooks, post, rehearse
from models import Direction, MessageStatus
from tests.kills.stage import Fault, Stage, new_session, wait_until

WEBHOOKS = 64
RECOVERY_SECONDS = 30
# The threads of the outbox: no more sends can be under way when it is killed.
THREADS = 32


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="balas")))


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Server:
    return Server(Kind.POSTGRESQL, postgres_url)


@pytest.fixture(scope="module")
def running(server: Server) -> Iterator[Stage]:
    """Give a stage on PostgreSQL that is up, for tests that leave it as they found it."""
    with (
        tempfile.TemporaryDirectory(prefix="balas") as name,
        new_database(server, Path(name)) as database_url,
        Stage(Path(name), database_url) as stage,
    ):
        stage.start()
        yield stage


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        (Kind.SQLITE, [Fault.STOP]),
        (Kind.SQLITE, [Fault.WEB, Fault.INBOX_WORKER, Fault.VALKEY_EMPTIED]),
        (
            Kind.POSTGRESQL,
            [Fault.OUTBOX_WORKER, Fault.WEB_WORKER, Fault.VALKEY, Fault.SUPERVISOR],
        ),
    ],
)
def test_answers_once_what_was_acknowledged(
    kind: Kind, faults: Sequence[Fault], server: Server, stack: ExitStack, folder: Path
) -> None:
    on = server if kind is Kind.POSTGRESQL else Server(kind)
    stage = stack.enter_context(Stage(folder, stack.enter_context(new_database(on, folder))))
    tally = rehearse(stage, *faults, webhooks=WEBHOOKS)
    held = [row for row in stage.messages() if row.status == MessageStatus.UNKNOWN]

    assert tally.acknowledged == tally.stored == WEBHOOKS
    assert (tally.lost, tally.doubled, tally.left) == (0, 0, 0)
    assert tally.seconds < RECOVERY_SECONDS
    # Where a key makes a repeat harmless, nothing is held.
    assert "rijan" not in {row.gateway for row in held}
    assert len(held) <= (THREADS if Fault.OUTBOX_WORKER in faults else 0)


def test_finishes_the_sends_under_way_when_every_process_is_told_to_stop_twice(
    stack: ExitStack, folder: Path
) -> None:
    database_url = stack.enter_context(new_database(Server(Kind.SQLITE), folder))
    stage = stack.enter_context(Stage(folder, database_url, delay=3.0))
    stage.start()
    Posting(stage.url, new_webhooks(12)).finish()
    assert stage.simulator.wait_for(lambda sent: len(sent) >= 4)
    supervisor = psutil.Process(stage.processes["worker"].pid)
    family = [supervisor, *supervisor.children(recursive=True)]
    for wait in (0, 1.2):  # RQ itself ignores a second signal only within a second
        time.sleep(wait)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
    stage.processes["worker"].wait(RECOVERY_SECONDS)
    statuses = [row.status for row in stage.messages() if row.direction == Direction.OUT]
    assert statuses.count(MessageStatus.SENT) == len(stage.simulator.sent)
    assert not {MessageStatus.SENDING, MessageStatus.UNKNOWN} & set(statuses)


def test_workers_that_start_before_valkey_work_when_it_comes(
    stack: ExitStack, folder: Path
) -> None:
    database_url = stack.enter_context(new_database(Server(Kind.SQLITE), folder))
    stage = stack.enter_context(Stage(folder, database_url))
    stage.start_web()
    stage.start_worker()
    acknowledged = Posting(stage.url, new_webhooks(4)).finish()
    wait_until(lambda: stage.worker("inbox") and stage.worker("outbox"))
    first = stage.worker("inbox")
    time.sleep(2)
    stage.start_valkey()
    assert stage.wait_until_settled(acknowledged, seconds=RECOVERY_SECONDS)
    assert stage.worker("inbox") == first
    assert count(stage, acknowledged).answered == 4


def test_the_supervisor_starts_a_dead_worker_again(running: Stage) -> None:
    dead = running.worker("inbox")
    running.strike(Fault.INBOX_WORKER)
    wait_until(lambda: running.worker("inbox") not in (None, dead))
    acknowledged = Posting(running.url, new_webhooks(4)).finish()
    assert running.wait_until_settled(acknowledged, seconds=RECOVERY_SECONDS)


def test_replies_once_to_a_webhook_that_comes_fifty_times_to_two_processes(running: Stage) -> None:
    assert len(psutil.Process(running.processes["web"].pid).children()) == 2
    [webhook] = new_webhooks(1)
    before = _processed_events(running)
    acknowledged = Posting(running.url, [webhook] * 50, threads=50).finish()
    assert acknowledged == {webhook.text}
    assert running.wait_until_settled(acknowledged)
    assert _processed_events(running) == before + 1
    directions = [row.direction for row in running.messages() if row.text == webhook.text]
    assert sorted(directions) == [Direction.IN, Direction.OUT]
    assert [sent.text for sent in running.simulator.sent].count(webhook.text) == 1


def test_a_silent_valkey_does_not_slow_webhooks_down(running: Stage) -> None:
    _post_each(running, new_webhooks(10))
    before = _post_each(running, new_webhooks(40))
    valkey = running.processes["valkey"]
    valkey.send_signal(signal.SIGSTOP)
    try:
        webhooks = new_webhooks(40)
        during = _post_each(running, webhooks)
    finally:
        valkey.send_signal(signal.SIGCONT)
    assert {response.status_code for response in during} == {HTTPStatus.OK}
    assert _median(during) < 3 * _median(before)
    texts = {webhook.text for webhook in webhooks}
    assert running.wait_until_settled(texts, seconds=RECOVERY_SECONDS)


def test_webhooks_wait_in_a_durable_valkey_while_the_database_is_away(
    server: Server, stack: ExitStack, folder: Path
) -> None:
    database_url = stack.enter_context(new_database(server, folder))
    line = stack.enter_context(Line(database_url))
    stage = stack.enter_context(Stage(folder, database_url, seen_at=line.url))
    stage.start()
    webhooks = new_webhooks(24)
    _post_each(stage, webhooks[:4])
    line.cut()
    responses = _post_each(stage, webhooks[4:])
    assert {response.status_code for response in responses} == {HTTPStatus.OK}
    assert len({row.text for row in stage.messages()}) <= 4
    line.mend()
    texts = {webhook.text for webhook in webhooks}
    assert stage.wait_until_settled(texts, seconds=RECOVERY_SECONDS)
    stage.stop()
    tally = count(stage, texts)
    assert (tally.stored, tally.answered, tally.doubled, tally.held) == (24, 24, 0, 0)


def test_asks_for_a_repeat_while_nothing_durable_is_there(
    server: Server, stack: ExitStack, folder: Path
) -> None:
    database_url = stack.enter_context(new_database(server, folder))
    line = stack.enter_context(Line(database_url))
    forgetful = ("--appendonly", "no")
    stage = stack.enter_context(
        Stage(folder, database_url, seen_at=line.url, valkey_options=forgetful)
    )
    stage.start_valkey()
    stage.start_web()
    Posting(stage.url, new_webhooks(1)).finish()
    line.cut()
    webhooks = new_webhooks(8)
    for response in _post_each(stage, webhooks):
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert int(response.headers["Retry-After"]) > 0
    line.mend()
    acknowledged = Posting(stage.url, webhooks).finish()
    assert acknowledged == {webhook.text for webhook in webhooks}


def _post_each(stage: Stage, webhooks: Sequence[Webhook]) -> list[requests.Response]:
    """Post webhooks one after the other, each once."""
    with new_session() as session:
        return [post(session, stage.url, webhook) for webhook in webhooks]


def _processed_events(stage: Stage) -> int:
    with new_session() as session:
        health = session.get(f"{stage.url}/health", timeout=5).json()
    return int(health["processed_events"])


def _median(responses: Sequence[requests.Response]) -> float:
    return statistics.median(response.elapsed.total_seconds() for response in responses)


class Line:
    """A way to PostgreSQL that a test may cut and mend. A context manager."""

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        self._socket = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
        self._port = 0
        self._wires: _Wires | None = None
        self.mend()
        self.url = url.set(
            host="127.0.0.1", port=self._port, query={"sslmode": "disable"}
        ).render_as_string(hide_password=False)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Let connections through, at the same port as before."""
        self._wires = _Wires(self._port, self._socket)
        self._port = self._wires.server_address[1]
        threading.Thread(target=self._wires.serve_forever, args=(0.02,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._wires is not None:
            self._wires.stop()
            self._wires = None


class _Wires(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, far: str) -> None:
        self.far = far
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Wire)

    def stop(self) -> None:
        self.shutdown()
        for end in list(self.open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Wire(socketserver.BaseRequestHandler):
    server: _Wires

    def handle(self) -> None:
        near: socket.socket = self.request
        with socket.socket(socket.AF_UNIX) as far, contextlib.suppress(OSError):
            far.connect(self.server.far)
            self.server.open |= {near, far}
            other = {near: far, far: near}
            while True:
                for end in select.select([near, far], [], [])[0]:
                    chunk = end.recv(65536)
                    if not chunk:
                        return
                    other[end].sendall(chunk)
