"""Guards, effects and questions in words."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.rules import guards
from bot.rules.answers import TODAY, Asked
from bot.rules.draft import Turn
from bot.rules.effects import (
    Effect,
    Handover,
    HttpCall,
    Later,
    Notify,
    OptIn,
    OptOut,
    Record,
    TaskCall,
)
from bot.rules.parts import Book

_KINDS = {
    "int": "a whole number",
    "number": "a number",
    "phone": "a phone number",
    "email": "an email address",
    "date": "a date",
    "text": "a text",
}
_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def guard_in_words(guard: str, book: Book, turn: Turn) -> str:
    """Return what a guard means for this message."""
    view, settings = turn.conversation, book.settings
    match guard:
        case guards.ECHO:
            return "it was sent from our own number"
        case guards.CHAT:
            return f"settings.chats is {settings.chats}"
        case guards.TYPE:
            return "nobody answers messages of this type"
        case guards.OPTED_OUT:
            return "the contact wants no automatic replies"
        case guards.NEEDS_HUMAN:
            return "the gateway says that a person is wanted"
        case guards.SWITCHED_OFF if view.off_until:
            return f"an admin has switched the bot off until {clock(view.off_until, book.zone)}"
        case guards.STALE:
            return f"it is older than max_age, {length(settings.max_age)}"
        case guards.LOOP:
            most = settings.loop_guard
            return (
                f"{most.replies} replies within {length(most.within)} were reached: "
                f"silent for {length(most.pause)}"
            )
        case guards.TAKEOVER if view.human_at:
            until = view.human_at + settings.takeover.for_
            return (
                f"a person wrote at {clock(view.human_at, book.zone)}: "
                f"silent until {clock(until, book.zone)}"
            )
        case guards.HANDOVER if view.handover_until:
            return f"a rule left it to a person until {clock(view.handover_until, book.zone)}"
    return ""


def in_words(effect: Effect) -> str:
    """Return an effect in words."""
    match effect:
        case Notify():
            return f"notify {effect.admin}: {effect.text}"
        case OptOut():
            return f"no more automatic replies for this contact ({effect.rule})"
        case OptIn():
            return f"automatic replies again for this contact ({effect.rule})"
        case Handover():
            return f"a person answers until {effect.until:%Y-%m-%d %H:%M} UTC ({effect.rule})"
        case Record():
            kept = ", ".join(f"{name} = {value}" for name, value in effect.fields.items())
            return f"record {effect.kind}: {kept}"
        case HttpCall():
            return f"ask {effect.url.partition('?')[0]} ({effect.rule})"
        case TaskCall():
            return f"run {effect.name} ({effect.rule})"
        case Later():
            return f"{effect.event} at {effect.at:%Y-%m-%d %H:%M} UTC ({effect.rule})"
    return effect.rule


def question_in_words(asked: Asked) -> str:
    """Return what the answer to a question must be."""
    if asked.kind == "choice":
        return f"one of {', '.join(asked.choices)}"
    if asked.kind == "table":
        return f"a row of {asked.table.name}" if asked.table else "a row of a table"
    least, most = _limit(asked.least), _limit(asked.most)
    unit = " characters" if asked.kind == "text" else ""
    kind = _KINDS.get(asked.kind, asked.kind)
    if least and most:
        return f"{kind} from {least} to {most}{unit}"
    if least:
        return f"{kind}, at least {least}{unit}"
    return f"{kind}, at most {most}{unit}" if most else kind


def clock(at: datetime, zone: ZoneInfo) -> str:
    """Return a time as the file means it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def length(duration: timedelta) -> str:
    """Return a duration as it is written in the file: 2h, 1h30m."""
    seconds = int(duration.total_seconds())
    written = ""
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        written += f"{count}{unit}" if count else ""
    return written or "0s"


def _limit(limit: Decimal | date | None) -> str:
    if limit is None:
        return ""
    return "today" if limit == TODAY else str(limit)
