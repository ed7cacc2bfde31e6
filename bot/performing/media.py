"""The effect that fetches the media of a message and keeps them outside the database."""

import hashlib

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.orm import Session

from bot.effects import ClaimedEffect
from bot.events import MediaReference
from bot.events import Message as MessageEvent
from bot.gateways.base import FetchedMedia, Gateway, WebhookRequest
from bot.gateways.errors import NotAuthorised, Rejected, TransientError, Unreadable
from bot.gateways.reading import clean
from bot.inbox.parts import read_payload, replace_payload
from bot.media import MediaStore, StoreError
from bot.media.fetching import fetch_from_gateway
from bot.media.files import shown_size
from bot.media.rows import register
from bot.media.types import harmless, mismatch, type_of
from bot.performing.desk import Desk, Record, nothing
from models import Direction, Event, Message, reading

TEXT_LIMIT = 255


def fetch_media(effect: ClaimedEffect, desk: Desk) -> Record:
    """Fetch the media of an event's message, look at them, and keep them.

    What is not as the message claims is kept all the same, under a type that nothing runs and with
    the reason beside it: a person may need to see what a contact sent.
    """
    gateway, store = desk.gateway(effect), desk.media
    event = _event(effect, gateway, desk)
    if event is None or event.media is None:
        return nothing
    if store is None:
        raise Rejected("MEDIA_STORE is off, nothing is fetched")
    fetched = _fetch(effect, event, event.media, gateway, desk=desk, store=store)
    content = fetched.content
    shown = type_of(content)
    problem = _differs(content, event.media) or mismatch(
        event.type, shown, claimed=event.media.mimetype or fetched.mimetype or ""
    )
    try:
        sha256 = store.put(content)
    except StoreError as error:
        raise TransientError(f"the media store is away ({error})") from None
    # Nothing large outlives this function: files wait for the database without a limit in number.
    size, filename = len(content), fetched.filename
    # Taken out of the event only in the transaction that says where they are instead.
    emptied = gateway.without_media(event.raw) if event.media.inline else event.raw
    payload = emptied if len(emptied) < len(event.raw) else None

    def record(session: Session) -> set[str]:
        file = register(session, sha256, size=size, mimetype=harmless(shown), now=desk.now())
        session.execute(_of_message(effect).values(media_id=file.id, media_problem=problem))
        _name(session, effect, filename)
        if payload is not None:
            replace_payload(session, effect.event_id or 0, payload)
        return set()

    return record


def give_up(session: Session, effect: ClaimedEffect, why: str) -> set[str]:
    """Say beside the message why its media are not here."""
    problem = clean(why)[:TEXT_LIMIT]
    session.execute(
        _of_message(effect).where(Message.media_id.is_(None)).values(media_problem=problem)
    )
    return set()


def _event(effect: ClaimedEffect, gateway: Gateway, desk: Desk) -> MessageEvent | None:
    """Read the event again, as its webhook told it; None where there is nothing (more) to do."""
    with reading(desk.engine) as session:
        message = session.execute(select(Message.media_id).where(*_is_message(effect))).first()
        row = session.get(Event, effect.event_id or 0)
        payload = None if row is None else read_payload(session, row)
    if message is None or message.media_id is not None or payload is None:
        return None
    try:
        [event] = gateway.parse(WebhookRequest(body=payload))
    except (Unreadable, ValueError):
        raise Rejected("the event cannot be read again") from None
    return event if isinstance(event, MessageEvent) else None


def _fetch(
    effect: ClaimedEffect,
    event: MessageEvent,
    reference: MediaReference,
    gateway: Gateway,
    *,
    desk: Desk,
    store: MediaStore,
) -> FetchedMedia:
    """Return the media. Raises a GatewayError."""
    if (reference.size or 0) > store.largest:
        raise _too_large(store)
    if reference.inline:
        fetched = FetchedMedia(content=_inline(gateway, event, reference))
    else:
        try:
            fetched = fetch_from_gateway(
                desk.client, gateway, effect.device, reference, largest=store.largest
            )
        except NotAuthorised as error:
            # Media wait for some days at most gateways: long enough for a new token.
            raise TransientError(error.reason, code=error.code) from None
    if not fetched.content:
        raise Rejected("the file is empty")
    if len(fetched.content) > store.largest:
        raise _too_large(store)
    return fetched


def _inline(gateway: Gateway, event: MessageEvent, reference: MediaReference) -> bytes:
    try:
        return gateway.inline_media(event.raw, reference)
    except ValueError:
        raise Rejected("the file in the webhook is no valid base64") from None


def _too_large(store: MediaStore) -> Rejected:
    return Rejected(f"the file is larger than {shown_size(store.largest)} (MEDIA_LIMIT_MB)")


def _differs(content: bytes, reference: MediaReference) -> str | None:
    told = (reference.sha256 or "").lower()
    if not told or told == hashlib.sha256(content).hexdigest():
        return None
    return "the content is not the one whose SHA-256 the gateway told"


def _name(session: Session, effect: ClaimedEffect, filename: str | None) -> None:
    """Note the file's name, where only the gateway's answer told it."""
    message = session.scalars(select(Message).where(*_is_message(effect))).one_or_none()
    if message is None or not filename:
        return
    details = message.details or {}
    known = details.get("media") or {}
    if not known.get("filename"):
        named = {**known, "filename": clean(filename)[:TEXT_LIMIT]}
        message.details = {**details, "media": named}


def _of_message(effect: ClaimedEffect) -> Update:
    return update(Message).where(*_is_message(effect))


def _is_message(effect: ClaimedEffect) -> tuple[ColumnElement[bool], ...]:
    # No event has the number 0; and no event at all would mean every message without one.
    return (Message.event_id == (effect.event_id or 0), Message.direction == Direction.IN)
