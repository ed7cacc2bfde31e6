"""What the inbox keeps of an event: one row, written before the webhook is acknowledged."""

import hashlib
import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.events import Event, Kind
from bot.gateways.reading import clean
from bot.lanes import lane_of

KEY_LIMIT = 200
ADDRESS_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One row of `events`, before it has a number. `body_id` is set when its parts are written."""

    gateway: str
    device: str
    key: str
    kind: str
    address: str | None
    lane: int
    payload: bytes
    occurred_at: datetime | None
    received_at: datetime
    due_at: datetime
    body_id: str | None = None


def arrival(event: Event, *, received_at: datetime, due_at: datetime | None = None) -> Arrival:
    """Return the row of an event; what is too long for its column becomes its SHA-256."""
    device = folded(clean(event.device), KEY_LIMIT)
    address = None if event.address is None else folded(clean(event.address), ADDRESS_LIMIT)
    return Arrival(
        gateway=event.gateway,
        device=device,
        key=folded(clean(event.key), KEY_LIMIT),
        kind=event.kind,
        address=address,
        lane=lane_of(event.gateway, device, address),
        payload=event.raw,
        occurred_at=event.occurred_at,
        received_at=received_at,
        due_at=due_at or received_at,
    )


def unparsed(gateway: str, body: bytes, *, received_at: datetime) -> Arrival:
    """Return the row of an authentic body that nobody can read."""
    return Arrival(
        gateway=gateway,
        device="",
        key=hashlib.sha256(body).hexdigest(),
        kind=Kind.UNPARSED,
        address=None,
        lane=lane_of(gateway, "", None),
        payload=body,
        occurred_at=None,
        received_at=received_at,
        due_at=received_at,
    )


def folded(text: str, limit: int) -> str:
    """Return `text`, or its SHA-256 when it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def dump(row: Arrival) -> bytes:
    """Write a row as JSON, for the spool."""
    values = asdict(row)
    values["payload"] = b64encode(row.payload).decode("ascii")
    for name in ("occurred_at", "received_at", "due_at"):
        values[name] = values[name] and values[name].isoformat()
    return json.dumps(values, separators=(",", ":")).encode()


def load(text: bytes) -> Arrival:
    """Read a row that `dump` wrote. Raises ValueError, KeyError or TypeError."""
    values = json.loads(text)
    values["payload"] = b64decode(values["payload"])
    for name in ("occurred_at", "received_at", "due_at"):
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return Arrival(**values)
