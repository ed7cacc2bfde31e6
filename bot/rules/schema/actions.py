"""What rules do: say something, and have something done."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from bot.rules.schema.match import Conditions
from bot.rules.schema.part import Part
from bot.rules.schema.says import Says
from bot.rules.values import Duration, Name, Period, Text, Texts, Url, as_list, expected


def _read_entries(value: object) -> object:
    if value in ("", []):
        raise expected("a text, a list of texts, or none", value)
    listed = value if isinstance(value, list) else [value]
    return [{"text": entry} if isinstance(entry, str) else entry for entry in listed]


def _read_reply(value: object) -> object:
    return [] if value == "none" else _read_entries(value)


class Choice(Says):
    """One of the wordings of `random`."""

    use: Text | None = None
    """A named reply instead."""


Choices = Annotated[tuple[Choice, ...], BeforeValidator(_read_entries)]


class Variant(Says):
    """One entry of a reply: what is said when its `if` holds."""

    if_: Conditions = Field(default=(), alias="if")
    """When this entry is said; an entry without `if` always holds, so it is the last one."""
    use: Text | None = None
    """A named reply instead."""
    random: Choices = ()
    """Several wordings, of which any one is said."""


Reply = Annotated[tuple[Variant, ...], BeforeValidator(_read_reply)]


class Notify(Part):
    """Tell an admin."""

    to: Text
    """The name of the admin, from `admins`."""
    text: Text
    """What the admin is told; the names of texts can be used."""
    every: Duration | None = None
    """At most once in this time: `12h`."""


class Told(Part):
    """Whom a handover tells."""

    to: Text
    """The name of the admin."""
    text: Text | None = None
    """What the admin is told; without it, a short text of our own."""


def _read_told(value: object) -> object:
    return {"to": value} if isinstance(value, str) else value


class Handover(Part):
    """Leave the chat to a person for a time. A running flow ends."""

    for_: Period = Field(alias="for")
    """How long the bot is silent in that chat: `4h`."""
    notify: Annotated[Told | None, BeforeValidator(_read_told)] = None
    """The admin who is told, or `{to, text}` with a text of your own."""


def _read_handover(value: object) -> object:
    return {"for": value} if isinstance(value, str) else value


def _read_fields(value: object) -> object:
    """Read names alone as fields that hold what was captured or answered under that name."""
    if isinstance(value, dict):
        return value
    listed = as_list(value)
    if isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        return dict.fromkeys(listed)
    raise expected("a list of names such as [produk, jumlah], or names with texts", value)


class Record(Part):
    """Keep something that can be exported: an order, a complaint."""

    kind: Name
    """What it is, such as `order`: `flask records export order` writes all of them."""
    fields: Annotated[dict[Name, Text | None], BeforeValidator(_read_fields)]
    """Names of steps and captures, `[produk, jumlah]`, or names with texts, `{total: "…"}`."""


class Outcome(Part):
    """What is said and done at the end of something."""

    reply: Reply | None = None
    """What is said: a text, a map with buttons and the like, a list of which the first entry that
    holds is said, or `none`."""
    use: Text | None = None
    """The name of a reply from `replies` instead."""
    notify: Notify | None = None
    """Tells an admin something."""
    handover: Annotated[Handover | None, BeforeValidator(_read_handover)] = None
    """Leaves the chat to a person for a time; then the bot answers again by itself."""
    tag: Texts = ()
    """Words that are remembered of the contact, for `if: {tag: …}`."""
    untag: Texts = ()
    """Words that are forgotten again."""
    record: Record | None = None
    """Keeps something that can be exported."""
    start: Text | None = None
    """The name of the flow that starts."""
    call: "Call | None" = None
    """Runs a function of your own Python module; what it returns is said."""
    http: "Http | None" = None
    """Asks an address of your own; its answer may be the reply."""


def _read_call(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


def _read_http(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


class CallAction(Part):
    """Run a function of your own Python module, by its registered name."""

    name: Text
    """The name under which it is registered."""
    with_: dict[Name, Text] = Field(default={}, alias="with")
    """Values for the function; each is a text with `{{ … }}`."""
    on_error: Outcome | None = None
    """What is said and done when a slow function fails."""


class HttpAction(Part):
    """Ask an address of your own. It gets JSON with a signature, and may answer with a reply."""

    url: Url
    """Where to ask."""
    timeout: Period = timedelta(seconds=10)
    """How long to wait for the answer, 30 s at most."""
    with_: dict[Name, Text] = Field(default={}, alias="with")
    """Values to send along; each is a text with `{{ … }}`."""
    on_error: Outcome | None = None
    """What is said and done when there is no answer, or a bad one."""


Call = Annotated[CallAction, BeforeValidator(_read_call)]
Http = Annotated[HttpAction, BeforeValidator(_read_http)]
Outcome.model_rebuild()
CallAction.model_rebuild()
HttpAction.model_rebuild()
