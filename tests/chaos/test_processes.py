"""Single processes and their surroundings: what each does when another is not there."""

import contextlib
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
import requests
from sqlalchemy import func, select

from bench.databases import Server, new_database
from bot.events import Kind
from models import Direction, Event, Message, MessageStatus, reading
from tests.chaos.conftest import NewStage
from tests.chaos.customers import Customer, Posting, new_customers, post, webhooks_of
from tests.chaos.line import Line
from tests.chaos.rehearsal import verdict_within
from tests.chaos.stage import Stage, new_session
from tests.chaos.waiting import wait_until

RECOVERY_SECONDS = 90
# On a machine that does much else, all of it takes long.
pytestmark = pytest.mark.timeout(300)


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


def test_finishes_the_sends_under_way_when_every_process_is_told_to_stop_twice(
    new_stage: NewStage,
) -> None:
    stage = new_stage(delay=3.0)
    stage.start()
    Posting(stage.url, new_customers(15)).finish()
    assert stage.simulator.wait_for(lambda sent: len(sent) >= 4)
    supervisor = psutil.Process(stage.processes["worker"].pid)
    family = [supervisor, *supervisor.children(recursive=True)]
    for wait in (0, 1.2):  # RQ itself ignores a second signal only within a second
        time.sleep(wait)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
    stage.processes["worker"].wait(RECOVERY_SECONDS)
    with reading(stage.engine) as session:
        statuses = session.scalars(
            select(Message.status).where(Message.direction == Direction.OUT)
        ).all()
    under_way = {MessageStatus.CLAIMED, MessageStatus.SENDING, MessageStatus.UNKNOWN}
    assert not under_way & set(statuses)
    waiting = statuses.count(MessageStatus.QUEUED)
    assert len(statuses) - waiting == len(stage.simulator.sent)


def test_workers_that_start_before_valkey_work_when_it_comes(new_stage: NewStage) -> None:
    stage = new_stage()
    stage.start_web()
    stage.start_worker()
    customers = new_customers(5)
    acknowledged = Posting(stage.url, customers).finish()
    wait_until(lambda: stage.worker("inbox") and stage.worker("outbox"))
    first = stage.worker("inbox")
    time.sleep(2)
    stage.start_valkey()
    verdict = verdict_within(RECOVERY_SECONDS, stage, customers, acknowledged)
    assert (verdict.findings, verdict.held) == ((), 0)
    assert stage.worker("inbox") == first


def test_the_supervisor_starts_a_dead_worker_again(running: Stage) -> None:
    dead = running.worker("inbox")
    assert dead is not None
    dead.kill()
    wait_until(lambda: running.worker("inbox") not in (None, dead))
    customers = new_customers(5)
    acknowledged = Posting(running.url, customers).finish()
    assert verdict_within(RECOVERY_SECONDS, running, customers, acknowledged).is_sound


def test_replies_once_to_a_webhook_that_comes_fifty_times_to_two_processes(running: Stage) -> None:
    assert len(psutil.Process(running.processes["web"].pid).children()) == 2
    [customer] = new_customers(1)
    acknowledged = Posting(running.url, [customer] * 50, threads=50).finish()
    verdict = verdict_within(RECOVERY_SECONDS, running, [customer], acknowledged)
    assert (verdict.findings, verdict.events, verdict.held) == ((), 1, 0)


def test_a_silent_valkey_does_not_slow_webhooks_down(running: Stage) -> None:
    _post_each(running, new_customers(10))
    before = _post_each(running, new_customers(40))
    valkey = running.processes["valkey"]
    valkey.send_signal(signal.SIGSTOP)
    try:
        customers = new_customers(40)
        during = _post_each(running, customers)
    finally:
        valkey.send_signal(signal.SIGCONT)
    assert {response.status_code for response in during} == {HTTPStatus.OK}
    assert _median(during) < 3 * _median(before)
    verdict = verdict_within(RECOVERY_SECONDS, running, customers, _texts(customers))
    assert (verdict.findings, verdict.held) == ((), 0)


def test_webhooks_wait_in_a_durable_valkey_while_the_database_is_away(
    server: Server, stack: ExitStack, folder: Path
) -> None:
    database_url = stack.enter_context(new_database(server, folder))
    line = stack.enter_context(Line(database_url))
    stage = stack.enter_context(Stage(folder, database_url, seen_at=line.url))
    stage.start()
    customers = new_customers(25)
    _post_each(stage, customers[:5])
    line.cut()
    responses = _post_each(stage, customers[5:])
    assert {response.status_code for response in responses} == {HTTPStatus.OK}
    with reading(stage.engine) as session:
        is_text = Event.kind == Kind.MESSAGE_RECEIVED
        assert session.scalar(select(func.count()).where(is_text)) == 5
    line.mend()
    verdict = verdict_within(RECOVERY_SECONDS, stage, customers, _texts(customers))
    assert (verdict.findings, verdict.events, verdict.held) == ((), 25, 0)


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
    Posting(stage.url, new_customers(1)).finish()
    line.cut()
    customers = new_customers(10)
    for response in _post_each(stage, customers):
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert int(response.headers["Retry-After"]) > 0
    line.mend()
    assert Posting(stage.url, customers).finish() == _texts(customers)


def _post_each(stage: Stage, customers: Sequence[Customer]) -> list[requests.Response]:
    """Post webhooks one after the other, each once."""
    with new_session() as session:
        return [post(session, stage.url, webhook) for webhook in webhooks_of(customers)]


def _texts(customers: Sequence[Customer]) -> set[str]:
    return {webhook.text for webhook in webhooks_of(customers)}


def _median(responses: Sequence[requests.Response]) -> float:
    return statistics.median(response.elapsed.total_seconds() for response in responses)
