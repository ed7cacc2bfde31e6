"""Reads raw Baileys messages, as some gateways pass them on, into our vocabulary.

Baileys speaks WhatsApp's own protocol: a message is an object with one field per kind of content,
often wrapped once or more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bot.events import Button, MediaReference, MessageType
from bot.gateways.errors import Unreadable
from bot.gateways.reading import clean, clean_all, read_object, read_sha256
from bot.gateways.rijan.baileys_parts import (
    SYSTEM_PARTS,
    UNDECRYPTED,
    WRAPPERS,
    Choice,
    Contact,
    Contacts,
    File,
    Interactive,
    InteractiveResponse,
    Order,
    Part,
    Place,
    Poll,
    Protocol,
    Reaction,
    Template,
    Words,
)
from bot.gateways.signatures import as_bytes
from bot.gateways.vcards import read_vcard

ENCRYPTED_MEDIA = "Rijan hands out only the encrypted file"
# A longer file size is a mistake.
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message holds, in the words of `bot.events`."""

    type: MessageType
    text: str = field(default="", repr=False)
    quoted_id: str | None = None
    button: Button | None = field(default=None, repr=False)
    media: MediaReference | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


def read_content(message: object, *, stub: str | None = None) -> Content:
    """Return what a Baileys `message` holds, whatever it is wrapped in.

    `stub` is the message stub type, which says what happened where there is no message.
    """
    message, wrappers = _unwrap(message)
    if not isinstance(message, dict) or not message:
        return _read_stub(stub)
    names = [name for name in READERS if message.get(name) is not None]
    # A field may be there and empty beside the one that was meant.
    name = next((name for name in names if message[name]), names[0] if names else "")
    content = READERS[name](message[name]) if name else _read_other(message)
    details = dict(content.details)
    if any(wrapper.startswith("viewOnce") for wrapper in wrappers):
        details["view_once"] = True
    edited = "editedMessage" in wrappers and content.type is not MessageType.EDIT
    return replace(content, type=MessageType.EDIT if edited else content.type, details=details)


def _unwrap(message: object) -> tuple[object, set[str]]:
    wrappers: set[str] = set()
    while isinstance(message, dict):
        wrapper = next((name for name in WRAPPERS if isinstance(message.get(name), dict)), None)
        if wrapper is None or any(message.get(name) is not None for name in READERS):
            break
        wrappers.add(wrapper)
        message = message[wrapper].get("message")
    return message, wrappers


def _read_stub(stub: str | None) -> Content:
    """Read a message without content: undecrypted, or a line that the client itself writes."""
    if not stub or stub in UNDECRYPTED:
        return Content(type=MessageType.UNSUPPORTED, details={"name": "undecrypted"})
    return Content(type=MessageType.SYSTEM, details={"change": f"stub {stub}"})


def _read_other(message: dict[str, Any]) -> Content:
    names = [name for name in message if name not in SYSTEM_PARTS and message[name] is not None]
    if not names:
        return Content(type=MessageType.SYSTEM, details={"change": clean(next(iter(message)))})
    part = Part.read(message[names[0]])
    return _content(MessageType.UNSUPPORTED, part, details={"name": clean(names[0])})


def _read_words(value: object) -> Content:
    words = Words.read({"text": value} if isinstance(value, str) else value)
    texts = (words.text, words.content_text, words.description)
    text = next((text for text in texts if text is not None), None)
    kind = MessageType.UNSUPPORTED if text is None else MessageType.TEXT
    return _content(kind, words, text=text or "")


def _read_interactive(value: object) -> Content:
    part = Interactive.read(value)
    return _content(MessageType.TEXT, part, text=part.body.text or "")


def _read_template(value: object) -> Content:
    part = Template.read(value)
    words = (part.hydrated_template, part.hydrated_four_row_template)
    text = next(filter(None, (part.hydrated_content_text for part in words)), "")
    return _content(MessageType.TEXT, part, text=text)


def _read_file(kind: MessageType, value: object) -> Content:
    part = File.read(value)
    media = MediaReference(
        url=part.url or None,
        mimetype=part.mimetype,
        filename=part.file_name or part.title or None,
        sha256=read_sha256(part.file_sha256),
        size=_whole(part.file_length),
        problem=ENCRYPTED_MEDIA,
    )
    if kind is MessageType.AUDIO and part.ptt:
        kind = MessageType.VOICE
    details = {} if part.seconds is None else {"seconds": part.seconds}
    return _content(kind, part, text=part.caption or "", media=media, details=details)


def _read_place(value: object, *, live: bool = False) -> Content:
    part = Place.read(value)
    details: dict[str, Any] = {
        "latitude": part.degrees_latitude,
        "longitude": part.degrees_longitude,
        "name": part.name,
        "address": part.address,
    }
    if live:
        details["live"] = True
    return _content(MessageType.LOCATION, part, text=part.caption or "", details=details)


