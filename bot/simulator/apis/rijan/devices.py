"""Rijan's devices and chats.

`memory["read"]`, `memory["typing"]` and `memory["started"]` list what was asked for, in order.
`memory["files"]` holds the files that can be fetched: their names, types and bytes.
"""

from typing import Any

from bot.simulator.apis.rijan.answers import check_types, internal, read_body, wrapped
from bot.simulator.calls import Call, Reply, Situation, reply_json, text_in
from bot.simulator.compose import OWN_NUMBER

PRESENCES = ("available", "unavailable", "composing", "recording", "paused")


def describe(_call: Call, situation: Situation, device: str, _none: str) -> Reply:
    """Tell how a device is."""
    is_connected = device not in situation.offline
    described = {
        "id": device,
        "label": "Melati",
        "status": "connected" if is_connected else "disconnected",
        "phone_number": OWN_NUMBER,
        "created_at": 1700000000,
        "last_seen": 1700000000,
        "connection": {"is_connected": is_connected},
    }
    return wrapped({"device": described})


def start(_call: Call, situation: Situation, device: str, _none: str) -> Reply:
    """Start a device; it is connected again when the simulator is told so."""
    _note(situation, "started", device)
    status = "connecting" if device in situation.offline else "connected"
    return wrapped({"message": "Device started", "status": status})


def mark_read(call: Call, situation: Situation, device: str, chat: str) -> Reply:
    """Note that a chat was read."""
    if call.body:
        check_types(read_body(call), required={}, optional={"messageId": str})
    if device in situation.offline:
        return internal("Device not found")
    _note(situation, "read", (device, chat))
    return reply_json(200, {"success": True})


def show_presence(call: Call, situation: Situation, device: str, _none: str) -> Reply:
    """Note that somebody types."""
    fields = read_body(call)
    check_types(fields, required={"to": str, "type": str}, optional={})
    if text_in(fields, "type") not in PRESENCES:
        return internal("body/type must be equal to one of the allowed values")
    if device in situation.offline:
        return internal("Device not found")
    _note(situation, "typing", (device, text_in(fields, "to")))
    return reply_json(200, {"success": True})


def give_file(_call: Call, situation: Situation, _device: str, name: str) -> Reply:
    """Give a file."""
    found = situation.memory.get("files", {}).get(name)
    if found is None:
        return internal("Media not found")
    mimetype, body = found
    return Reply(status=200, body=body, headers={"Content-Type": mimetype})


def _note(situation: Situation, name: str, value: Any) -> None:
    situation.memory.setdefault(name, []).append(value)
