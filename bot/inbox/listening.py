"""What listeners of the user's own module are told of an event: tasks of their own, later. Pure."""

from collections.abc import Iterator
from dataclasses import replace

from bot.effects import EffectKind, NewEffect
from bot.events import MessageReceived
from bot.inbox.arrivals import ADDRESS_LIMIT, KEY_LIMIT, folded
from bot.inbox.changes import Changes, Pending
from bot.rules import Answer, Book, Turn
from bot.rules.draft import Draft
from bot.rules.extensions import RECORD_KEPT
from bot.rules.occasion import Occasion


def tell_listeners(
    pending: Pending, turn: Turn, answer: Answer | None, changes: Changes, book: Book
) -> Iterator[NewEffect]:
    """Yield what is told of an event that was folded just now, and of what was kept because of it.

    A message that came twice is told once.
    """
    is_new = any(item.pending.id == pending.id for item in changes.incoming)
    if isinstance(pending.event, MessageReceived) and not is_new:
        return
    occasion = _occasion(turn, answer, book)
    yield from _tell(pending, occasion, book, number=0)
    if RECORD_KEPT in book.extensions.listeners:
        kept = (record for record in changes.records if record.pending.id == pending.id)
        for number, record in enumerate(kept, start=1):
            told = replace(
                occasion,
                event=RECORD_KEPT,
                rule=record.rule,
                details={"kind": record.kind, "fields": dict(record.fields)},
            )
            yield from _tell(pending, told, book, number=number)


def _occasion(turn: Turn, answer: Answer | None, book: Book) -> Occasion:
    state = answer.state if answer else turn.conversation.state
    spoke = answer.explanation.rules if answer else ()
    return replace(Draft(book, turn, state).occasion(), rule=spoke[-1] if spoke else "")


def _tell(pending: Pending, occasion: Occasion, book: Book, *, number: int) -> Iterator[NewEffect]:
    event = pending.event
    for name in book.extensions.listeners.get(occasion.event, {}):
        yield NewEffect(
            kind=EffectKind.TELL_LISTENER,
            key=folded(f"{pending.id}:{number}:{name}", KEY_LIMIT),
            gateway=event.gateway,
            device=folded(event.device, KEY_LIMIT),
            address=event.address and folded(event.address, ADDRESS_LIMIT),
            event_id=pending.id,
            details={"name": name, "body": occasion.as_json()},
        )
