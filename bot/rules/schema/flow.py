"""Flows: forms that a contact fills in, question by question."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from bot.rules.schema.actions import Outcome, Reply
from bot.rules.schema.match import Conditions
from bot.rules.schema.part import Part
from bot.rules.values import Count, Limit, Name, Period, StepType, Texts, as_list, expected

RETRIES = 3
FLOW_TIMEOUT = timedelta(minutes=30)


class Step(Part):
    """One question of a flow."""

    id: Name
    """Its name; the answer is `{{ form.<id> }}` from then on."""
    ask: Reply
    """The question: a text, a map with buttons and the like, or a list of which the first entry
    that holds is asked."""
    type: StepType = "text"
    """What the answer must be: `text`, `int`, `number`, `phone`, `email`, `date`, `choice`, or
    `table.NAME` for a row of a table."""
    min: Limit | None = None
    """The smallest value, the earliest date, or the shortest text."""
    max: Limit | None = None
    """The largest value, the latest date, or the longest text."""
    choices: dict[Name, Texts] = Field(default={})
    """For `choice`: each value, with the words that mean it: `{ya: [ya, ok], tidak: [tidak]}`."""
    error: Reply | None = None
    """What is said to an answer that does not fit; the question stays open."""
    retries: Count = RETRIES
    """After so many answers that do not fit the flow ends."""
    on_fail: Outcome | None = None
    """What is said and done after the last one."""
    if_: Conditions = Field(default=(), alias="if")
    """When this is asked at all: `{eq: [form.cara, antar]}`."""


class Done(Outcome):
    """One entry of `done`: what is said and done with a filled form."""

    if_: Conditions = Field(default=(), alias="if")
    """When this entry holds; an entry without `if` always does."""


def _read_steps(value: object) -> object:
    if not isinstance(value, list) or not value:
        raise expected("a list of steps, each with - before it", value)
    return value


def _read_done(value: object) -> object:
    return as_list(value)


class Flow(Part):
    """A form. A rule starts it with `start`; one runs at a time for each contact."""

    steps: Annotated[tuple[Step, ...], BeforeValidator(_read_steps)]
    """The questions, in their order."""
    cancel: Texts = ()
    """Words with which a contact leaves the form: `[batal]`. Every form should have some."""
    on_cancel: Outcome | None = None
    """What is said and done when a contact leaves."""
    timeout: Period = FLOW_TIMEOUT
    """After so long without an answer the form ends."""
    on_timeout: Outcome | None = None
    """What is said and done when the time is over."""
    interrupt: Texts = ()
    """Ids of rules that may answer in the middle of the form; then the question is repeated."""
    done: Annotated[tuple[Done, ...], BeforeValidator(_read_done)] = ()
    """What is said and done with the filled form: the first entry whose `if` holds."""
