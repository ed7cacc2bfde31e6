"""Clocks: signatures, due times and waiting times all need one time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot.doctor.verdicts import Scene, Verdict, bad, get, good
from bot.gateways.base import header
from bot.gateways.errors import GatewayError
from bot.webhook_urls import is_local

PART = "clock"
TOLERANCE = timedelta(seconds=2)
HALF_A_SECOND = timedelta(seconds=0.5)


def check_clock(scene: Scene) -> Sequence[Verdict]:
    """Compare this machine's clock with Redis's, the database's and that of a gateway's API."""
    readings = [_redis(scene), _database(scene), None if scene.offline else _api(scene)]
    known = [reading for reading in readings if reading]
    wrong = [
        bad(PART, f"{_distance(offset)} {name}", "let a time service (NTP) set both clocks")
        for name, offset, doubt in known
        if abs(offset) - doubt > TOLERANCE
    ]
    if wrong or not known:
        return wrong
    return [good(PART, f"it agrees with {' and '.join(name for name, _, _ in known)}")]


Reading = tuple[str, timedelta, timedelta]


def compare(name: str, told: datetime, before: datetime, after: datetime) -> Reading:
    """Return how far our clock is ahead of another's, and how sure that is not."""
    middle = before + (after - before) / 2
    return name, middle - told, (after - before) / 2


def _redis(scene: Scene) -> Reading | None:
    before = scene.now()
    try:
        answer: Any = scene.runtime.redis.time()
    except RedisError:
        return None
    seconds, microseconds = answer
    told = datetime.fromtimestamp(int(seconds), UTC) + timedelta(microseconds=int(microseconds))
    return compare("Redis", told, before, scene.now())


def _database(scene: Scene) -> Reading | None:
    if scene.runtime.settings.on_sqlite:
        return None
    try:
        with scene.runtime.engine.connect() as connection:
            connection.execute(text("SELECT 1"))  # connecting takes a time of its own
            before = scene.now()
            told = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            after = scene.now()
    except SQLAlchemyError:
        return None
    return compare("the database", told.astimezone(UTC), before, after)


def _api(scene: Scene) -> Reading | None:
    for gateway in scene.runtime.gateways.values():
        for account in gateway.accounts:
            url = str(getattr(account, "api_url", ""))
            if not url or is_local(url):
                continue
            parts = urlsplit(url)
            before = scene.now()
            try:
                answer = scene.client.perform(get(f"{parts.scheme}://{parts.netloc}/"))
                told = parsedate_to_datetime(header(answer, "date"))
            except (GatewayError, ValueError):
                continue
            # The header leaves the fraction of the second out.
            name, offset, doubt = compare(
                gateway.title, told.astimezone(UTC) + HALF_A_SECOND, before, scene.now()
            )
            return name, offset, doubt + HALF_A_SECOND
    return None


def _distance(offset: timedelta) -> str:
    seconds = abs(offset.total_seconds())
    return f"this machine's is {seconds:.1f} s {'ahead of' if offset > timedelta(0) else 'behind'}"
