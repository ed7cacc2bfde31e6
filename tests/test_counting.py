"""Counting over processes: nobody waits, nothing is counted twice, nothing foreign gets in."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from bot.config import ROOT
from bot.counting import (
    ABOVE,
    EVENTS,
    FIRST_REPLY,
    GUARDS,
    OTHER,
    SEND_SECONDS,
    SENDS,
    SUM,
    WEBHOOKS,
    Counts,
    total,
)
from bot.counting.counts import KEY
from bot.counting.figures import REASONS, STOPPED_BY
from bot.gateways import errors
from bot.rules import guards
from tests.conftest import Valkey
from tests.peers import Connection, peer

# By the clock of a test nothing is told; it calls `flush` itself.
NEVER = 3600.0

COUNT_AND_END = """
import sys
from redis import Redis
from bot.counting import GUARDS, Counts
counts = Counts(Redis.from_url(sys.argv[1]))
for _ in range(500):
    counts.count(GUARDS, "loop")
"""
FORK_AND_END = """
import os, sys
from redis import Redis
from bot.counting import GUARDS, Counts
counts = Counts(Redis.from_url(sys.argv[1]), every=3600)
for _ in range(500):
    counts.count(GUARDS, "loop")
child = os.fork()
if not child:
    for _ in range(int(sys.argv[2])):
        counts.count(GUARDS, "loop")
    sys.exit()
os.waitpid(child, 0)
"""


@pytest.fixture
def counts(redis: Redis) -> Iterator[Counts]:
    found = Counts(redis, every=NEVER)
    yield found
    found.stop()


def impatient(url: str) -> Redis:
    """Return a client that gives up soon, as Balas's own do."""
    return Redis.from_url(url, socket_timeout=1.0, retry=Retry(NoBackoff(), 0))


def test_sums_up_what_all_processes_count(redis: Redis, shared_valkey: Valkey) -> None:
    command = [sys.executable, "-c", COUNT_AND_END, shared_valkey.url]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]

    assert [process.wait(30) for process in processes] == [0, 0]
    assert total(redis)[GUARDS] == {("loop",): {"": 1000}}


@pytest.mark.parametrize("times", [0, 200])
def test_a_forked_process_counts_only_its_own(
    redis: Redis, shared_valkey: Valkey, times: int
) -> None:
    command = [sys.executable, "-c", FORK_AND_END, shared_valkey.url, str(times)]

    subprocess.run(command, cwd=ROOT, check=True, timeout=30)

    assert total(redis)[GUARDS] == {("loop",): {"": 500 + times}}


def test_tells_redis_by_itself(redis: Redis) -> None:
    counts = Counts(redis, every=0.01)
    counts.count(GUARDS, "loop")
    end = time.monotonic() + 10
    while not total(redis)[GUARDS] and time.monotonic() < end:
        time.sleep(0.01)
    counts.stop()

    assert total(redis)[GUARDS] == {("loop",): {"": 1}}


def test_keeps_the_counts_while_redis_is_away(own_valkey: Valkey) -> None:
    client = impatient(own_valkey.url)
    counts = Counts(client, every=NEVER)
    counts.count(GUARDS, "loop")
    counts.flush()
    own_valkey.kill()
    for _ in range(3):
        counts.count(GUARDS, "loop")
        with pytest.raises(RedisError):
            counts.flush()

    own_valkey.start()
    counts.flush()

    assert total(client)[GUARDS] == {("loop",): {"": 4}}


def test_begins_at_zero_in_a_redis_that_lost_its_data(redis: Redis, counts: Counts) -> None:
    counts.count(GUARDS, "loop", times=5)
    counts.flush()
    redis.flushall()

    counts.count(GUARDS, "loop", times=2)
    counts.flush()

    assert total(redis)[GUARDS] == {("loop",): {"": 2}}


