"""Read what a message at Meta holds, with one reader for each of Meta's words for a type."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.events import Button, MediaReference, MessageType
from bot.gateways.errors import Unreadable
from bot.gateways.meta.payloads import (
    Card,
    Change,
    Form,
    Interactive,
    MediaBody,
    Message,
    Order,
    Reaction,
    System,
    TemplateButton,
)
from bot.gateways.meta.people import person
from bot.gateways.reading import clean_all, read_json, read_sha256

# The changes after which a contact writes from another address.
NEW_NUMBER = frozenset({"user_changed_number", "customer_changed_number"})
NEW_USER_ID = "user_changed_user_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message holds, in our own words."""

    type: MessageType
    text: str = field(default="", repr=False)
    quoted_id: str | None = None
    button: Button | None = field(default=None, repr=False)
    media: MediaReference | None = None
    details: dict[str, Any] = field(default_factory=dict, repr=False)


UNSUPPORTED = Content(type=MessageType.UNSUPPORTED)


def content(message: Message) -> Content:
    """Return what a message holds. What is missing or not known is `unsupported`."""
    # Old payloads of locations have no type at all.
    word = message.type or next((word for word in READERS if getattr(message, word, None)), "")
    found = READERS.get(word, _unsupported)(message)
    return Content(
        type=found.type,
        text=found.text,
        quoted_id=found.quoted_id or message.context.id,
        button=found.button,
        media=found.media,
        details={**found.details, **_around(message)},
    )


def _around(message: Message) -> dict[str, Any]:
    details = {
        "forwarded": message.context.forwarded or message.context.frequently_forwarded,
        "product": clean_all(message.context.referred_product),
        "referral": clean_all(message.referral),
        "errors": [problem.line for problem in message.errors],
        "unsupported": message.unsupported.type,
    }
    return {name: value for name, value in details.items() if value}


def _unsupported(_message: Message) -> Content:
    return UNSUPPORTED


def _text(message: Message) -> Content:
    if message.text is None or message.text.body is None:
        return UNSUPPORTED
    return Content(type=MessageType.TEXT, text=message.text.body)


def _media(type_: MessageType, body: MediaBody | None, message: Message) -> Content:
    if body is None or not (body.id or body.url):
        problem = message.errors[0].line if message.errors else "missing"
        media = MediaReference(problem=problem)
    else:
        media = MediaReference(
            id=body.id,
            url=body.url,
            mimetype=body.mime_type,
            filename=body.filename,
            sha256=read_sha256(body.sha256),
        )
    caption = body.caption if body else None
    return Content(type=type_, text=caption or "", media=media)


def _audio(message: Message) -> Content:
    spoken = message.audio is not None and message.audio.voice
    return _media(MessageType.VOICE if spoken else MessageType.AUDIO, message.audio, message)


def _location(message: Message) -> Content:
    if message.location is None:
        return UNSUPPORTED
    details = message.location.model_dump(exclude_none=True)
    return Content(type=MessageType.LOCATION, details=details)


def _contacts(message: Message) -> Content:
    cards = [_card(card) for card in message.contacts]
    return Content(type=MessageType.CONTACTS, details={"contacts": cards})


def _card(card: Card) -> dict[str, Any]:
    phones = [number for phone in card.phones if (number := phone.phone or phone.wa_id)]
    organisation = {"organisation": card.org.company} if card.org.company else {}
    return {"name": card.name.formatted_name or "", "phones": phones, **organisation}


def _interactive(message: Message) -> Content:
    body = message.interactive or Interactive()
    pressed = body.button_reply or body.list_reply
    if pressed is not None:
        return _button(pressed.id or pressed.title, pressed.title, pressed.description)
    if body.nfm_reply is not None:
        return _form(body.nfm_reply)
    if body.call_permission_reply is not None:
        answer = {"change": "call_permission", "response": body.call_permission_reply.response}
        return Content(type=MessageType.SYSTEM, details=answer)
    return UNSUPPORTED


def _button(id_: str | None, title: str | None, description: str | None = None) -> Content:
    """Read a pressed button; its title is also the text, as if it had been typed.

    "Stop promosi" below a template must end the promotion however the contact says it.
    """
    if not id_:
        return UNSUPPORTED
    button = Button(id=id_, title=title or "")
    details = {"description": description} if description else {}
    return Content(type=MessageType.BUTTON, text=button.title, button=button, details=details)


def _template_button(message: Message) -> Content:
    body = message.button or TemplateButton()
    return _button(body.payload or body.text, body.text)


def _form(form: Form) -> Content:
    """Read a form that was filled in. Its answers are JSON inside a string, mostly an object."""
    try:
        answers = clean_all(read_json((form.response_json or "").encode()))
    except Unreadable:
        answers = None
    details = {"name": form.name or "", "answers": answers, "response_json": form.response_json}
    return Content(type=MessageType.FORM, details=details)


def _reaction(message: Message) -> Content:
    body = message.reaction or Reaction()
    emoji = body.emoji or ""  # none when it was taken back
    return Content(type=MessageType.REACTION, quoted_id=body.message_id, details={"emoji": emoji})


def _order(message: Message) -> Content:
    body = message.order or Order()
    items = [item.model_dump(exclude_none=True) for item in body.product_items]
    return Content(
        type=MessageType.ORDER,
        text=body.text or "",
        details={"catalog_id": body.catalog_id, "items": items},
    )


def _system(message: Message) -> Content:
    """Read what changed about a contact; `new_address` is where they write from then."""
    body = message.system or System()
    number = body.wa_id or body.new_wa_id
    details = {
        "change": body.type,
        "identity": body.identity,
        "wa_id": number,
        "user_id": body.user_id,
        "previous_user_id": body.previous_user_id,
        "new_address": _new_address(body, number),
    }
    known = {name: value for name, value in details.items() if value}
    return Content(type=MessageType.SYSTEM, details=known)


def _new_address(body: System, number: str | None) -> str | None:
    if body.type == NEW_USER_ID:
        return body.user_id
    return person(number, body.user_id) if body.type in NEW_NUMBER else None


def _edit(message: Message) -> Content:
    change = message.edit or Change()
    edited = change.message
    text = (
        edited.text.body or edited.image.caption or edited.video.caption or edited.document.caption
    )
    return Content(type=MessageType.EDIT, text=text or "", quoted_id=change.original_message_id)


def _revoke(message: Message) -> Content:
    change = message.revoke or Change()
    return Content(type=MessageType.REVOKE, quoted_id=change.original_message_id)


READERS: dict[str, Callable[[Message], Content]] = {
    "text": _text,
    "image": lambda message: _media(MessageType.IMAGE, message.image, message),
    "video": lambda message: _media(MessageType.VIDEO, message.video, message),
    "audio": _audio,
    # Only in payloads of the older API, which had no flag inside `audio`.
    "voice": lambda message: _media(MessageType.VOICE, message.voice, message),
    "document": lambda message: _media(MessageType.DOCUMENT, message.document, message),
    "sticker": lambda message: _media(MessageType.STICKER, message.sticker, message),
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _template_button,
    "reaction": _reaction,
    "order": _order,
    "system": _system,
    "edit": _edit,
    "revoke": _revoke,
    "request_welcome": lambda _: Content(type=MessageType.WELCOME),
}
