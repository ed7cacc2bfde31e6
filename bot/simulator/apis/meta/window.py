"""Who has written lately, as far as this double's own webhooks tell.

Enforced only where memory says so (`window`): a test that signs its webhooks by itself would find
the window of everybody closed.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.calls import object_in, text_in

WINDOW = timedelta(hours=24)

Memory = dict[str, Any]


def note_written(body: JsonObject, memory: Memory) -> None:
    """Remember who writes or calls in a webhook; a member of a group does so for the group."""
    wrote: dict[tuple[str, str], datetime] = memory.setdefault("wrote", {})
    for value in _values(body):
        device = text_in(object_in(value, "metadata"), "phone_number_id")
        for said in [*value.get("messages", ()), *value.get("calls", ())]:
            at = datetime.fromtimestamp(int(said["timestamp"]), UTC)
            for name in ("group_id", "from", "from_user_id"):
                address = text_in(said, name)
                if address:
                    wrote[device, address] = max(at, wrote.get((device, address), at))
                    break


def is_closed(memory: Memory, device: str, to: str, *, now: datetime) -> bool:
    """Return whether only templates may go to somebody now."""
    wrote_at = memory.get("wrote", {}).get((device, to.removeprefix("+")))
    return bool(memory.get("window")) and (wrote_at is None or now - wrote_at >= WINDOW)


def _values(body: JsonObject) -> Iterator[JsonObject]:
    for entry in body.get("entry", ()):
        for change in entry.get("changes", ()):
            yield object_in(change, "value")