def test_a_field_that_cannot_be_added_to_doubles_no_other(redis: Redis, counts: Counts) -> None:
    redis.hset(KEY, "balas_guards|loop|", "no number")
    counts.count(GUARDS, "loop")
    counts.count(GUARDS, "stale")
    for _ in range(3):
        with pytest.raises(RedisError):
            counts.flush()
    assert total(redis)[GUARDS] == {("stale",): {"": 1}}

    redis.hdel(KEY, "balas_guards|loop|")
    counts.flush()

    assert total(redis)[GUARDS] == {("stale",): {"": 1}, ("loop",): {"": 1}}


def test_whoever_counts_does_not_wait_for_a_redis_that_is_silent() -> None:
    def stay_silent(connection: Connection) -> None:
        while connection.socket.recv(65536):
            pass

    with peer(stay_silent) as silent:
        client = impatient(silent.url.replace("http", "redis"))
        counts = Counts(client, every=0.01)
        counts.count(GUARDS, "loop")
        time.sleep(0.1)
        began = time.monotonic()
        for _ in range(1000):
            counts.count(GUARDS, "loop")
        took = time.monotonic() - began
        counts.stop()

    assert took < 0.5


def test_a_duration_is_counted_in_the_first_bucket_that_holds_it(
    redis: Redis, counts: Counts
) -> None:
    for seconds in (0.05, 0.051, 3.0, 4000.0):
        counts.observe(FIRST_REPLY, "wagate", seconds=seconds)
    counts.flush()

    found = total(redis)[FIRST_REPLY][("wagate",)]

    assert found.pop(SUM) == pytest.approx(4003.101)
    assert found == {"0.05": 1, "0.1": 1, "5.0": 1, ABOVE: 1}


def test_a_clock_that_was_set_back_makes_no_sum_smaller(redis: Redis, counts: Counts) -> None:
    counts.observe(SEND_SECONDS, "meta", seconds=-7200.0)
    counts.flush()

    assert total(redis)[SEND_SECONDS] == {("meta",): {"0.05": 1, SUM: 0}}


HOSTILE = ["6281200000017", "Budi", 'a"b\n', "wagate|kept|", "", "x" * 10_000, "\ud800"]


@pytest.mark.parametrize("word", HOSTILE)
def test_a_word_that_is_in_no_set_becomes_other(redis: Redis, counts: Counts, word: str) -> None:
    counts.count(WEBHOOKS, word, word)
    counts.count(EVENTS, word, word)
    counts.count(SENDS, word, word, word or "?")
    counts.observe(SEND_SECONDS, word, seconds=1.0)
    counts.flush()

    found = total(redis)

    for figure in (WEBHOOKS, EVENTS, SENDS, SEND_SECONDS):
        assert set(found[figure]) == {(OTHER,) * len(figure.labels)}
    assert all(len(name) < 100 for name in redis.hkeys(KEY))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("balas_guards|6281200000017|", "1"),
        ("balas_guards|loop|sum", "1"),
        ("balas_guards|loop", "1"),
        ("balas_guards|loop|", "nan"),
        ("balas_guards|loop|", "banyak"),
        ("balas_send_seconds|meta|0.07", "1"),
        ("6281200000017", "1"),
        (b"\xff|\xfe", "1"),
    ],
)
def test_what_somebody_else_wrote_into_redis_is_left_out(
    redis: Redis, name: str | bytes, value: str
) -> None:
    redis.hset(KEY, name, value)

    assert not any(total(redis).values())


def test_every_guard_has_its_word() -> None:
    words = {
        value for name, value in vars(guards).items() if name.isupper() and isinstance(value, str)
    }
    assert words <= STOPPED_BY


@pytest.mark.parametrize(
    "error", [errors.RateLimited, errors.OutsideWindow, errors.NotAuthorised, errors.NotSupported]
)
def test_every_error_of_a_send_has_its_word(error: type[Exception]) -> None:
    assert error.__name__ in REASONS
