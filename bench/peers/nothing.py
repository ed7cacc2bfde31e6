"""The least that can be answered: what the load generator and the web server can do at all."""

from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def create_app() -> Wsgi:
    """Return an app that reads the body and answers 204."""
    return answer


def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Read the body and answer 204."""
    environ["wsgi.input"].read()
    start_response("204 No Content", [])
    return []
