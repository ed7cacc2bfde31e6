"""What the commands of the simulated WhatsGate share."""

import re
from collections.abc import Callable
from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.calls import Call, Reply, Situation, object_in, reply_json, text_in

Command = Callable[[JsonObject, Call, Situation], Reply]

JID = re.compile(r"[1-9]\d{6,14}@c\.us|[\d-]+@g\.us|\d+@lid")
NUMBER = re.compile(r"[1-9]\d{6,14}")
LONG_ID = re.compile(
    r"(?:true|false)_[^_@]+@(?:c\.us|g\.us|lid)_([0-9A-Za-z]+)(?:_[^_@]+@[a-z.]+)?"
)

UNAUTHORISED = ("Unauthorized", "Your request was made with invalid credentials.")
OFFLINE = ("Exception", "the session is not ready")


def refuse(name: str, message: str) -> Reply:
    """Return a refusal."""
    return reply_json(500, {"name": name, "message": message, "code": 0, "status": 500})


def accept(**fields: Any) -> Reply:
    """Return what a command gives back that was carried out."""
    return reply_json(200, {"result": "OK", **fields})


def chat_in(fields: JsonObject) -> str:
    """Return the chat that `recipient` names, "" when it names none."""
    recipient = object_in(fields, "recipient")
    jid, number = text_in(recipient, "id"), text_in(recipient, "number")
    if jid:
        return jid if JID.fullmatch(jid) else ""
    kind = recipient.get("type", "contact")
    if kind not in ("contact", "group") or not NUMBER.fullmatch(number):
        return ""
    return f"{number}@{'g.us' if kind == 'group' else 'c.us'}"
