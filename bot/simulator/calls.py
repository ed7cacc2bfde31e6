"""What a gateway's API is asked and what it answers: the words that the five doubles share."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.gateways.base import JsonObject, Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request to a gateway's API. `path` is what follows the gateway's own prefix.

    `base` is the address of that prefix, for answers that hold addresses of the simulator.
    """

    method: str
    path: str
    query: str = ""
    base: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One message that a gateway took.

    `external_id` is the id in the answer, "" where the gateway tells none; `whatsapp_id` the one
    that its status webhooks carry. `kind` is one of bot.content.KINDS, `media` the link, the id of
    an upload, or the SHA-256 of the bytes. `details` are what else was asked for, as it came.
    """

    gateway: str
    device: str
    to: str = field(repr=False)
    text: str = field(repr=False)
    kind: str = "text"
    media: str = field(default="", repr=False)
    quoted_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)
    external_id: str
    whatsapp_id: str
    idempotency_key: str = ""
    reference: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer. `recipient` is set when a send was accepted, `sent` when it was a new one."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    recipient: str | None = field(default=None, repr=False)
    sent: Sent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Whom a gateway lets in. No `devices` means: any; the first is the one of its webhooks."""

    token: str = field(repr=False)
    devices: tuple[str, ...] = ()
    business_id: str = ""
    send_path: str = ""

    def owns(self, device: str) -> bool:
        """Return whether this customer may use a device."""
        return device in self.devices or not self.devices


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a gateway knows when it answers: customers, devices, quota, earlier sends.

    `memory` is the gateway's own, for whatever else it must remember (uploads, webhooks, what was
    marked as read). One call is answered at a time, so it may be changed freely.
    """

    customers: tuple[Customer, ...] = ()
    offline: frozenset[str] = frozenset()
    quota: Quota
    quota_received: int = 0
    fresh_id: Callable[[], str]
    sent_with_key: Callable[[str, str], Sent | None]
    sent_with_id: Callable[[str], Sent | None]
    memory: dict[str, Any] = field(default_factory=dict)

    def customer(self, token: str) -> Customer | None:
        """Return the customer with this token."""
        return next((each for each in self.customers if token and each.token == token), None)


Answer = Callable[[Call, Situation], Reply]
Refusal = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Api:
    """One gateway's API: how it answers, and its refusals by name."""

    answer: Answer
    refusals: Mapping[str, Refusal]


def reply_json(
    status: int,
    body: object,
    *,
    headers: Mapping[str, str] | None = None,
    recipient: str | None = None,
    sent: Sent | None = None,
) -> Reply:
    """Return a reply with a JSON body."""
    text = json.dumps(body, separators=(",", ":")).encode()
    return Reply(status=status, body=text, headers=headers or {}, recipient=recipient, sent=sent)


def always(reply: Reply) -> Refusal:
    """Return a refusal that is the same for every call."""
    return lambda _call: reply


def bearer(call: Call) -> str:
    """Return the bearer token of a call, "" without one."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def is_json(call: Call) -> bool:
    """Return whether a call says that its body is JSON."""
    return call.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def read_fields(call: Call) -> JsonObject | None:
    """Return the JSON object in a call's body, None when there is none."""
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def text_in(fields: Mapping[str, Any], name: str) -> str:
    """Return a non-empty string field, "" when it is missing or something else."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def object_in(fields: Mapping[str, Any], name: str) -> JsonObject:
    """Return an object field, empty when it is missing or something else."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}
