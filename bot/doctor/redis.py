"""Redis: that it answers, and whether it may stand in while the database is away."""

from collections.abc import Mapping, Sequence

from redis.exceptions import RedisError

from bot.config import Spool
from bot.doctor.verdicts import Scene, Verdict, bad, good, warning

PART = "redis"
NAMES = ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy")


def check_redis(scene: Scene) -> Sequence[Verdict]:
    """Look whether Redis answers and loses nothing."""
    redis, spool = scene.runtime.redis, scene.runtime.settings.spool
    try:
        redis.ping()
    except RedisError as error:
        what = f"it does not answer ({type(error).__name__}): replies wait for it"
        return [bad(PART, what, "check REDIS_URL, and whether Redis runs")]
    try:
        found = redis.config_get(*NAMES)
    except RedisError:
        return [judge_unknown(spool)]
    return [judge_config({_text(name): _text(value) for name, value in found.items()}, spool)]


def judge_config(config: Mapping[str, str], spool: Spool) -> Verdict:
    """Return what Redis's settings mean for us."""
    evicts = config.get("maxmemory", "0") != "0" and config.get("maxmemory-policy") != "noeviction"
    lacks = [
        wanted
        for wanted, holds in (
            ("appendonly yes", config.get("appendonly") == "yes"),
            ("appendfsync always", config.get("appendfsync") == "always"),
            ("maxmemory-policy noeviction", not evicts),
        )
        if not holds
    ]
    if not lacks:
        return good(PART, "it answers, and loses nothing")
    if spool is Spool.ON:
        what = "SPOOL=on, but Redis can lose what it keeps while the database is away"
        return bad(PART, what, f"set {', '.join(lacks)} in Redis, or SPOOL=auto")
    if evicts:
        what = "it throws keys away when its memory is full: work waits for the sweep"
        return warning(PART, what, "set maxmemory-policy noeviction in Redis")
    if spool is Spool.OFF:
        return good(PART, "it answers; SPOOL=off keeps webhooks out of it")
    what = "it answers, but could lose webhooks, so they are refused while the database is away"
    return warning(PART, what, f"set {', '.join(lacks)} in Redis, or SPOOL=off if that is meant")


def judge_unknown(spool: Spool) -> Verdict:
    """Return what it means that Redis does not tell its settings."""
    if spool is Spool.AUTO:
        what = "it answers, but does not tell its settings, so it never stands in for the database"
        return warning(PART, what, "SPOOL=on if you know that it loses nothing, else SPOOL=off")
    return good(PART, f"it answers; SPOOL={spool} says whether it keeps webhooks")


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
