"""Connections to Redis, each with the patience that its user can afford.

redis-py's defaults retry for 3 seconds when Redis is down and wait 25 seconds when it is silent:
far too long inside a webhook, which has seconds to be acknowledged.
"""

from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.config import Settings

WEB_SECONDS = 0.3
WORKER_SECONDS = 5.0


def connect(settings: Settings, *, patience: float) -> Redis:
    """Return a client that gives up after `patience` seconds, without a second try."""
    url = settings.redis_url.get_secret_value()
    options: dict[str, object] = {}
    if urlsplit(url).scheme == "rediss" and (settings.dyno or settings.redis_insecure_tls):
        options = {"ssl_cert_reqs": "none", "ssl_check_hostname": False}
    return Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=min(patience, 2.0),
        retry=Retry(NoBackoff(), 0),
        retry_on_timeout=False,
        health_check_interval=0,
        **options,
    )
