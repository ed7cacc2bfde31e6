"""Rules, the fallback, and named replies."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from bot.events import Kind, MessageType
from bot.rules.schema.actions import Outcome, Reply
from bot.rules.schema.match import Conditions, Matches, Types
from bot.rules.schema.part import Part
from bot.rules.schema.says import Says
from bot.rules.values import Count, Duration, Flag, Period, RuleId, Text, choice

# The events other than messages that a rule can be about.
EVENTS = (
    Kind.CALL_RECEIVED,
    Kind.DEVICE_CONNECTED,
    Kind.DEVICE_DISCONNECTED,
    Kind.DEVICE_QR,
    Kind.GROUP_CHANGED,
    Kind.MESSAGE_STATUS,
    Kind.ACCOUNT_NOTICE,
    Kind.TEMPLATE_NOTICE,
    Kind.QUOTA_LOW,
    Kind.INBOUND_SILENT,
    Kind.SEND_FAILED,
    Kind.HANDOVER_ENDED,
)
EventName = Annotated[str, choice(*EVENTS)]
# An automatic answer that is older than this embarrasses more than it helps.
EXPIRES = timedelta(hours=24)


class NamedReply(Says):
    """A reply with a name, for `use`."""


class Rule(Outcome):
    """One rule: when it matches, what it says and does."""

    id: RuleId
    """Its name, which no other rule has; it stands in logs, `explain`, tests and the history."""
    always: Flag = False
    """Whether it is looked at before all others, also in the middle of a flow."""
    event: EventName | None = None
    """Instead of `match`: the event that the rule is about, such as `call.received`."""
    match: Matches = ()
    """What the message must be like; every message fits if it is not given."""
    if_: Conditions = Field(default=(), alias="if")
    """What the world must be like."""
    continue_: Flag = Field(default=False, alias="continue")
    """Whether rules below may answer as well: for greetings and notes."""
    cooldown: Duration | None = None
    """For so long it is silent for the same contact; it does not fall through to the fallback."""
    opt_out: Flag = False
    """The contact wants no automatic replies any more. Takes only whole messages and buttons."""
    opt_in: Flag = False
    """The contact wants automatic replies again."""
    expires: Period = EXPIRES
    """A reply that could not be sent for so long is not sent any more."""


class Fallback(Part):
    """What is said when no rule answered."""

    reply: Reply | None = None
    """What is said."""
    use: Text | None = None
    """A named reply instead."""
    cooldown: Duration | None = None
    """For so long it is silent for the same contact; `then` happens all the same."""
    match_types: Types = (MessageType.TEXT.value,)
    """Which messages get it: nobody wants to hear "we do not understand" about a sticker."""
    after: Count | None = None
    """After so many messages in a row that no rule understood, `then` happens."""
    then: Outcome | None = None
    """What happens after `after` misses: above all a handover."""
    expires: Period = EXPIRES
    """A reply that could not be sent for so long is not sent any more."""
