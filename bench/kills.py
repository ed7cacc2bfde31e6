"""Kill parts of Balas in the middle of webhooks, and count what became of every message.

`python -m bench.kills [--databases sqlite,postgresql] [--webhooks 500] [--faults web,stop]` prints
one line for each fault and database.
"""

import argparse
import itertools
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from threading import Condition

import requests

from bench.databases import Kind, Server, new_database, new_server
from bot.gateway_settings import read_gateways
from bot.simulator.compose import text_message
from bot.simulator.signers import SIGNERS, SignedWebhook
from models import Direction, MessageStatus
from tests.kills.stage import GATEWAYS, SETTINGS, Fault, Stage, new_session

POSTS_AT_ONCE = 16
POST_SECONDS = 60.0
RETRY_SECONDS = 0.2
ACCOUNTS = read_gateways(SETTINGS)
FIRST_CUSTOMER = 6281200000000
NUMBERS = itertools.count()


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


NAMES = tuple(figure.name for figure in fields(Tally))


@dataclass(frozen=True, slots=True)
class Webhook:
    """The only message of a customer, signed. `text` names it."""

    text: str
    signed: SignedWebhook = field(repr=False)


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


def rehearse(stage: Stage, *faults: Fault, webhooks: int) -> Tally:
    """Start a stage, let faults happen in the middle of webhooks, stop when all is done, count."""
    stage.start()
    posting = Posting(stage.url, new_webhooks(webhooks))
    posting.wait_for(webhooks // 2)
    stage.simulator.wait_for(lambda sent: len(sent) >= webhooks // 8, timeout=POST_SECONDS)
    struck_at = time.monotonic()
    for fault in faults:
        stage.strike(fault)
    acknowledged = posting.finish()
    stage.wait_until_settled(acknowledged)
    seconds = time.monotonic() - struck_at
    stage.stop()
    return count(stage, acknowledged, seconds=seconds)


def new_webhooks(number: int) -> list[Webhook]:
    """Return webhooks of all gateways in turn, each with the first message of a new customer."""
    return [_new_webhook(gateway) for _, gateway in zip(range(number), itertools.cycle(GATEWAYS))]


def count(stage: Stage, acknowledged: set[str], *, seconds: float = 0.0) -> Tally:
    """Count what became of every message."""
    rows = stage.messages()
    stored = Counter(row.text for row in rows if row.direction == Direction.IN)
    held = {row.text for row in rows if row.status == MessageStatus.UNKNOWN}
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


def _new_webhook(gateway: str) -> Webhook:
    number = next(NUMBERS)
    body = text_message(
        gateway,
        now=datetime.now(UTC),
        sender=str(FIRST_CUSTOMER + number),
        text=f"pesan {number:05d}",
    )
    signed = SIGNERS[gateway](ACCOUNTS[gateway].accounts[0], body)
    return Webhook(f"pesan {number:05d}", signed)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--databases", default="sqlite,postgresql")
    parser.add_argument("--webhooks", type=int, default=500)
    parser.add_argument("--faults", default="", help="comma-separated beginnings of their names")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    faults = [fault for fault in Fault if fault.startswith(tuple(options.faults.split(",")))]
    print(f"{'fault':<28}{'database':<12}" + "".join(f"{name:>13}" for name in NAMES))
    for kind in options.databases.split(","):
        with new_server(Kind(kind)) as server:
            for fault in faults:
                tally = _rehearse_alone(fault, server, webhooks=options.webhooks)
                figures = "".join(f"{figure:>13}" for figure in asdict(tally).values())
                print(f"{fault:<28}{kind:<12}{figures}", flush=True)


def _rehearse_alone(fault: Fault, server: Server, *, webhooks: int) -> Tally:
    with (
        tempfile.TemporaryDirectory(prefix="balas") as folder,
        new_database(server, Path(folder)) as database_url,
        Stage(Path(folder), database_url) as stage,
    ):
        return rehearse(stage, fault, webhooks=webhooks)


if __name__ == "__main__":
    main()