def _read_contacts(value: object) -> Content:
    several = Contacts.read(value)
    contacts = several.contacts or (Contact.read(value),)
    cards = [
        read_vcard(contact.vcard or "", name=contact.display_name or "") for contact in contacts
    ]
    return _content(MessageType.CONTACTS, several, details={"contacts": cards})


def _read_choice(value: object) -> Content:
    part = Choice.read(value)
    chosen = part.selected_button_id or part.selected_id or part.single_select_reply.selected_row_id
    title = part.selected_display_text or part.title or ""
    if not (chosen or title):
        return _content(MessageType.UNSUPPORTED, part)
    button = Button(id=chosen or title, title=title)
    return _content(MessageType.BUTTON, part, text=title, button=button)


def _read_interactive_response(value: object) -> Content:
    part = InteractiveResponse.read(value)
    response, title = part.native_flow_response_message, part.body.text or ""
    values = _object_in(response.params_json)
    chosen = values.get("id")
    if isinstance(chosen, str) and chosen:
        button = Button(id=clean(chosen), title=title)
        return _content(MessageType.BUTTON, part, text=title, button=button)
    details = {
        "name": response.name or "",
        "answers": clean_all(values),
        "response_json": response.params_json,
    }
    return _content(MessageType.FORM, part, details=details)


def _read_poll(value: object) -> Content:
    part = Poll.read(value)
    options = [option.option_name for option in part.options if option.option_name]
    return _content(MessageType.POLL, part, text=part.name or "", details={"options": options})


def _read_vote(value: object) -> Content:
    return _content(MessageType.POLL, Part.read(value), details={"vote": True})


def _read_order(value: object) -> Content:
    part = Order.read(value)
    details = {"id": part.order_id, "title": part.order_title, "items": part.item_count}
    return _content(MessageType.ORDER, part, text=part.message or "", details=details)


def _read_reaction(value: object) -> Content:
    part = Reaction.read(value)
    details = {"emoji": part.text or ""}
    return _content(MessageType.REACTION, part, quoted_id=part.key.id, details=details)


def _read_protocol(value: object) -> Content:
    part = Protocol.read(value)
    if part.type in ("REVOKE", "0"):
        return _content(MessageType.REVOKE, part, quoted_id=part.key.id)
    if part.type in ("MESSAGE_EDIT", "14"):
        edited = read_content(part.edited_message)
        return _content(MessageType.EDIT, part, text=edited.text, quoted_id=part.key.id)
    return _content(MessageType.SYSTEM, part, details={"change": part.type or "protocolMessage"})


READERS: Mapping[str, Callable[[object], Content]] = {
    "conversation": _read_words,
    "extendedTextMessage": _read_words,
    "imageMessage": partial(_read_file, MessageType.IMAGE),
    "videoMessage": partial(_read_file, MessageType.VIDEO),
    "ptvMessage": partial(_read_file, MessageType.VIDEO),
    "audioMessage": partial(_read_file, MessageType.AUDIO),
    "documentMessage": partial(_read_file, MessageType.DOCUMENT),
    "stickerMessage": partial(_read_file, MessageType.STICKER),
    "locationMessage": _read_place,
    "liveLocationMessage": partial(_read_place, live=True),
    "contactMessage": _read_contacts,
    "contactsArrayMessage": _read_contacts,
    "buttonsResponseMessage": _read_choice,
    "templateButtonReplyMessage": _read_choice,
    "listResponseMessage": _read_choice,
    "interactiveResponseMessage": _read_interactive_response,
    "pollCreationMessage": _read_poll,
    "pollCreationMessageV2": _read_poll,
    "pollCreationMessageV3": _read_poll,
    "pollCreationMessageV5": _read_poll,
    "pollUpdateMessage": _read_vote,
    "orderMessage": _read_order,
    "reactionMessage": _read_reaction,
    "encReactionMessage": _read_reaction,
    "protocolMessage": _read_protocol,
    "buttonsMessage": _read_words,
    "listMessage": _read_words,
    "interactiveMessage": _read_interactive,
    "templateMessage": _read_template,
}


def _content(
    kind: MessageType,
    part: Part,
    *,
    text: str = "",
    quoted_id: str | None = None,
    button: Button | None = None,
    media: MediaReference | None = None,
    details: Mapping[str, Any] | None = None,
) -> Content:
    kept = {name: value for name, value in (details or {}).items() if value is not None}
    if part.context_info.is_forwarded:
        kept["forwarded"] = True
    quoted = quoted_id or part.context_info.stanza_id or None
    return Content(type=kind, text=text, quoted_id=quoted, button=button, media=media, details=kept)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) <= MAX_DIGITS else None


def _object_in(text: str | None) -> dict[str, Any]:
    """Return the JSON object in a string, an empty one when there is none."""
    try:
        return read_object(as_bytes(text or ""))
    except Unreadable:
        return {}
