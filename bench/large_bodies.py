"""Measure what one large webhook costs the small ones beside it, and how much memory it takes.

`python -m bench.large_bodies [--databases sqlite,postgresql] [--rounds 4] [--bytes 30000000]`

Everything is real and on loopback: the web process, the workers, Valkey and the database, started
as `python -m bench` starts them. A round posts 200 small webhooks of all five gateways, due at
fixed times, once alone and once with a WAGate document of 30 MB (base64 inside valid JSON, signed)
that is posted in their midst. The clock of a small webhook starts when it is due. Rounds alternate,
so that whatever else the machine does meets both cases; the best round of each case counts, since
what is asked for is the cost of the large body and not that of the neighbours.

Memory is the peak of each process (VmHWM, Linux), and the largest sum of all of them at one moment.
At the end every webhook must have been kept, and the large ones byte by byte: otherwise the exit
status is 1.
"""

import argparse
import asyncio
import hashlib
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from bench.databases import Kind, Server, new_database, new_server
from bench.large_webhooks import SMALL, Large, make_large, make_small
from bench.load import Load, Post
from bench.memory import Memory
from bench.runs import percentile, start_send_api
from bench.stage import Stage, wait_until
from bench.systems import SHAPES, Balas, new_environ
from bench.webhooks import Webhook
from bot.embedded import free_port
from bot.gateway_settings import read_gateways
from bot.inbox.parts import read_payload
from bot.simulator.signers import SignedWebhook
from models import Effect, Event, Media, Message, make_engine, reading

RATE = 100.0
CONNECTIONS = 16
LARGE_AFTER_SECONDS = 0.5
RUN_SECONDS = 30.0
SETTLE_SECONDS = 60.0
MIB = 1024 * 1024
LIMIT_MS = 100.0
LIMIT_MIB = 512

# Without a token these four receive only: what they post is kept and processed, not answered.
RECEIVE_ONLY = {
    "META_APP_SECRET": "rahasia-meta",
    "META_VERIFY_TOKEN": "sandi-meta",
    "RIJAN_WEBHOOK_SECRET": "rahasia-rijan",
    "CSKU_WEBHOOK_SECRET": "rahasia-csku",
    "WHATSGATE_WEBHOOK_TOKEN": "rahasia-whatsgate",
}


@dataclass(slots=True)
class Figures:
    """What the small webhooks of one case waited, in milliseconds, the best round of each."""

    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def add(self, posts: Sequence[Post]) -> None:
        waits = [post.answered_at - post.due_at for post in posts]
        self.p50.append(percentile(waits, 0.50))
        self.p99.append(percentile(waits, 0.99))

    def __str__(self) -> str:
        return (
            f"p50 {min(self.p50):6.1f} ms   p99 {min(self.p99):6.1f} ms"
            f"   (median p99 {statistics.median(self.p99):.1f}, worst {max(self.p99):.1f})"
        )


def main() -> None:
    """Measure on each database and print what came of it."""
    options = _read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    is_good = True
    for kind in options.databases:
        with new_server(kind) as server:
            is_good &= _measure(server, rounds=options.rounds, size=options.bytes)
    if not is_good:
        raise SystemExit(1)


def _measure(server: Server, *, rounds: int, size: int) -> bool:
    with _running(server) as (stage, environ):
        engine = make_engine(environ["DATABASE_URL"])
        port = int(environ["PORT"])
        gateways = read_gateways(environ)
        random, numbers = Random(1), count(1)
        alone, beside, took = Figures(), Figures(), []
        posted: list[int] = []
        large: list[Large] = []
        with Memory(stage, ("web", "worker")) as memory:
            _post(make_small(gateways, random, numbers, port=port), port=port)
            posted.append(SMALL)
            for _ in range(rounds):
                posts, _ = _post(make_small(gateways, random, numbers, port=port), port=port)
                alone.add(posts)
                large.append(make_large(gateways["wagate"], random, size=size))
                webhook = large[-1].take_webhook()
                posts, seconds = _post(
                    make_small(gateways, random, numbers, port=port), port=port, large=webhook
                )
                beside.add(posts)
                took.append(seconds)
                posted += [SMALL, SMALL, 1]
                _wait_until_processed(engine)
        faults = _faults(engine, sum(posted), large)
        engine.dispose()
    growth = min(beside.p99) - min(alone.p99)
    print(f"\n{server.kind}: {rounds} rounds, a body of {size / 1e6:.1f} MB")
    print(f"  alone               {alone}")
    print(f"  beside a large one  {beside}")
    print(f"  the p99 grows by    {growth:.1f} ms (wanted: less than {LIMIT_MS:.0f})")
    print(f"  the large one took  {min(took) * 1000:.0f} to {max(took) * 1000:.0f} ms")
    for name, peak in sorted(memory.peaks.items()):
        print(f"  peak of {name:19} {peak / MIB:6.0f} MiB")
    print(f"  all together        {memory.together / MIB:6.0f} MiB at one moment")
    print(
        f"  {'; '.join(faults) or 'everything was kept, the large ones byte by byte'}", flush=True
    )
    fits = max(memory.peaks.values()) < LIMIT_MIB * MIB
    return growth < LIMIT_MS and fits and not faults


