"""Which gateway a request to the simulator is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.simulator.calls import Call, reply_json
from bot.simulator.desk import Desk, Outcome

# What follows the simulator's URL in each gateway's `api_url`.
API_PATHS = {
    "meta": "/meta/v23.0",
    "wagate": "/wagate/api",
    "rijan": "/rijan",
    "csku": "/csku",
    "whatsgate": "/whatsgate/api/v1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request to the simulator. Header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


def route(request: Request, desk: Desk) -> Outcome:
    """Let the gateway that the path names carry the request out."""
    _, _, rest = request.path.partition("/")
    gateway, _, path = rest.partition("/")
    if gateway not in API_PATHS:
        return Outcome(reply=reply_json(404, {"error": "no such gateway"}))
    call = Call(
        method=request.method,
        path=f"/{path}",
        query=request.query,
        base=f"http://{request.headers.get('host', '')}/{gateway}",
        headers=request.headers,
        body=request.body,
        now=datetime.now(UTC),
    )
    return desk.carry_out(gateway, call)
