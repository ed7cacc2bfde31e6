"""GET /media/<token>: files for gateways that take an address, for whoever knows the token.

A token counts for an hour and for one file. What cannot be given away, for whatever reason, was
never here.
"""

import mimetypes
import string
from datetime import UTC, datetime
from urllib.parse import quote

import structlog
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from bot.media import NotStored, StoreAway
from bot.media.rows import StoredFile, shared
from bot.media.types import harmless, outgoing_type
from bot.runtime import Runtime
from models import reading

logger = structlog.get_logger("balas.media")

# Longer than any token of ours; the column is as wide.
TOKEN_LIMIT = 64
RETRY_AFTER_SECONDS = 10
NAME_LIMIT = 200
# What may stand between quotation marks in a header.
PLAIN = frozenset(string.ascii_letters + string.digits + " !#$&+-.^_`()[]{}@,=~")

blueprint = Blueprint("media", __name__)


def init_app(app: Flask) -> None:
    """Add the route to the app."""
    app.register_blueprint(blueprint)


@blueprint.get("/media/<token>")
@blueprint.get("/media/<token>/<path:filename>")
def media(token: str, filename: str = "") -> Response:
    """Give a shared file to whoever knows its token."""
    runtime: Runtime = current_app.extensions["balas"]
    store = runtime.media_store
    try:
        file = _find(runtime, token)
        if file is None or store is None:
            return _refuse(404, "no such file, or its address has run out")
        opened = store.open(file.sha256)
    except NotStored:
        logger.error("a shared file is not in the media store", media=file and file.id)
        return _refuse(404, "no such file, or its address has run out")
    except (SQLAlchemyError, StoreAway) as error:
        logger.warning("a shared file cannot be read now", error=type(error).__name__)
        return _refuse(503, "try again")
    response = Response(
        wrap_file(request.environ, opened),
        content_type=harmless(outgoing_type(file.mimetype, filename=filename)),
        direct_passthrough=True,
    )
    response.content_length = file.size
    _guard(response, filename or f"file{mimetypes.guess_extension(file.mimetype) or ''}")
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=file.size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def _find(runtime: Runtime, token: str) -> StoredFile | None:
    if len(token) > TOKEN_LIMIT or "\0" in token:
        return None
    with reading(runtime.engine) as session:
        return shared(session, token, now=datetime.now(UTC))


def _guard(response: Response, filename: str) -> None:
    """Let nobody show, run, guess at or keep what a stranger may have sent."""
    response.headers["Content-Disposition"] = _disposition(filename)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"


def _disposition(filename: str) -> str:
    """Return the header that names a file: what is not plain stands in its second form only."""
    name = filename.strip("/")[-NAME_LIMIT:]
    plain = "".join(sign if sign in PLAIN else "_" for sign in name)
    if plain == name:
        return f'attachment; filename="{name}"'
    encoded = quote(name, safe="", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _refuse(status: int, reason: str) -> Response:
    response = jsonify(error=reason)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
