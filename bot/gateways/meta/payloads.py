"""The parts of Meta's webhooks that we read, leniently: any field may be missing or wrong.

The shapes: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
"""

import re
from typing import Annotated, Any

from pydantic import Field

from bot.gateways.reading import OBJECTS, Payload, Text, Time

LONGEST_PROBLEM = 200
LONGEST_DETAILS = 500
# An error may quote the number that it is about; its own code has six digits.
LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){6,}", re.ASCII)


class ProblemWords(Payload):
    """What an error says beside its title."""

    details: Text = None


class Problem(Payload):
    """An error beside a message or a status; the older form has `details` at the top."""

    code: Text = None
    title: Text = None
    message: Text = None
    details: Text = None
    error_data: ProblemWords = ProblemWords()
    href: Text = None

    @property
    def line(self) -> str:
        """Return the code and the title, which hold no text of a message."""
        words = (self.code, self.title or self.message or self.details)
        return " ".join(word for word in words if word)[:LONGEST_PROBLEM]

    @property
    def told(self) -> dict[str, str]:
        """Return all that it says, without the numbers that it may quote."""
        words = {
            "title": self.title,
            "message": self.message,
            "details": self.error_data.details or self.details,
            "href": self.href,
        }
        hidden = {name: _hidden(word) for name, word in words.items() if word}
        return {"code": self.code, **hidden} if self.code else hidden


def _hidden(words: str) -> str:
    return LONG_NUMBER.sub("…", words)[:LONGEST_DETAILS]


class TextBody(Payload):
    body: Text = None


class MediaBody(Payload):
    id: Text = None
    url: Text = None
    mime_type: Text = None
    sha256: Text = None
    caption: Text = None
    filename: Text = None
    voice: bool = False


class Location(Payload):
    latitude: float | None = Field(None, allow_inf_nan=False)
    longitude: float | None = Field(None, allow_inf_nan=False)
    name: Text = None
    address: Text = None
    url: Text = None


class CardName(Payload):
    formatted_name: Text = None


class CardPhone(Payload):
    phone: Text = None
    wa_id: Text = None


class CardOrganisation(Payload):
    company: Text = None


class Card(Payload):
    name: CardName = CardName()
    org: CardOrganisation = CardOrganisation()
    phones: Annotated[tuple[CardPhone, ...], OBJECTS] = ()


class Reply(Payload):
    id: Text = None
    title: Text = None
    description: Text = None


class Form(Payload):
    name: Text = None
    response_json: Text = None


class CallPermission(Payload):
    response: Text = None


class Interactive(Payload):
    type: Text = None
    button_reply: Reply | None = None
    list_reply: Reply | None = None
    nfm_reply: Form | None = None
    call_permission_reply: CallPermission | None = None


class TemplateButton(Payload):
    payload: Text = None
    text: Text = None


class Reaction(Payload):
    message_id: Text = None
    emoji: Text = None


class OrderItem(Payload):
    product_retailer_id: Text = None
    quantity: Text = None
    item_price: Text = None
    currency: Text = None


class Order(Payload):
    catalog_id: Text = None
    text: Text = None
    product_items: Annotated[tuple[OrderItem, ...], OBJECTS] = ()


class Unsupported(Payload):
    type: Text = None


class System(Payload):
    type: Text = None
    identity: Text = None
    wa_id: Text = None
    new_wa_id: Text = None
    customer: Text = None
    user_id: Text = None
    previous_user_id: Text = None


class EditedMessage(Payload):
    text: TextBody = TextBody()
    image: MediaBody = MediaBody()
    video: MediaBody = MediaBody()
    document: MediaBody = MediaBody()


class Change(Payload):
    original_message_id: Text = None
    message: EditedMessage = EditedMessage()


class Context(Payload):
    id: Text = None
    forwarded: bool = False
    frequently_forwarded: bool = False
    referred_product: dict[str, Any] | None = None


class Message(Payload):
    """An element of `messages` or `message_echoes`: what is around the content, and the content."""

    id: Text = None
    sender: Text = Field(None, alias="from")
    from_user_id: Text = None
    from_parent_user_id: Text = None
    to: Text = None
    to_user_id: Text = None
    group_id: Text = None
    timestamp: Time = None
    type: Text = None
    context: Context = Context()
    referral: dict[str, Any] | None = None
    errors: Annotated[tuple[Problem, ...], OBJECTS] = ()

    text: TextBody | None = None
    image: MediaBody | None = None
    video: MediaBody | None = None
    audio: MediaBody | None = None
    voice: MediaBody | None = None
    document: MediaBody | None = None
    sticker: MediaBody | None = None
    location: Location | None = None
    contacts: Annotated[tuple[Card, ...], OBJECTS] = ()
    interactive: Interactive | None = None
    button: TemplateButton | None = None
    reaction: Reaction | None = None
    order: Order | None = None
    system: System | None = None
    edit: Change | None = None
    revoke: Change | None = None
    unsupported: Unsupported = Unsupported()


class Status(Payload):
    """An element of `statuses`: what became of a message of ours, or of a call."""

    id: Text = None
    status: Text = None
    type: Text = None
    timestamp: Time = None
    recipient_id: Text = None
    recipient_user_id: Text = None
    recipient_participant_id: Text = None
    biz_opaque_callback_data: Text = None
    pricing: dict[str, Any] | None = None
    conversation: dict[str, Any] | None = None
    errors: Annotated[tuple[Problem, ...], OBJECTS] = ()


class Call(Payload):
    """An element of `calls`."""

    id: Text = None
    sender: Text = Field(None, alias="from")
    from_user_id: Text = None
    to: Text = None
    to_user_id: Text = None
    event: Text = None
    direction: Text = None
    timestamp: Time = None
    status: Text = None
    start_time: Text = None
    end_time: Text = None
    duration: Text = None
    biz_opaque_callback_data: Text = None
    errors: Annotated[tuple[Problem, ...], OBJECTS] = ()


class Participant(Payload):
    """A member who came or went; `input` is the number or id by which we named them."""

    wa_id: Text = None
    user_id: Text = None
    input: Text = None


class Group(Payload):
    """An element of `groups`."""

    group_id: Text = None
    type: Text = None
    timestamp: Time = None
    # Who asked to join.
    wa_id: Text = None
    user_id: Text = None
    added_participants: Annotated[tuple[Participant, ...], OBJECTS] = ()
    removed_participants: Annotated[tuple[Participant, ...], OBJECTS] = ()


class Stamp(Payload):
    """When something happened, wherever an element says it."""

    timestamp: Time = None


class Progress(Payload):
    """How far the past is told: see `HistoryPart`."""

    phase: Text = None
    chunk_order: Text = None
    progress: Text = None


class HistoryPart(Payload):
    """An element of `history`: messages of the past, or why there are none."""

    metadata: Progress = Progress()
    threads: Annotated[tuple[dict[str, Any], ...], OBJECTS] = ()
    errors: Annotated[tuple[Problem, ...], OBJECTS] = ()
