"""Read what webhooks tell of calls.

A call by a contact is one CallReceived, when it begins. All that comes after it, and all that is
told of calls of ours, are notices named `calls`, so that no rule for calls runs twice.
https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/reference
"""

from collections.abc import Mapping
from datetime import datetime

from bot.events import CallReceived, Event, Notice, Topic
from bot.gateways.meta import payloads
from bot.gateways.meta.envelope import Part
from bot.gateways.meta.fields import fields_of
from bot.gateways.meta.people import person
from bot.gateways.numbers import phone_of

CALL = "call"
NAME = "calls"
OURS, THEIRS = "BUSINESS_INITIATED", "USER_INITIATED"


def call(part: Part) -> Event | None:
    """Read an element of `calls`."""
    told = payloads.Call.model_validate(part.element)
    caller = person(told.sender, told.from_user_id)
    if caller and told.event == "connect" and told.direction != OURS:
        return CallReceived(
            **fields_of(part, occurred_at=told.timestamp, address=caller),
            call_id=told.id,
            status=told.event,
            phone=phone_of(told.sender),
        )
    if told.event is None:
        return None
    contacts = {OURS: person(told.to, told.to_user_id), THEIRS: caller}
    details = {
        "call_id": told.id,
        "event": told.event,
        "direction": told.direction,
        "status": told.status,
        "start_time": told.start_time,
        "end_time": told.end_time,
        "duration": told.duration,
        "reference": told.biz_opaque_callback_data,
        "errors": [problem.told for problem in told.errors],
    }
    # Without a direction it is not known which of the two numbers is the contact's.
    address = contacts.get(told.direction or "")
    return _notice(part, details, address=address, occurred_at=told.timestamp)


def status_of_call(part: Part) -> Event | None:
    """Read whether a call of ours rings, or was taken or refused."""
    told = payloads.Status.model_validate(part.element)
    if not told.id or not told.status:
        return None
    details = {
        "call_id": told.id,
        "status": told.status,
        "reference": told.biz_opaque_callback_data,
        "errors": [problem.told for problem in told.errors],
    }
    address = person(told.recipient_id, told.recipient_user_id)
    return _notice(part, details, address=address, occurred_at=told.timestamp)


def _notice(
    part: Part,
    details: Mapping[str, object],
    *,
    address: str | None,
    occurred_at: datetime | None,
) -> Event:
    return Notice(
        **fields_of(part, occurred_at=occurred_at or part.time, address=address),
        topic=Topic.ACCOUNT,
        name=NAME,
        details={name: value for name, value in details.items() if value},
    )
