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
    MessageEcho,
    MessageReceived,
    MessageType,
    StatusChanged,
)
from bot.failures import describe
from bot.gateways.base import Gateway
from bot.inbox.answering import say, want
from bot.inbox.changes import Changes, DeviceKey, Incoming, Pending, Place, Talk
from bot.inbox.errands import errands, restart
from bot.inbox.listening import tell_listeners
from bot.inbox.menus import pressed
from bot.inbox.people import apply_wishes, hand_over, hear_contact, hear_echo, is_over
from bot.inbox.statuses import has_status_rules
from bot.inbox.switching import RULE, hear_switch, obey, word_of_admin
from bot.inbox.turns import open_menu, turn_of
from bot.rules import Answer, Book, State, Turn, play, release
from bot.rules.guards import COLLAPSED

NAME_LIMIT = 255


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
        error = _try(pending, changes, known, responder, now=now)
        if error and pending.said_before:
            _fold_apart(pending, changes, known, responder, now=now)
        elif error:
            changes.failed.append((pending.id, error))
    return changes


def _try(
    pending: Pending,
    changes: Changes,
    known: set[tuple[Place, str]],
    responder: Responder,
    *,
    now: datetime,
) -> str | None:
    """Fold an event, or change nothing and return what went wrong."""
    talks = changes.talks
    before = pending.place and pending.place in talks and replace(talks[pending.place])
    marks = [len(part) for part in changes.messages()]
    turns_before = len(changes.turns)
    try:
        _fold_event(pending, changes, known, responder, now=now)
        if responder.book.extensions.listeners:
            played = changes.turns[turns_before:]
            _tell_listeners(pending, played, changes, responder, now=now)
    except Exception as error:  # noqa: BLE001 - one event's failure must not stop its neighbours
        for part, mark in zip(changes.messages(), marks, strict=True):
            del part[mark:]
        if pending.place and before:
            talks[pending.place] = before
        return describe(error)
    changes.processed.append(pending.id)
    return None


def _fold_apart(
    last: Pending,
    changes: Changes,
    known: set[tuple[Place, str]],
    responder: Responder,
    *,
    now: datetime,
) -> None:
    """Answer one by one what could not be answered together: only what is at fault fails."""
    apart = (*last.said_before, replace(last, said_before=()))
    ids = {pending.id for pending in apart}
    changes.processed = [each for each in changes.processed if each not in ids]
    changes.incoming = [each for each in changes.incoming if each.pending.id not in ids]
    changes.effects = [each for each in changes.effects if each.event_id not in ids]
    known -= {(pending.place, _external_id(pending)) for pending in apart if pending.place}
    for pending in apart:
        if error := _try(pending, changes, known, responder, now=now):
            changes.failed.append((pending.id, error))


def _external_id(pending: Pending) -> str:
    return getattr(pending.event, "external_id", None) or ""


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
            if not pending.is_hushed and has_status_rules(responder.book):
                changes.heard.add(pending.id)
                _answer(pending, changes, responder, now=now)
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
    if pending.is_collapsed:
        _keep(pending, message, changes, responder, now=now)
        return
    meant = _with_words_before(pending, pressed(message, open_menu(talk)))
    understood = replace(pending, event=meant)
    answer, explanation = _answer_message(understood, message, changes, responder, now=now)
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


def _keep(
    pending: Pending,
    message: MessageReceived,
    changes: Changes,
    responder: Responder,
    *,
    now: datetime,
) -> None:
    """Keep what is answered together with a later message."""
    explanation = {"version": responder.book.version, "guard": COLLAPSED}
    changes.incoming.append(
        Incoming(pending=pending, message=message, text=message.text, explanation=explanation)
    )
    hear_contact(pending, changes, now=now)


def _with_words_before(pending: Pending, message: MessageReceived) -> MessageReceived:
    if not pending.said_before:
        return message
    before = [getattr(each.event, "text", "") for each in pending.said_before]
    texts = (*before, message.text)
    return replace(message, text="\n".join(text for text in texts if text.strip()))


def _answer_message(
    pending: Pending,
    typed: MessageReceived,
    changes: Changes,
    responder: Responder,
    *,
    now: datetime,
) -> tuple[Answer | None, Mapping[str, object]]:
    """Answer a message, and say why in the words of the history."""
    obstacle = responder.obstacle(typed)
    word = word_of_admin(pending, typed, responder.book)
    if word is not None:
        gateway = None if obstacle else responder.gateways[typed.gateway]
        obey(pending, word, changes, responder.book, gateway=gateway, now=now)
        return None, {"version": responder.book.version, "rules": [RULE]}
    answer = _answer(pending, changes, responder, now=now)
    return answer, answer.explanation.as_json() if answer else {"guard": obstacle}


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
    if event.name is Kind.BOT_SWITCHED:
        hear_switch(pending, event, changes, now=now)
    elif event.name is not Kind.HANDOVER_ENDED or is_over(
        pending, changes, responder.book.settings, now=now
    ):
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
    turn = turn_of(pending, talk, state, now=now)
    answer = play(responder.book, turn)
    changes.turns.append((turn, answer))
    apply_wishes(answer, talk, now=now)
    if responder.obstacle(event):
        return None
    gateway = responder.gateways[event.gateway]
    if talk is None:
        changes.memories[device] = answer.state
    else:
        talk.state = answer.state
        talk.has_changed = True
        hand_over(pending, answer, changes)
        if not isinstance(event, StatusChanged):  # nobody has said anything
            say(pending, answer, changes, gateway, responder.book)
    want(pending, answer, changes, gateway, responder.book)
    return answer


def _tell_listeners(
    pending: Pending,
    played: Sequence[tuple[Turn, Answer]],
    changes: Changes,
    responder: Responder,
    *,
    now: datetime,
) -> None:
    """Let the user's own module hear of the event; an echo has played no turn."""
    if played:
        turn, answer = played[-1]
        changes.effects += tell_listeners(pending, turn, answer, changes, responder.book)
    else:
        talk = changes.talks.get(pending.place) if pending.place else None
        turn = turn_of(pending, talk, talk.state if talk else State(), now=now)
        changes.effects += tell_listeners(pending, turn, None, changes, responder.book)
