"""What RQ runs, by dotted name. A worker process calls `prepare` once, before its first job."""

from collections.abc import Callable, Mapping

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.failures import describe
from bot.lanes import Lanes

logger = structlog.get_logger("balas.jobs")

Drain = Callable[[int], bool]

_lanes: Lanes | None = None
_drains: Mapping[str, Drain] = {}


def prepare(lanes: Lanes, drains: Mapping[str, Drain]) -> None:
    """Say how each box ("inbox", "outbox") drains a lane; a drain returns whether rows are left."""
    global _lanes, _drains
    _lanes, _drains = lanes, drains


def run_lane(name: str) -> None:
    """Drain one slice of a lane. Never raises: RQ would keep the traceback in Redis."""
    box, _, lane = name.partition(":")
    if _lanes is None:
        raise RuntimeError("bot.jobs.prepare was not called")
    try:
        _lanes.run(name, lambda: _drains[box](int(lane)))
    except (SQLAlchemyError, RedisError) as error:
        logger.warning("a lane waits for the sweep", lane=name, error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - RQ would log and keep its words, which may be people's
        logger.error("a lane broke off", lane=name, error=describe(error))
