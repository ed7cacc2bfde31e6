"""What the simulated WhatsGate does in a chat besides sending: marks, numbers, media."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.apis.whatsgate.words import LONG_ID, NUMBER, accept, chat_in, refuse
from bot.simulator.calls import Call, Reply, Situation, text_in
from bot.simulator.files import sample

# The types of messages with a file, and the kind of file.
FILES = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "ptt": "voice",
    "document": "document",
    "sticker": "sticker",
}
NO_MEDIA = ("Exception", "message not found or without media")


def seen(fields: JsonObject, _call: Call, situation: Situation) -> Reply:
    """Mark the latest messages of a chat as read."""
    return _note("seen", fields, situation)


def typing(fields: JsonObject, _call: Call, situation: Situation) -> Reply:
    """Show a chat that somebody is typing."""
    return _note("typing", fields, situation)


def check(fields: JsonObject, _call: Call, situation: Situation) -> Reply:
    """Say whether a number is on WhatsApp."""
    number = text_in(fields, "number")
    if not NUMBER.fullmatch(number):
        return refuse("Bad Request", "number must be digits")
    return accept(data=number not in situation.memory.get("strangers", ()))


def get_messagemedia(fields: JsonObject, _call: Call, situation: Situation) -> Reply:
    """Give the file of a message out. Of a message that nobody told here, it is a picture."""
    named = LONG_ID.fullmatch(text_in(fields, "MessageID"))
    if named is None:
        return refuse("Bad Request", "MessageID must be the long id of a message")
    message_id = named[1]
    kept = situation.memory.get("media", {}).get(message_id)
    if kept:
        return _file(*kept)
    message = _told(situation, message_id)
    if message is None:
        return _file(*sample("image"))
    kind = FILES.get(str(message.get("type")))
    return _file(*sample(kind)) if kind else refuse(*NO_MEDIA)


def get_media(fields: JsonObject, _call: Call, _situation: Situation) -> Reply:
    """Give a file out by its key, as the older command does."""
    if not text_in(fields, "mediaKey"):
        return refuse("Bad Request", "mediaKey is required")
    return _file(*sample("image"))


def _note(name: str, fields: JsonObject, situation: Situation) -> Reply:
    chat = chat_in(fields)
    if not chat:
        return refuse("Bad Request", "recipient needs an id of a chat, or a number and a type")
    situation.memory.setdefault(name, []).append((text_in(fields, "WhatsappID"), chat))
    return accept()


def _file(mimetype: str, content: bytes) -> Reply:
    name = f"berkas.{mimetype.partition(';')[0].partition('/')[2]}"
    encoded = b64encode(content).decode("ascii")
    return accept(media={"mimetype": mimetype, "filename": name, "data": encoded})


def _told(situation: Situation, message_id: str) -> Mapping[str, Any] | None:
    for body in situation.memory.get("posted", ()):
        content = json.loads(body).get("event_data")
        message = content.get("message") if isinstance(content, dict) else None
        if isinstance(message, dict) and message.get("_id") == message_id:
            return message
    return None
