"""The shape of rules.yaml, as it is written. `book` compiles it.

In `match` and `if` a list means *or*, the keys of a map mean *and*. In `reply` a list means the
first entry whose `if` holds.
"""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo

from bot.events import NEVER_ANSWERED_TYPES, Kind, MessageType
from bot.rules.schema_says import Part, Says
from bot.rules.values import (
    NO,
    Count,
    Duration,
    Flag,
    Period,
    Phone,
    RuleId,
    Text,
    Texts,
    Zone,
    as_list,
    choice,
    expected,
    one_of,
    read_text,
)

TYPES = tuple(kind.value for kind in MessageType if kind not in NEVER_ANSWERED_TYPES)
# The events other than messages that a rule can be about.
EVENTS = (
    Kind.CALL_RECEIVED,
    Kind.DEVICE_CONNECTED,
    Kind.DEVICE_DISCONNECTED,
    Kind.DEVICE_QR,
    Kind.GROUP_CHANGED,
    Kind.ACCOUNT_NOTICE,
    Kind.TEMPLATE_NOTICE,
    Kind.QUOTA_LOW,
    Kind.INBOUND_SILENT,
    Kind.SEND_FAILED,
)
# Parts of the language that this version refuses.
NOT_YET = frozenset({
    "hours", "tables", "flows", "tests", "collapse", "calls", "fuzzy", "regex", "pattern", "open",
    "closed", "tag", "eq", "after", "then", "start", "record", "http", "call", "call_limit",
    "interrupt",
})  # fmt: skip


def _read_gateway(value: object, info: ValidationInfo) -> str:
    """Return a gateway's name; which there are is for the caller of `read` to say."""
    known: tuple[str, ...] = (info.context or {}).get("gateways", ())
    return one_of(value, known) if known else read_text(value)


GatewayName = Annotated[str, BeforeValidator(_read_gateway)]
TypeName = Annotated[str, choice(*TYPES, named="a message type such as text or image")]
EventName = Annotated[str, choice(*EVENTS)]
Types = Annotated[tuple[TypeName, ...], BeforeValidator(as_list)]
Gateways = Annotated[tuple[GatewayName, ...], BeforeValidator(as_list)]


class LoopGuard(Part):
    """After `replies` automatic replies `within` a time, the bot pauses for that contact."""

    replies: Count = 12
    within: Duration = timedelta(minutes=1)
    pause: Duration = timedelta(minutes=30)


class Takeover(Part):
    """A person who writes from the device silences the bot in that chat `for` a time.

    It counts from what the person wrote last. ai: what the gateway's own AI writes counts, too.
    """

    for_: Duration = Field(default=timedelta(hours=2), alias="for")
    ai: Flag = False


def _read_takeover(value: object) -> object:
    if isinstance(value, str):
        return {"for": "0s" if value.lower() in NO else value}
    return value


class Settings(Part):
    """What holds for the whole file."""

    language: Annotated[str, choice("id", "en")] = "id"
    timezone: Zone = "Asia/Jakarta"
    chats: Annotated[str, choice("private", "group", "all")] = "private"
    max_age: Duration = timedelta(minutes=15)
    bubbles: Annotated[str, choice("merge", "separate")] = "merge"
    takeover: Annotated[Takeover, BeforeValidator(_read_takeover)] = Takeover()
    loop_guard: LoopGuard = LoopGuard()


class Admin(Part):
    """A person whom `notify` can reach. `device: auto` is the device that the event is of."""

    to: Phone
    device: Text = "auto"


class NamedReply(Says):
    """A reply with a name, for `use`."""


class Match(Part):
    """What a message must be like; several keys must all hold.

    words: one of these words or phrases, as whole words ("harganya" counts as "harga").
    exact: the whole message is one of these. starts: it begins with one of these.
    contains: these letters anywhere, even inside a word. button: the id of the button or row that
    was pressed, in any capitals. type: what the message holds. any, all, not: other matches,
    combined.
    """

    words: Texts = ()
    exact: Texts = ()
    contains: Texts = ()
    starts: Texts = ()
    button: Texts = ()
    type_: Types = Field(default=(), alias="type")
    any_: "Matches" = Field(default=(), alias="any")
    all_: "Matches" = Field(default=(), alias="all")
    not_: "Matches" = Field(default=(), alias="not")


class Condition(Part):
    """What the world must be like; several keys must all hold.

    first: this contact has never written before. silent_for: nothing came from this contact for
    that long (or ever). gateway, device: where it came in. any, all, not: other conditions.
    """

    first: Flag | None = None
    silent_for: Duration | None = None
    gateway: Gateways = ()
    device: Texts = ()
    any_: "Conditions" = Field(default=(), alias="any")
    all_: "Conditions" = Field(default=(), alias="all")
    not_: "Conditions" = Field(default=(), alias="not")


def _filled_list(value: object) -> object:
    listed = as_list(value)
    for part in listed if isinstance(listed, list) else ():
        if part in ({}, ""):
            raise ValueError("is empty: write at least one key")
    return listed


Matches = Annotated[tuple[Match, ...], BeforeValidator(_filled_list)]
Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_filled_list)]


class Variant(Says):
    """One entry of a reply: what it says or a named reply, for when `if` holds."""

    if_: Conditions = Field(default=(), alias="if")
    use: Text | None = None


def _read_reply(value: object) -> object:
    if value == "none":
        return []
    if value in ("", []):
        raise expected("a text, a list of texts, or none", value)
    listed = value if isinstance(value, list) else [value]
    return [{"text": entry} if isinstance(entry, str) else entry for entry in listed]


Reply = Annotated[tuple[Variant, ...], BeforeValidator(_read_reply)]


class Notify(Part):
    """Tell an admin, at most once in `every`."""

    to: Text
    text: Text
    every: Duration | None = None


class Told(Part):
    """Whom a handover tells; without a text of its own it is a short one."""

    to: Text
    text: Text | None = None


def _read_told(value: object) -> object:
    return {"to": value} if isinstance(value, str) else value


class Handover(Part):
    """Leave the chat to a person `for` a time, and tell an admin."""

    for_: Period = Field(alias="for")
    notify: Annotated[Told | None, BeforeValidator(_read_told)] = None


def _read_handover(value: object) -> object:
    return {"for": value} if isinstance(value, str) else value


HandoverAction = Annotated[Handover | None, BeforeValidator(_read_handover)]
# An automatic answer that is older than this embarrasses more than it helps.
EXPIRES = timedelta(hours=24)


class Rule(Part):
    """One rule: when it matches, what it says and does."""

    id: RuleId
    always: Flag = False
    event: EventName | None = None
    match: Matches = ()
    if_: Conditions = Field(default=(), alias="if")
    reply: Reply | None = None
    use: Text | None = None
    continue_: Flag = Field(default=False, alias="continue")
    cooldown: Duration | None = None
    opt_out: Flag = False
    opt_in: Flag = False
    notify: Notify | None = None
    handover: HandoverAction = None
    expires: Period = EXPIRES


class Fallback(Part):
    """What is said when no rule answered. `match_types`: to which messages."""

    reply: Reply | None = None
    use: Text | None = None
    cooldown: Duration | None = None
    match_types: Types = (MessageType.TEXT.value,)
    expires: Period = EXPIRES


SECTIONS = ("version", "settings", "admins", "vars", "synonyms", "replies", "rules", "fallback")
