"""What code outside of the rules is told of a turn: your own Python, or an address of your own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One turn, as your own code sees it.

    `event` is the kind of event, such as `message.received`; `type` is what a message holds, and
    `message_id` the gateway's id of it. `address` is the contact as the gateway knows it, `phone`
    the number where it is known. `form` are the answers of the running flow, `captured` what a
    pattern has captured; a row of a table is its id there, a date is as in 2026-01-31. `arguments`
    are what stands below `with:`. `details` are what an event other than a message tells. `now` is
    aware. `id` is "" inside the turn; a task that is run again gets the same one again.
    """

    id: str = ""
    event: str
    rule: str
    now: datetime
    gateway: str
    device: str
    address: str | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    type: str = ""
    button: str = ""
    message_id: str = ""
    first: bool = False
    tags: frozenset[str] = frozenset()
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    captured: Mapping[str, Any] = field(default_factory=dict, repr=False)
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON object; this is what `http:` sends."""
        return {
            "event": self.event,
            "rule": self.rule,
            "at": self.now.isoformat(),
            "gateway": self.gateway,
            "device": self.device,
            "contact": {
                "address": self.address,
                "name": self.name,
                "phone": self.phone,
                "first": self.first,
                "tags": sorted(self.tags),
            },
            "message": {
                "id": self.message_id,
                "text": self.text,
                "type": self.type,
                "button": self.button,
            },
            "form": dict(self.form),
            "captured": dict(self.captured),
            "with": dict(self.arguments),
            "details": dict(self.details),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "Occasion":
        """Read what `as_json` wrote."""
        contact, message = body.get("contact") or {}, body.get("message") or {}
        return cls(
            event=str(body.get("event", "")),
            rule=str(body.get("rule", "")),
            now=datetime.fromisoformat(str(body["at"])).astimezone(UTC),
            gateway=str(body.get("gateway", "")),
            device=str(body.get("device", "")),
            address=contact.get("address"),
            name=contact.get("name") or "",
            phone=contact.get("phone") or "",
            text=message.get("text") or "",
            type=message.get("type") or "",
            button=message.get("button") or "",
            message_id=message.get("id") or "",
            first=bool(contact.get("first")),
            tags=frozenset(contact.get("tags") or ()),
            form=body.get("form") or {},
            captured=body.get("captured") or {},
            arguments=body.get("with") or {},
            details=body.get("details") or {},
        )
