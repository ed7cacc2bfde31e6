"""Turn the parts of Meta's envelope into events."""

from collections.abc import Callable

from bot.events import (
    Author,
    Chat,
    Event,
    GroupChanged,
    MessageEcho,
    MessageReceived,
    MessageType,
    Notice,
    Status,
    StatusChanged,
    Topic,
    UnknownEvent,
)
from bot.gateways.base import MessageFields
from bot.gateways.meta import payloads
from bot.gateways.meta.calls import CALL, call, status_of_call
from bot.gateways.meta.envelope import GROUP_FIELDS, Part
from bot.gateways.meta.fields import fields_of
from bot.gateways.meta.messages import Content, content
from bot.gateways.meta.people import person, written
from bot.gateways.numbers import phone_of
from bot.gateways.reading import clean_all

STATUSES = frozenset(Status)
TEMPLATE_FIELDS = frozenset(
    {
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "template_category_update",
    }
)
ACCOUNT_FIELDS = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "flows",
        "media",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "user_preferences",
    }
)


def event_of(part: Part) -> Event:
    """Return the event that a part tells; what we do not understand is an UnknownEvent."""
    if not isinstance(part.element, dict):
        return _unknown(part)
    read = READERS.get((part.field, part.array), _notice)
    return read(part) or _unknown(part)


def _message(part: Part) -> Event | None:
    message = payloads.Message.model_validate(part.element)
    sender = person(message.sender, message.from_user_id or message.from_parent_user_id)
    held = content(message)
    if held.type is MessageType.SYSTEM and message.system:
        sender = sender or message.system.previous_user_id or message.system.customer
    elif sender is None:
        return None
    return MessageReceived(
        **_said(part, message, held, address=message.group_id or sender),
        sender=sender,
        name=part.contact.name,
        phone=phone_of(message.sender) or phone_of(part.contact.wa_id),
    )


def _echo(part: Part) -> Event | None:
    message = payloads.Message.model_validate(part.element)
    address = message.group_id or person(message.to, message.to_user_id)
    if address is None:
        return None
    return MessageEcho(
        **_said(part, message, content(message), address=address),
        sender=person(message.sender, None),
        phone=phone_of(message.to),
        # Only the owner's own phone is echoed: what we send through the API is not.
        author=Author.OWNER,
    )


def _said(
    part: Part, message: payloads.Message, held: Content, *, address: str | None
) -> MessageFields:
    key = f"m:{message.id}" if message.id else part.digest
    return MessageFields(
        **fields_of(part, occurred_at=message.timestamp, key=key, address=address),
        external_id=message.id or None,
        type=held.type,
        text=held.text,
        chat=Chat.GROUP if message.group_id else Chat.PRIVATE,
        quoted_id=held.quoted_id,
        button=held.button,
        media=held.media,
        details=held.details,
    )


def _status(part: Part) -> Event | None:
    status = payloads.Status.model_validate(part.element)
    if status.type == CALL:
        return status_of_call(part)
    if not status.id:
        return None
    recipient = status.recipient_id or status.recipient_user_id
    member = status.recipient_participant_id or recipient
    word = status.status or ""
    told = {
        "pricing": clean_all(status.pricing),
        "conversation": clean_all(status.conversation),
        "errors": [problem.told for problem in status.errors],
    }
    return StatusChanged(
        **fields_of(
            part,
            key=f"s:{status.id}:{word}:{member or ''}",
            address=person(recipient, None),
            occurred_at=status.timestamp,
        ),
        external_id=status.id,
        status=Status(word) if word in STATUSES else None,
        word=word,
        recipient=person(member, None),
        reference=status.biz_opaque_callback_data,
        error=status.errors[0].line if status.errors else None,
        details={name: value for name, value in told.items() if value},
    )


def _group(part: Part) -> Event | None:
    group = payloads.Group.model_validate(part.element)
    if not group.group_id:
        return None
    moved = (*group.added_participants, *group.removed_participants)
    asked = person(group.wa_id, group.user_id)
    people = [asked, *(person(one.wa_id or written(one.input), one.user_id) for one in moved)]
    return GroupChanged(
        **fields_of(part, occurred_at=group.timestamp, address=group.group_id),
        action=group.type or "",
        participants=tuple(each for each in people if each),
    )


def _error(part: Part) -> Event:
    problem = payloads.Problem.model_validate(part.element)
    return Notice(
        **fields_of(part, occurred_at=part.time),
        topic=Topic.ACCOUNT,
        name="errors",
        details={**problem.told, "code": problem.code, "error": problem.line},
    )


def _notice(part: Part) -> Event | None:
    if part.field not in TEMPLATE_FIELDS | ACCOUNT_FIELDS:
        return None
    stamp = payloads.Stamp.model_validate(part.element).timestamp
    return Notice(
        **fields_of(part, occurred_at=stamp or part.time),
        topic=Topic.TEMPLATE if part.field in TEMPLATE_FIELDS else Topic.ACCOUNT,
        name=part.field,
        details=clean_all(part.element),
    )


def _history(part: Part) -> Event:
    """Note that a piece of the past came; its messages stay in the event's `raw`.

    As messages they would be answered, or would look as if the owner were writing now.
    """
    told = payloads.HistoryPart.model_validate(part.element)
    details = {
        **told.metadata.model_dump(exclude_none=True),
        "threads": len(told.threads),
        "errors": [problem.line for problem in told.errors],
    }
    return Notice(
        **fields_of(part, occurred_at=part.time),
        topic=Topic.ACCOUNT,
        name=part.field,
        details={name: value for name, value in details.items() if value},
    )


def _unknown(part: Part) -> Event:
    key = f"{part.field or 'unknown'}:{part.digest}"
    return UnknownEvent(**fields_of(part, occurred_at=part.time, key=key), name=part.field)


READERS: dict[tuple[str, str], Callable[[Part], Event | None]] = {
    ("messages", "messages"): _message,
    ("messages", "statuses"): _status,
    # A status without the array around it, which is not Meta's way.
    ("messages", ""): _status,
    ("calls", "calls"): call,
    ("calls", "statuses"): status_of_call,
    ("smb_message_echoes", "message_echoes"): _echo,
    ("message_echoes", "message_echoes"): _echo,
    ("history", "history"): _history,
    ("history", ""): _history,
    **{(field, "groups"): _group for field in GROUP_FIELDS},
    **{
        (field, "errors"): _error
        for field in ("messages", "calls", "smb_message_echoes", "message_echoes", *GROUP_FIELDS)
    },
}
