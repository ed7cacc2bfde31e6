"""Put what an answer says and wants among the changes of the batch. Pure."""

from typing import Any

from bot.effects import EffectKind, NewEffect
from bot.gateways.base import Gateway
from bot.gateways.reading import cleaned
from bot.inbox.arrivals import ADDRESS_LIMIT, KEY_LIMIT, folded
from bot.inbox.changes import Changes, NewRecord, Notification, Outgoing, Pending, Raised
from bot.inbox.menus import menu_of
from bot.outbox.adapt import adapt
from bot.rules import Answer, Book, HttpCall, Later, Notify, Record, TaskCall

# Replies count from 0, notifications from here: both belong to the same event.
NOTIFICATION_POSITION = 1000


def say(pending: Pending, answer: Answer, changes: Changes, gateway: Gateway, book: Book) -> None:
    """Queue the replies, in the words that the gateway can carry."""
    assert pending.place is not None  # noqa: S101 - whoever has a conversation has a place
    abilities = gateway.abilities(pending.event.device)
    language = book.settings.language
    parts = [
        (reply, part)
        for reply in answer.replies
        for part in adapt(reply.content, abilities, language=language)
    ]
    for position, (reply, part) in enumerate(parts):
        changes.outgoing.append(
            Outgoing(
                pending=pending,
                position=position,
                place=pending.place,
                content=part,
                rules=reply.rules,
                version=book.version,
                automatic=reply.automatic,
                useful_for=reply.useful_for,
            )
        )
    if parts:
        last = parts[-1][1]
        changes.talks[pending.place].menu = menu_of(last)


def want(pending: Pending, answer: Answer, changes: Changes, gateway: Gateway, book: Book) -> None:
    """Put down what the rules want done: tell, keep, ask, and be reminded."""
    for number, effect in enumerate(answer.effects):
        match effect:
            case Notify():
                changes.notifications.append(
                    Notification(
                        pending=pending,
                        position=NOTIFICATION_POSITION + number,
                        device=effect.device or pending.event.device,
                        recipient=gateway.address(effect.to),
                        text=effect.text[: gateway.capabilities.text_limit],
                        rule=effect.rule,
                        version=book.version,
                    )
                )
            case Record():
                changes.records.append(
                    NewRecord(
                        pending=pending,
                        position=number,
                        place=pending.place,
                        kind=effect.kind,
                        fields=effect.fields,
                        rule=effect.rule,
                    )
                )
            case Later() if pending.place:
                changes.raised.append(
                    Raised(
                        pending=pending,
                        place=pending.place,
                        kind=effect.event,
                        at=effect.at,
                        details=effect.details,
                    )
                )
            case HttpCall() | TaskCall():
                changes.effects.append(_asked(pending, effect, number))


def _asked(pending: Pending, effect: HttpCall | TaskCall, number: int) -> NewEffect:
    event = pending.event
    details: dict[str, Any] = {
        "body": dict(effect.body),
        "place": effect.place,
        "rule": effect.rule,
    }
    if isinstance(effect, HttpCall):
        kind = EffectKind.ASK_ADDRESS
        details |= {"url": effect.url, "timeout": effect.timeout.total_seconds()}
    else:
        kind = EffectKind.RUN_TASK
        details["name"] = effect.name
    return NewEffect(
        kind=kind,
        key=f"{pending.id}:{number}",
        gateway=event.gateway,
        device=folded(event.device, KEY_LIMIT),
        address=event.address and folded(event.address, ADDRESS_LIMIT),
        event_id=pending.id,
        details=cleaned(details),
    )
