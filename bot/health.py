"""Tell a machine how Balas is: /health and /ready. Nothing about people."""

from flask import Blueprint, Flask, Response, current_app, jsonify
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import __version__
from bot.inbox.store import processed_events
from bot.runtime import Runtime
from models import Event, reading

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