@contextmanager
def _running(server: Server) -> Iterator[tuple[Stage, Mapping[str, str]]]:
    system = Balas()
    with (
        tempfile.TemporaryDirectory(prefix="balas", ignore_cleanup_errors=True) as name,
        new_database(server, Path(name)) as database_url,
        Stage(Path(name)) as stage,
    ):
        send_port = start_send_api(stage)
        environ = RECEIVE_ONLY | new_environ(
            Path(name),
            SHAPES[server.kind],
            port=free_port(),
            database_url=database_url,
            redis_url=stage.start_valkey(),
            send_url=f"http://127.0.0.1:{send_port}/api",
        )
        system.prepare(environ)
        stage.start("web", system.web(environ), environ)
        for worker, command in system.workers(SHAPES[server.kind]).items():
            stage.start(worker, command, environ)
        stage.wait_for_port(int(environ["PORT"]))
        wait_until(lambda: len(stage.processes("worker")) > 1, seconds=10)
        yield stage, environ


def _post(
    webhooks: Sequence[Webhook], *, port: int, large: SignedWebhook | None = None
) -> tuple[list[Post], float]:
    """Post the small webhooks, and in their midst a large one; return what that one took."""
    posts = [Post(webhook) for webhook in webhooks]
    took: list[float] = []
    timer = threading.Timer(LARGE_AFTER_SECONDS, lambda: took.append(_post_large(large, port)))
    if large:
        timer.start()
    load = Load(posts, port=port, connections=CONNECTIONS)
    asyncio.run(load.run(rate=RATE, seconds=RUN_SECONDS))
    if large:
        timer.join(RUN_SECONDS)
    refused = [post.status for post in posts if post.status != HTTPStatus.OK]
    if refused or (large and not took):
        raise SystemExit(f"not everything was taken: {refused or 'the large body'}")
    return posts, took[0] if took else 0.0


def _post_large(webhook: SignedWebhook | None, port: int) -> float:
    assert webhook is not None
    started = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=RUN_SECONDS)
    try:
        connection.request("POST", webhook.path, body=webhook.body, headers=webhook.headers)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        raise SystemExit(f"the large body was answered {answer.status}")
    return time.monotonic() - started


def _wait_until_processed(engine: Engine) -> None:
    with suppress(TimeoutError):
        wait_until(lambda: not _open(engine), seconds=SETTLE_SECONDS)


def _open(engine: Engine) -> bool:
    events = select(Event.id).where(Event.processed_at.is_(None), Event.error.is_(None)).limit(1)
    effects = select(Effect.id).where(Effect.done_at.is_(None)).limit(1)
    with reading(engine) as session:
        return any(session.scalar(each) is not None for each in (events, effects))


def _faults(engine: Engine, posted: int, large: Sequence[Large]) -> list[str]:
    """Compare what is in the tables with what was posted."""
    faults = []
    with reading(engine) as session:
        kept = session.scalars(select(Event.id).where(Event.kind == "message.received")).all()
        failed = session.scalars(select(Event.error).where(Event.error.is_not(None))).all()
        whole = sum(_is_whole(session, each) for each in large)
    if len(kept) != posted:
        faults.append(f"kept {len(kept)} of {posted}")
    if whole != len(large):
        faults.append(f"{whole} of {len(large)} large ones are whole")
    if failed:
        faults.append(f"{len(failed)} failed: {failed[0]}")
    return faults


def _is_whole(session: Session, large: Large) -> bool:
    """Return whether the file lies in the media store, or the body is still with its event."""
    event = session.scalars(select(Event).where(Event.key == large.key)).one()
    moved = session.scalar(
        select(Media.sha256)
        .join(Message, Message.media_id == Media.id)
        .where(Message.event_id == event.id)
    )
    if moved is not None:
        return moved == large.file_sha256
    return hashlib.sha256(read_payload(session, event)).hexdigest() == large.body_sha256


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.large_bodies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--databases", default=",".join(Kind), help=f"some of {','.join(Kind)}")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--bytes", type=int, default=30_000_000, help="of the large body")
    options = parser.parse_args()
    try:
        options.databases = [Kind(name) for name in options.databases.split(",")]
    except ValueError as error:
        parser.error(str(error))
    return options


if __name__ == "__main__":
    main()
