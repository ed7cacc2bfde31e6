"""The web process: wires the receiver, health and commands to Flask."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from flask import Flask, Response, jsonify

from bot import cli, health, media_route, metrics, receiver
from bot.bodies import Bodies
from bot.callers import Callers
from bot.config import ConfigError, environment
from bot.logs import set_up
from bot.rotation import Rotation
from bot.runtime import assemble
from bot.sightings import Sightings

logger = structlog.get_logger("balas.web")

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Return the Flask app; a mistake in the configuration ends the process in one sentence."""
    try:
        runtime = assemble(environment() if environ is None else environ)
        inbox = runtime.inbox
    except ConfigError as error:
        raise SystemExit(f"balas: {error}") from None
    set_up(runtime.settings.log_format, runtime.settings.log_level)
    app = Flask("balas", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined] # Flask's default provider has it
    # Never a redirect: a gateway that follows one sends a GET without the body.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["balas"] = runtime
    receiver.init_app(
        app,
        receiver.Receiver(
            inbox,
            runtime.gateways,
            Callers(runtime.settings.allowed_ips, runtime.settings.proxies),
            Sightings(runtime.engine),
            Rotation(runtime.gateways),
            Bodies(threads=runtime.settings.web_threads),
            runtime.counts,
        ),
    )
    health.init_app(app)
    metrics.init_app(app)
    media_route.init_app(app)
    cli.init_app(app)
    app.register_error_handler(Exception, _internal_error)
    app.wsgi_app = without_environment(app.wsgi_app)  # type: ignore[method-assign,assignment] # how Flask is wrapped
    return app


def without_environment(wsgi: Wsgi) -> Wsgi:
    """Keep the process environment, which holds every secret, out of the requests' environ."""
    secret = frozenset(os.environ)

    def strip(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        for name in secret.intersection(environ):
            if not name.startswith(("HTTP_", "wsgi.")) and name not in CGI:
                del environ[name]
        return wsgi(environ, start_response)

    return strip


# What the WSGI standard itself puts there.
CGI = frozenset(
    {
        "REQUEST_METHOD",
        "SCRIPT_NAME",
        "PATH_INFO",
        "QUERY_STRING",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "REMOTE_ADDR",
    }
)


def _internal_error(error: Exception) -> Response:
    logger.error("request failed", error=type(error).__name__)
    response = jsonify(error="internal error")
    response.status_code = 500
    return response
