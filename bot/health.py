"""Tell a machine how Balas is: /health, /ready and /metrics. Nothing about people."""

import hmac

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import __version__
from bot.inbox.store import processed_events
from bot.runtime import Runtime
from models import Event, Message, is_unsettled, reading
from models.message import UNSETTLED

REFUSED_SECONDS = 10.0

blueprint = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Add the routes to the app."""
    app.register_blueprint(blueprint)


@blueprint.get("/health")
def health() -> Response:
    """Say that the process is up, and how many events were ever processed."""
    try:
        with reading(_runtime().engine) as session:
            count: int | None = processed_events(session)
    except SQLAlchemyError:
        count = None
    return jsonify(
        status="healthy",
        processed_events=count,
        version=__version__,
        gateways=sorted(_runtime().gateways),
    )


@blueprint.get("/ready")
def ready() -> Response:
    """Say whether the next webhook can be kept, and what is degraded."""
    database, redis = _database_answers(), _redis_answers()
    spool = redis and _runtime().spool.is_durable()
    degraded = [
        name
        for name, works in (("database", database), ("redis", redis), ("spool", spool))
        if not works and not (name == "spool" and database)
    ]
    # A disk that is full can still be read from: what counts is whether the last webhook was kept.
    refused = _runtime().inbox.has_refused(within=REFUSED_SECONDS)
    is_ready = (database or spool) and not refused
    response = jsonify(ready=is_ready, degraded=[*degraded, *(["inbox"] if refused else [])])
    response.status_code = 200 if is_ready else 503
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return figures for Prometheus."""
    token = _runtime().settings.metrics_token
    given = request.headers.get("Authorization", "").encode()
    if token and not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
        return Response("unauthorised\n", status=401, content_type="text/plain")
    registry = CollectorRegistry()
    up = Gauge("balas_database_up", "Whether the database answers", registry=registry)
    try:
        with reading(_runtime().engine) as session:
            _collect(session, registry)
        up.set(1)
    except SQLAlchemyError:
        up.set(0)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _collect(session: Session, registry: CollectorRegistry) -> None:
    processed = Gauge("balas_events_processed", "Events ever processed", registry=registry)
    processed.set(processed_events(session))
    waiting = Gauge("balas_events_waiting", "Events not processed yet", registry=registry)
    failed = Gauge("balas_events_failed", "Events that wait for a person", registry=registry)
    is_open = Event.processed_at.is_(None)
    waiting.set(_count(session, is_open, Event.error.is_(None)))
    failed.set(_count(session, is_open, Event.error.is_not(None)))
    messages = Gauge(
        "balas_messages_waiting", "Messages on their way out", ["status"], registry=registry
    )
    counted = session.execute(
        select(Message.status, func.count().label("number"))
        .where(is_unsettled(Message))
        .group_by(Message.status)
    )
    counts = {row.status: row.number for row in counted}
    for status in UNSETTLED:
        messages.labels(status).set(counts.get(status, 0))


def _count(session: Session, *conditions: object) -> int:
    return session.scalar(select(func.count(Event.id)).where(*conditions)) or 0  # type: ignore[arg-type] # column expressions


def _database_answers() -> bool:
    try:
        with reading(_runtime().engine) as session:
            session.execute(select(Event.id).limit(1))
    except SQLAlchemyError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        return bool(_runtime().redis.ping())
    except RedisError:
        return False


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["balas"]
    return runtime
