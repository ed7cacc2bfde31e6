"""The parts of raw Baileys messages, each with only the fields that we read.

Their names and types are those of WhatsApp's protocol in camel case, see
https://github.com/WhiskeySockets/Baileys/blob/master/WAProto/WAProto.proto
"""

from typing import Annotated, Self

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from bot.gateways.reading import OBJECTS, Payload, Text, Time

# Each holds a whole message again, as its own `message`.
WRAPPERS = (
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
    "editedMessage",
    "deviceSentMessage",
    "lottieStickerMessage",
    "groupMentionedMessage",
    "groupStatusMessage",
    "groupStatusMessageV2",
    "associatedChildMessage",
    "botInvokeMessage",
    "botTaskMessage",
    "botForwardedMessage",
    "pollCreationMessageV4",
    "pollCreationOptionImageMessage",
    "eventCoverImage",
    "limitSharingMessage",
    "questionMessage",
    "statusAddYours",
    "statusMentionMessage",
    "groupStatusMentionMessage",
)
# What clients say to each other, without a person having written anything.
SYSTEM_PARTS = frozenset(
    {
        "senderKeyDistributionMessage",
        "messageContextInfo",
        "pinInChatMessage",
        "keepInChatMessage",
        "albumMessage",
        "call",
        "bcallMessage",
        "callLogMesssage",
        "scheduledCallCreationMessage",
        "scheduledCallEditMessage",
        "secretEncryptedMessage",
        "encEventResponseMessage",
        "messageHistoryBundle",
        "messageHistoryNotice",
        "stickerSyncRmrMessage",
        "placeholderMessage",
    }
)
# The stub type of a message that the client could not decrypt.
UNDECRYPTED = frozenset({"2", "CIPHERTEXT"})

Number = Annotated[float | None, Field(allow_inf_nan=False)]


class ContextInfo(Payload):
    """What a message refers to."""

    model_config = ConfigDict(alias_generator=to_camel)

    stanza_id: Text = None
    is_forwarded: bool = False


class Part(Payload):
    """An object inside a Baileys message, its names in camel case."""

    model_config = ConfigDict(alias_generator=to_camel)

    context_info: ContextInfo = ContextInfo()

    @classmethod
    def read(cls, value: object) -> Self:
        """Read `value`; whatever is not an object is an empty one."""
        return cls.model_validate(value if isinstance(value, dict) else {})


class MessageKey(Part):
    """Which message: the chat, the id in it and, in groups, who wrote it."""

    remote_jid: Text = None
    remote_jid_alt: Text = None
    participant: Text = None
    participant_alt: Text = None
    from_me: bool = False
    id: Text = None


class WebMessage(Part):
    """A message as the client received it. `message` is absent when it could not be decrypted."""

    key: MessageKey = MessageKey()
    message: object = None
    message_stub_type: Text = None
    message_timestamp: Time = None
    push_name: Text = None
    verified_biz_name: Text = None


class Words(Part):
    """Text, under the names that different kinds of content give it."""

    text: Text = None
    content_text: Text = None
    hydrated_content_text: Text = None
    description: Text = None


class Interactive(Part):
    """A message with buttons that a business sends."""

    body: Words = Words()


class Template(Part):
    """A message template that a business sends."""

    hydrated_template: Words = Words()
    hydrated_four_row_template: Words = Words()


class File(Part):
    """Media: picture, video, sound, sticker or document."""

    caption: Text = None
    mimetype: Text = None
    file_name: Text = None
    title: Text = None
    file_length: Text = None
    file_sha256: Text = None
    seconds: Number = None
    url: Text = None
    ptt: bool = False


class Place(Part):
    """A location, shared once or live."""

    degrees_latitude: Number = None
    degrees_longitude: Number = None
    name: Text = None
    address: Text = None
    caption: Text = None


class Contact(Part):
    """One contact card."""

    display_name: Text = None
    vcard: Text = None


class Contacts(Part):
    """Several contact cards."""

    contacts: Annotated[tuple[Contact, ...], OBJECTS] = ()


class Reaction(Part):
    """A reaction to the message of `key`; an empty text takes it back."""

    key: MessageKey = MessageKey()
    text: Text = None


class Row(Part):
    """The row that was chosen in a list."""

    selected_row_id: Text = None


class Choice(Part):
    """A pressed button or a chosen row: three kinds of content with the same meaning."""

    selected_button_id: Text = None
    selected_id: Text = None
    selected_display_text: Text = None
    single_select_reply: Row = Row()
    title: Text = None


class FlowResponse(Part):
    """What a form or a quick reply sent back, as JSON in a string."""

    name: Text = None
    params_json: Text = None


class InteractiveResponse(Part):
    """The answer to an interactive message."""

    body: Words = Words()
    native_flow_response_message: FlowResponse = FlowResponse()


class Option(Part):
    """One answer of a poll."""

    option_name: Text = None


class Poll(Part):
    """A poll; votes come apart from it and encrypted."""

    name: Text = None
    options: Annotated[tuple[Option, ...], OBJECTS] = ()


class Order(Part):
    """A shopping cart."""

    order_id: Text = None
    order_title: Text = None
    message: Text = None
    item_count: Number = None


class Protocol(Part):
    """An edit, a deletion, or what clients tell each other."""

    type: Text = None
    key: MessageKey = MessageKey()
    edited_message: object = None
