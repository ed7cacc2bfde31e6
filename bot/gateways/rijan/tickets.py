"""Reads what became of a message that Rijan queued.

An outbox of the program's own sends it. With an idempotency key it tries once: what failed ends as
`sent` without a WhatsApp id. But what only takes long (a large file) is called `sent` after three
seconds, too, and gets its id later; then no attempt has failed yet.
"""

from datetime import timedelta

from pydantic import AliasChoices, Field

from bot.gateways.base import HttpResponse, LookedUp, header
from bot.gateways.reading import Payload, Text, Time, read_http_date
from bot.gateways.rijan.refusals import accepted

ENDED = frozenset({"sent", "failed", "expired"})
# Downloading and sending a file takes no longer; without an id by then, the program was restarted.
LONGEST_SEND = timedelta(minutes=5)


class Ticket(Payload):
    """The answer to the question about a message."""

    status: Text = None
    whatsapp_id: Text = Field(
        default=None, validation_alias=AliasChoices("waMessageId", "wa_message_id")
    )
    attempts: int | None = None
    created_at: Time = Field(default=None, validation_alias=AliasChoices("createdAt", "created_at"))


def read_ticket(response: HttpResponse) -> LookedUp:
    """Return the WhatsApp id, or that the message was lost, or neither while it is under way."""
    body = accepted(response)
    inner = body.get("data")
    ticket = Ticket.model_validate(inner if isinstance(inner, dict) else body)
    if ticket.whatsapp_id:
        return LookedUp(external_id=ticket.whatsapp_id)
    if ticket.status not in ENDED:
        return LookedUp()
    if ticket.status == "sent" and ticket.attempts == 0:
        return LookedUp(is_lost=_is_old(ticket, response))
    return LookedUp(is_lost=True)


def _is_old(ticket: Ticket, response: HttpResponse) -> bool:
    # By the program's own clock, which wrote both.
    now = read_http_date(header(response, "Date"))
    return bool(now and ticket.created_at and now - ticket.created_at > LONGEST_SEND)
