"""Write a message of ours as Meta's API wants it. Pure; what exceeds a limit was refused before.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

import re

from bot import content
from bot.gateways.base import JsonObject, OutgoingMessage
from bot.gateways.numbers import normalise, phone_of

# Business-scoped user ids begin with a country: "ID.13491208655302741918".
USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+", re.ASCII)


def body_of(
    message: OutgoingMessage, *, media: JsonObject | None = None, preview_url: bool = False
) -> JsonObject:
    """Return the body that sends a message; `media` is where its media are, an id or a link."""
    quotes = message.quoted_id and not isinstance(message.content, content.Reaction)
    return {
        "messaging_product": "whatsapp",
        **_recipient(message.address),
        **({"context": {"message_id": message.quoted_id}} if quotes else {}),
        **_said(message, media or {}, preview_url=preview_url),
        # Statuses carry it back.
        "biz_opaque_callback_data": message.reference,
    }


def is_group(address: str) -> bool:
    """Return whether an address is neither a phone number nor a business-scoped user id."""
    return phone_of(address) is None and USER_ID.fullmatch(address) is None


def _recipient(address: str) -> JsonObject:
    """Say whom a message is for: a number, a business-scoped user id, or else a group.

    Without its plus sign a number is read as one of the sender's own country.
    """
    if is_group(address):
        return {"recipient_type": "group", "to": address}
    phone = phone_of(address)
    if phone:
        return {"recipient_type": "individual", "to": f"+{phone}"}
    return {"recipient_type": "individual", "recipient": address}


def _said(message: OutgoingMessage, media: JsonObject, *, preview_url: bool) -> JsonObject:
    said = message.content
    match said:
        case content.Text():
            shown = {"preview_url": True} if preview_url else {}
            return _typed("text", {"body": said.text, **shown})
        case content.Media():
            return _media(said, media, filename=_filename(message))
        case content.Location():
            named = _present(name=said.name, address=said.address)
            place = {"latitude": said.latitude, "longitude": said.longitude, **named}
            return _typed("location", place)
        case content.Contacts():
            return {"type": "contacts", "contacts": [_card(card) for card in said.cards]}
        case content.Buttons():
            return _typed("interactive", _buttons(said))
        case content.Listing():
            return _typed("interactive", _listing(said))
        case content.Template():
            return _typed("template", _template(said))
        case content.Reaction():
            return _typed("reaction", {"message_id": said.message_id, "emoji": said.emoji})


def _typed(word: str, body: JsonObject) -> JsonObject:
    return {"type": word, word: body}


def _media(said: content.Media, media: JsonObject, *, filename: str) -> JsonObject:
    if said.kind == "voice":
        return _typed("audio", {**media, "voice": True})
    named = _present(filename=filename if said.kind == "document" else "")
    return _typed(said.kind, {**media, **_present(caption=said.text), **named})


def _filename(message: OutgoingMessage) -> str:
    named = message.content.filename if isinstance(message.content, content.Media) else ""
    return named or (message.attachment.filename if message.attachment else "")


def _card(card: content.Card) -> JsonObject:
    # Beside the formatted name, Meta wants at least one part of it.
    name = {"formatted_name": card.name, "first_name": card.name}
    organisation = {"org": {"company": card.organisation}} if card.organisation else {}
    phones = {"phones": [_phone(phone) for phone in card.phones]} if card.phones else {}
    return {"name": name, **phones, **organisation}


def _phone(written: str) -> JsonObject:
    """Return a number of a card. Without a `wa_id` it shows a button to invite its owner."""
    return {"phone": written, **_present(wa_id=normalise(written) or "")}


def _buttons(said: content.Buttons) -> JsonObject:
    buttons = [
        {"type": "reply", "reply": {"id": button.id, "title": button.title}}
        for button in said.buttons
    ]
    return {"type": "button", **_around(said), "action": {"buttons": buttons}}


def _listing(said: content.Listing) -> JsonObject:
    sections = [
        {**_present(title=section.title), "rows": [_row(row) for row in section.rows]}
        for section in said.sections
    ]
    return {
        "type": "list",
        **_around(said),
        "action": {"button": said.label, "sections": sections},
    }


def _row(row: content.Choice) -> JsonObject:
    return {"id": row.id, "title": row.title, **_present(description=row.description)}


def _around(said: content.Buttons | content.Listing) -> JsonObject:
    header = {"header": {"type": "text", "text": said.header}} if said.header else {}
    footer = {"footer": {"text": said.footer}} if said.footer else {}
    return {**header, "body": {"text": said.text}, **footer}


def _template(said: content.Template) -> JsonObject:
    texts = [{"type": "text", "text": text} for text in said.parameters]
    filled = [{"type": "body", "parameters": texts}] if texts else []
    components = [*filled, *said.components]
    return {
        "name": said.name,
        "language": {"code": said.language},
        **({"components": components} if components else {}),
    }


def _present(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
