"""Tell a machine how Balas is: /health and /ready. Nothing about people."""

from dataclasses import asdict

from flask import Blueprint, Flask, Response, current_app, jsonify
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot import __version__
from bot.inbox.store import processed_events
from bot.rules_in_force import RulesInForce
from bot.runtime import Runtime
from models import Event, reading

REFUSED_SECONDS = 10.0
RULES = "balas rules"

blueprint = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Add the routes to the app."""
    app.extensions[RULES] = RulesInForce(app.extensions["balas"].settings.rules_file)
    app.register_blueprint(blueprint)


@blueprint.get("/health")
def health() -> Response:
    """Say that the process is up, how many events were ever processed, and by which rules."""
    try:
        with reading(_runtime().engine) as session:
            count: int | None = processed_events(session)
    except SQLAlchemyError:
        count = None
    rules = _rules().tell()
    loaded_at = rules.loaded_at.isoformat() if rules.loaded_at else None
    return jsonify(
        status="healthy",
        processed_events=count,
        version=__version__,
        gateways=sorted(_runtime().gateways),
        rules={**asdict(rules), "loaded_at": loaded_at},
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
    # Nothing is lost while the rules are broken: the last good ones go on, or messages wait.
    if _rules().tell().problem:
        degraded.append("rules")
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


def _rules() -> RulesInForce:
    rules: RulesInForce = current_app.extensions[RULES]
    return rules


def _runtime() -> Runtime:
    runtime: Runtime = current_app.extensions["balas"]
    return runtime
