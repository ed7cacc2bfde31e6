"""What each event of a batch changes, worked out in memory: no database, no network, no clock.

The rules are played here. An event that raises is set aside as failed; its neighbours go on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.events import (
    CallReceived,
    DeviceChanged,
    Event,
    InternalEvent,
    Kind,
    Message,
    MessageEcho,
    MessageReceived,
    MessageType,
    StatusChanged,
)
from bot.failures import describe
from bot.gateways.base import Gateway
from bot.inbox.changes import (
    Changes,
    DeviceKey,
    Incoming,
    Notification,
    Outgoing,
    Pending,
    Place,
    Talk,
)
from bot.inbox.errands import errands, restart
from bot.inbox.menus import menu_of, pressed
from bot.inbox.people import apply_wishes, hand_over, hear_contact, hear_echo
from bot.outbox.adapt import adapt
from bot.rules import (
    Answer,
    Book,
    ConversationView,
    Notify,
    State,
    Turn,
    play,
    release,
)

NAME_LIMIT = 255
# Replies count from 0, notifications from here: both belong to the same event.
NOTIFICATION_POSITION = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Who answers: the rules in force and the gateways that can carry an answer.

    `marks_read` and `shows_typing` say what a contact who gets an answer is shown besides.
    """

    book: Book
    gateways: Mapping[str, Gateway]
    marks_read: bool = False
    shows_typing: bool = False

    def obstacle(self, event: Event) -> str | None:
        """Return why no answer could be sent from the event's device, None if one can."""
        gateway = self.gateways.get(event.gateway)
        account = gateway and gateway.account(event.device)
        if not account:
            return "not configured"
        if not account.can_send:
            return "receive-only"
        return self.gateways[event.gateway].not_answered(event)


def fold(
    batch: Sequence[Pending],
    talks: dict[Place, Talk],
    memories: dict[DeviceKey, State],
    known: set[tuple[Place, str]],
    responder: Responder,
    *,
    now: datetime,
) -> Changes:
    """Return what the events change. `known` holds the external ids already in the history."""
    changes = Changes(talks=talks, memories=memories)
    for pending in batch:
        before = pending.place and pending.place in talks and replace(talks[pending.place])
        marks = [len(part) for part in changes.messages()]
        try:
            _fold_event(pending, changes, known, responder, now=now)
        except Exception as error:  # noqa: BLE001 - one event's failure must not stop its neighbours
            for part, mark in zip(changes.messages(), marks, strict=True):
                del part[mark:]
            if pending.place and before:
                talks[pending.place] = before
            changes.failed.append((pending.id, describe(error)))
        else:
            changes.processed.append(pending.id)
    return changes


def _fold_event(
    pending: Pending,
    changes: Changes,
    known: set[tuple[Place, str]],
    responder: Responder,
    *,
    now: datetime,
) -> None:
    match pending.event:
        case MessageReceived() as message:
            _fold_message(pending, message, changes, known, responder, now=now)
        case MessageEcho() as echo:
            hear_echo(pending, echo, changes, responder.book.settings)
        case StatusChanged() as status:
            changes.statuses.append((pending, status))
        case DeviceChanged() as device:
            changes.devices[(device.gateway, device.device)] = device
            changes.effects += restart(pending, device, responder.gateways.get(device.gateway))
            _answer(pending, changes, responder, now=now)
        case CallReceived():
            _answer(pending, changes, responder, now=now)
            hear_contact(pending, changes, now=now)
        case InternalEvent() as internal:
            _fold_internal(pending, internal, changes, responder, now=now)
        case _:
            _answer(pending, changes, responder, now=now)


