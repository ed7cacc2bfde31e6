"""Measure whether rates hold over three outbox workers, and whether order does.

`python -m bench.rates` queues messages for three gateways at once, on PostgreSQL and a Valkey of
our own, and reads the log of the simulated gateways, which has the time of each by their own
clock. It takes two minutes, three at most. `largest` is the largest number of messages in any
window as long as the rate's, wherever it begins. `reached` compares the time that they took with
the shortest that the rate allows. The exit status is 1 if a rate or the order was broken or
something doubled.
"""

import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine, func, select, update

from bench.databases import Kind, new_database, new_server
from bench.stage import Stage, wait_until
from bot.config import ROOT
from bot.content import Text
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES, OUTBOX, Lanes, lane_name
from bot.outbox import NewMessage, add
from bot.simulator.calls import Sent
from bot.simulator.compose import DEVICES
from bot.simulator.customers import customers_in
from bot.simulator.server import Simulator
from models import Conversation, Message, make_engine, reading, writing
from models.migrate import upgrade
from tests.chaos.settings import RULES, SETTINGS

WORKERS = 3
LONGEST_SECONDS = 150.0
WARM_UP_SECONDS = 30.0
FIRST_NUMBER = 6281200000000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Messages for one device: so many conversations, so many in each. The rate is the gateway's.

    `expected`: so many can go while we look; the rest has to wait for its window.
    """

    gateway: str
    of: str
    times: int
    seconds: int
    conversations: int
    each: int
    expected: int

    @property
    def rate(self) -> str:
        """Return the rate in words."""
        return f"{self.times}/{self.seconds} s of a {self.of}"


CASES = (
    Case(
        gateway="wagate",
        of="device",
        times=20,
        seconds=1,
        conversations=60,
        each=10,
        expected=600,
    ),
    Case(
        gateway="meta",
        of="recipient",
        times=45,
        seconds=270,
        conversations=1,
        each=60,
        expected=45,
    ),
    Case(
        gateway="rijan",
        of="device",
        times=60,
        seconds=60,
        conversations=30,
        each=3,
        expected=90,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the log of a gateway shows. `reached` is None where nothing had to wait."""

    sent: int
    largest: int
    seconds: float
    reached: float | None
    out_of_order: int
    doubled: int
    retried: int


def largest_window(times: Sequence[float], seconds: float) -> int:
    """Return the largest number of times in any half-open window of this length. Pure."""
    largest, first = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - seconds:
            first += 1
        largest = max(largest, last - first + 1)
    return largest


def out_of_order(texts: Sequence[str]) -> int:
    """Return how many texts "conversation/number" came after a later one of theirs. Pure."""
    latest: dict[str, int] = {}
    found = 0
    for text in texts:
        conversation, _, number = text.rpartition("/")
        found += int(number) < latest.get(conversation, -1)
        latest[conversation] = max(int(number), latest.get(conversation, -1))
    return found


def main() -> None:
    """Measure, and print the table."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with (
        tempfile.TemporaryDirectory(prefix="balas", ignore_cleanup_errors=True) as name,
        new_server(Kind.POSTGRESQL) as server,
        new_database(server, Path(name)) as database_url,
        Simulator(customers_in(SETTINGS)) as simulator,
        Stage(Path(name)) as stage,
    ):
        found = _measure(Path(name), database_url, simulator, stage)
    print(f"{'rate':<26}{'sent':>6}{'largest':>9}{'seconds':>9}{'reached':>9}", end="")
    print(f"{'out of order':>14}{'doubled':>9}{'retried':>9}")
    for case, figures in found.items():
        reached = f"{figures.reached:.0%}" if figures.reached is not None else "–"
        print(f"{case.gateway + ' ' + case.rate:<26}{figures.sent:>6}{figures.largest:>9}", end="")
        print(f"{figures.seconds:>9.1f}{reached:>9}{figures.out_of_order:>14}", end="")
        print(f"{figures.doubled:>9}{figures.retried:>9}")
    if any(_is_broken(case, figures) for case, figures in found.items()):
        raise SystemExit(1)


def _measure(
    folder: Path, database_url: str, simulator: Simulator, stage: Stage
) -> dict[Case, Figures]:
    engine = make_engine(database_url)
    upgrade(engine)
    (folder / "rules.yaml").write_text(RULES)
    redis_url = stage.start_valkey()
    stage.start(
        "worker",
        [sys.executable, str(ROOT / "worker.py")],
        {
            **SETTINGS,
            **{f"{gateway.upper()}_API_URL": url for gateway, url in simulator.api_urls.items()},
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "RULES_FILE": str(folder / "rules.yaml"),
            "INBOX_WORKERS": "0",
            "OUTBOX_WORKERS": str(WORKERS),
        },
    )
    with Redis.from_url(redis_url) as redis:
        wait_until(lambda: redis.scard("rq:workers") >= WORKERS, seconds=WARM_UP_SECONDS)
        for case in CASES:
            _queue(engine, case)
        Lanes(redis).wake(lane_name(OUTBOX, lane) for lane in range(LANES))
        simulator.wait_for(_has_come, timeout=LONGEST_SECONDS)
        # What goes out although it has to wait, or again, does so soon.
        time.sleep(5)
    stage.stop("worker")
    found = {case: _figures(engine, case, simulator.sent) for case in CASES}
    engine.dispose()
    return found


def _queue(engine: Engine, case: Case) -> None:
    """Queue one message of each conversation, then the next of each, as customers write."""
    now = datetime.now(UTC)
    suffix = "@s.whatsapp.net" if case.gateway == "rijan" else ""
    with writing(engine) as session:
        for position in range(case.each):
            messages = []
            for conversation in range(case.conversations):
                place = (
                    case.gateway,
                    DEVICES[case.gateway],
                    f"{FIRST_NUMBER + conversation}{suffix}",
                )
                messages.append(
                    NewMessage(
                        conversation_id=ensure_conversation(session, place, now=now),
                        place=place,
                        content=Text(text=f"{case.gateway} {conversation}/{position}"),
                    )
                )
            add(session, messages, now=now)
        # Whoever has written may be written to.
        session.execute(update(Conversation).values(wrote_at=now))


def _has_come(sent: Sequence[Sent]) -> bool:
    counts = Counter(each.gateway for each in sent)
    return all(counts[case.gateway] >= case.expected for case in CASES)


def _figures(engine: Engine, case: Case, log: Sequence[Sent]) -> Figures:
    sent = [each for each in log if each.gateway == case.gateway]
    times = sorted(each.at.timestamp() for each in sent)
    seconds = times[-1] - times[0] if times else 0.0
    shortest = (len(sent) - 1) // case.times * case.seconds
    texts = [each.text for each in sent]
    with reading(engine) as session:
        retried = session.scalar(
            select(func.sum(Message.attempts - 1)).where(
                Message.gateway == case.gateway, Message.attempts > 1
            )
        )
    return Figures(
        sent=len(sent),
        largest=largest_window(times, case.seconds),
        seconds=seconds,
        reached=shortest / seconds if shortest and seconds else None,
        out_of_order=out_of_order(texts),
        doubled=sum(count > 1 for count in Counter(texts).values()),
        retried=int(retried or 0),
    )


def _is_broken(case: Case, figures: Figures) -> bool:
    is_complete = figures.sent >= case.expected
    faults = (figures.out_of_order, figures.doubled, figures.retried)
    return figures.largest > case.times or any(faults) or not is_complete


if __name__ == "__main__":
    main()
