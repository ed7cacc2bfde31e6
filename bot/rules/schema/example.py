"""Tests in the file: what a contact says, and what is expected then."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from bot.rules.schema.match import GatewayName, TypeName
from bot.rules.schema.part import Part
from bot.rules.values import Duration, Flag, Moment, Period, Text, Texts, as_list, expected


class Sent(Part):
    """A message that is no text."""

    type: TypeName
    """What it holds: `image`, `sticker`, `document` …"""
    caption: Text | None = None
    """The text that goes with it."""


class Happened(Part):
    """An event other than a message. Its other keys are what it tells, such as `reason`."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    name: Text
    """The event: `device.disconnected`, `quota.low` …"""


def _read_happened(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


class Expect(Part):
    """What must be so after a turn. What is not named here is not looked at."""

    rule: Text | None = None
    """The rule that answered: the last one that spoke. `none`: no rule did."""
    rules: Annotated[tuple[Text, ...] | None, BeforeValidator(as_list)] = None
    """All rules that spoke, in their order."""
    silent: Flag | None = None
    """Whether the contact gets no reply."""
    reply: Texts = ()
    """Texts that the replies contain."""
    flow: Text | None = None
    """The question that is open now, such as `order.jumlah`; `none`: no flow runs."""
    handover: Flag | None = None
    """Whether a person answers this contact now."""
    notify: Texts = ()
    """The admins who are told."""
    record: Text | None = None
    """The kind of what was recorded."""
    tag: Texts = ()
    """Tags that the contact has now."""
    opted_out: Flag | None = None
    """Whether the contact wants no automatic replies now."""
    guard: Text | None = None
    """The guard that stopped the message, such as `takeover`; `none`: none did."""


class Happening(Part):
    """One thing that happens, and what is expected then. Give it exactly one of `say`, `press`,
    `send`, `event`, `owner` and `wait`."""

    say: Text | None = None
    """The contact types this."""
    press: Text | None = None
    """The contact presses the button or row with this id."""
    send: Sent | None = None
    """The contact sends something that is no text."""
    event: Annotated[Happened | None, BeforeValidator(_read_happened)] = None
    """Something else happens."""
    owner: Text | None = None
    """You write this to the contact from the phone."""
    wait: Period | None = None
    """Nothing happens for so long, except what is due: a form that times out."""
    after: Duration | None = None
    """How long after the turn before; ten seconds if not given."""
    expect: Expect = Expect()
    """What must be so then."""


def _read_talk(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise expected("a list of turns, each with - before it", value)
    return value


class Example(Happening):
    """One test. `flask rules test` runs them all."""

    name: Text
    """What it shows."""
    at: Moment | None = None
    """When, in the time zone of the file: `2026-01-04 20:00`. If not given, an hour at which all
    opening hours are open."""
    first: Flag = False
    """Whether the contact has never written before."""
    gateway: GatewayName = "wagate"
    """The gateway at which it comes in."""
    device: Text = "toko-1"
    """The device at which it comes in."""
    tags: Texts = ()
    """Tags that the contact has."""
    talk: Annotated[tuple[Happening, ...], BeforeValidator(_read_talk)] = Field(default=())
    """Several turns one after another, instead of one."""
