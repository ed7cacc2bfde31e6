"""The route /metrics. Nothing about people, and no id of a device."""

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.counting import total
from bot.metrics.counters import counters
from bot.metrics.gauges import gauges
from bot.metrics.standing import read_standing
from bot.runtime import Runtime
from models import reading

blueprint = Blueprint("metrics", __name__)


def init_app(app: Flask) -> None:
    """Add the route to the app."""
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return figures for Prometheus, in the format that it asks for."""
    runtime: Runtime = current_app.extensions["balas"]
    token = runtime.settings.metrics_token
    given = request.headers.get("Authorization", "").encode()
    if token and not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
        return Response("unauthorised\n", status=401, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(Figures(runtime))
    encode, content_type = choose_encoder(_accepted())
    return Response(encode(registry), content_type=content_type)


@dataclass(frozen=True, slots=True, eq=False)
class Figures(Collector):
    """Reads all figures when it is asked; what is away is left out, and said to be so."""

    runtime: Runtime

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        yield from self._standing()
        yield from self._counted()

    def _standing(self) -> Iterator[Metric]:
        now = datetime.now(UTC)
        up = GaugeMetricFamily("balas_database_up", "Whether the database answers")
        try:
            with reading(self.runtime.engine) as session:
                standing = read_standing(session, self.runtime.gateways, now=now)
        except SQLAlchemyError:
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
            yield from gauges(standing)
        yield up

    def _counted(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("balas_redis_up", "Whether Redis answers")
        try:
            totals = total(self.runtime.redis)
        except RedisError:
            up.add_metric([], 0)
        else:
            up.add_metric([], 1)
            yield from counters(totals)
        yield up


def _accepted() -> str:
    """Return the one wish that is understood: OpenMetrics, instead of plain text."""
    wants = "application/openmetrics-text" in request.headers.get("Accept", "")
    return "application/openmetrics-text; version=1.0.0" if wants else ""