def _fold_message(
    pending: Pending,
    message: MessageReceived,
    changes: Changes,
    known: set[tuple[Place, str]],
    responder: Responder,
    *,
    now: datetime,
) -> None:
    place = pending.place
    if place is None:
        return
    if message.external_id:
        if (place, message.external_id) in known:
            return
        known.add((place, message.external_id))
    talk = changes.talks[place]
    meant = pressed(message, talk.menu)
    understood = replace(pending, event=meant)
    answer = _answer(understood, changes, responder, now=now)
    explanation = (
        {"guard": responder.obstacle(message)} if answer is None else answer.explanation.as_json()
    )
    changes.incoming.append(
        Incoming(pending=pending, message=meant, text=message.text, explanation=explanation)
    )
    changes.effects += errands(
        understood,
        responder.gateways.get(message.gateway),
        is_answered=bool(answer and answer.replies),
        marks_read=responder.marks_read,
        shows_typing=responder.shows_typing,
    )
    hear_contact(pending, changes, now=now)
    if new_address := _new_address(message):
        changes.moves.append((place, new_address))
    talk.last_inbound_at = max(pending.received_at, talk.last_inbound_at or pending.received_at)
    talk.name = (message.name or talk.name or "")[:NAME_LIMIT] or None
    talk.phone = message.phone or talk.phone
    talk.chat = message.chat
    talk.has_changed = True


def _new_address(message: MessageReceived) -> str | None:
    """Return the address under which a contact says to be reached from now on."""
    found = message.details.get("new_address") if message.type is MessageType.SYSTEM else None
    return found if isinstance(found, str) and found and found != message.address else None


def _fold_internal(
    pending: Pending,
    event: InternalEvent,
    changes: Changes,
    responder: Responder,
    *,
    now: datetime,
) -> None:
    if event.name is Kind.SEND_FAILED and pending.place:
        talk = changes.talks[pending.place]
        talk.state = release(talk.state, tuple(_strings(event.details.get("rules"))))
        talk.has_changed = True
    _answer(pending, changes, responder, now=now)


def _strings(value: object) -> Iterable[str]:
    return (str(item) for item in value) if isinstance(value, list | tuple) else ()


def _answer(
    pending: Pending, changes: Changes, responder: Responder, *, now: datetime
) -> Answer | None:
    """Play the rules and queue what they say; None when no answer could be sent anyway.

    Even then a contact's wish to be left alone is heard.
    """
    event = pending.event
    talk = changes.talks.get(pending.place) if pending.place else None
    device = (event.gateway, event.device)
    state = talk.state if talk else changes.memories.get(device, State())
    answer = play(responder.book, _turn(pending, talk, state, now=now))
    apply_wishes(answer, talk, now=now)
    if responder.obstacle(event):
        return None
    if talk is None:
        changes.memories[device] = answer.state
    else:
        talk.state = answer.state
        talk.has_changed = True
        hand_over(answer, talk)
        _reply(pending, answer, changes, responder)
    _notify(pending, answer, changes, responder)
    return answer


def _reply(pending: Pending, answer: Answer, changes: Changes, responder: Responder) -> None:
    assert pending.place is not None  # noqa: S101 - whoever has a conversation has a place
    gateway = responder.gateways[pending.event.gateway]
    abilities = gateway.abilities(pending.event.device)
    language = responder.book.settings.language
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
                version=responder.book.version,
                automatic=reply.automatic,
                useful_for=reply.useful_for,
            )
        )
    if parts:
        last = parts[-1][1]
        changes.talks[pending.place].menu = menu_of(last)


def _notify(pending: Pending, answer: Answer, changes: Changes, responder: Responder) -> None:
    gateway = responder.gateways[pending.event.gateway]
    for number, effect in enumerate(answer.effects):
        if isinstance(effect, Notify):
            changes.notifications.append(
                Notification(
                    pending=pending,
                    position=NOTIFICATION_POSITION + number,
                    device=effect.device or pending.event.device,
                    recipient=gateway.address(effect.to),
                    text=effect.text[: gateway.capabilities.text_limit],
                    rule=effect.rule,
                    version=responder.book.version,
                )
            )


def _turn(pending: Pending, talk: Talk | None, state: State, *, now: datetime) -> Turn:
    event = pending.event
    # Other events have names, too, but not those of contacts.
    name = event.name if isinstance(event, Message) else None
    phone = event.phone if isinstance(event, Message | CallReceived) else None
    view = ConversationView(
        name=name or (talk.name if talk else None),
        phone=phone or (talk.phone if talk else None),
        first=talk is None or talk.last_inbound_at is None,
        last_inbound_at=talk.last_inbound_at if talk else None,
        opted_out=bool(talk and talk.opted_out_at),
        human_at=talk.human_at if talk else None,
        handover_until=talk.handover_until if talk else None,
        state=state,
    )
    return Turn(event=event, now=now, received_at=pending.received_at, conversation=view)
