"""Switch the bot off and on: in one chat, by whoever writes from the device, or for a whole device,
by an admin who writes to it. Pure.
"""

from datetime import datetime

from bot.content import Text
from bot.events import Chat, InternalEvent, Kind, MessageReceived, MessageType
from bot.gateways.base import Gateway
from bot.inbox.admin_words import AdminWord, Wish, read_admin_word
from bot.inbox.arrivals import ADDRESS_LIMIT, folded
from bot.inbox.changes import Changes, Outgoing, Pending, Place, Raised, Talk
from bot.outbox.stops import UNTIL_RESUMED
from bot.rules import Book, without_flow
from bot.rules.schema import EXPIRES

# What the history shows as the rule of such an answer.
RULE = "#bot"


def word_of_admin(pending: Pending, message: MessageReceived, book: Book) -> AdminWord | None:
    """Return what an admin wants of the bot; None for whatever else, and whoever else writes."""
    is_admin = message.phone and message.phone in {admin.to for admin in book.admins.values()}
    if not is_admin or message.chat is not Chat.PRIVATE or message.type is not MessageType.TEXT:
        return None
    sent_at = message.occurred_at or pending.received_at
    # What comes so late was meant for another time.
    is_stale = pending.received_at - sent_at > book.settings.max_age
    return None if is_stale else read_admin_word(message.text)


def obey(
    pending: Pending,
    word: AdminWord,
    changes: Changes,
    book: Book,
    *,
    gateway: Gateway | None,
    now: datetime,
) -> None:
    """Do what an admin wants, and answer through `gateway`, if there is one."""
    assert pending.place is not None  # noqa: S101 - a message has a conversation
    gateway_name, device, _ = pending.place
    until = _until(word, now)
    if gateway is not None:
        is_asked = word.wish is Wish.TELL
        told = changes.talks[pending.place].off_until if is_asked else until
        changes.outgoing.append(
            Outgoing(
                pending=pending,
                position=0,
                place=pending.place,
                content=Text(text=_answer(word, told, book, now=now)),
                rules=(RULE,),
                version=book.version,
                automatic=False,
                useful_for=EXPIRES,
            )
        )
    match word.wish:
        case Wish.ON | Wish.OFF if word.contact:
            address = gateway.address(word.contact) if gateway else word.contact
            place = (gateway_name, device, folded(address, ADDRESS_LIMIT))
            changes.raised.append(_switched(pending, place, until, word.contact, now=now))
        case Wish.ON | Wish.OFF:
            changes.switched[(gateway_name, device)] = until
            for (name, where, _), talk in changes.talks.items():
                if (name, where) == (gateway_name, device):
                    talk.off_until = until


def hear_switch(pending: Pending, event: InternalEvent, changes: Changes, *, now: datetime) -> None:
    """Do in a chat what an admin wants there."""
    if pending.place is None:
        return
    told = event.details.get("until")
    until = datetime.fromisoformat(told) if isinstance(told, str) else None
    if until is None:
        switch_on(changes.talks[pending.place])
    elif until > now:
        switch_off(pending, pending.place, changes, until=until, before=now)


def switch_on(talk: Talk) -> None:
    """Let the bot answer a contact again, whoever it was left to."""
    talk.human_at = talk.taken_until = talk.handover_until = None
    talk.has_changed = True


def switch_off(
    pending: Pending, place: Place, changes: Changes, *, until: datetime, before: datetime
) -> None:
    """Leave a contact to a person, and take back what was to be said before a time."""
    talk = changes.talks[place]
    talk.state = without_flow(talk.state)
    # For what is under way now, and may come back.
    talk.taken_until = max(before, talk.taken_until or before)
    changes.taken_over.append((place, before))
    leave(pending, place, changes, until=until)


def leave(pending: Pending, place: Place, changes: Changes, *, until: datetime) -> None:
    """Leave a contact to a person until a time, and come back to it then."""
    talk = changes.talks[place]
    talk.handover_until = until
    talk.has_changed = True
    if until < UNTIL_RESUMED:
        changes.raised.append(
            Raised(pending=pending, place=place, kind=Kind.HANDOVER_ENDED, at=until)
        )


def written_until(word: AdminWord, written_at: datetime) -> datetime:
    """Return until when a word that was written then switches off."""
    return written_at + word.for_ if word.for_ else UNTIL_RESUMED


def _until(word: AdminWord, now: datetime) -> datetime | None:
    return written_until(word, now) if word.wish is Wish.OFF else None


def _switched(
    pending: Pending, place: Place, until: datetime | None, phone: str, *, now: datetime
) -> Raised:
    return Raised(
        pending=pending,
        place=place,
        kind=Kind.BOT_SWITCHED,
        at=now,
        details={"until": until.isoformat() if until else None},
        phone=phone,
    )


def _answer(word: AdminWord, until: datetime | None, book: Book, *, now: datetime) -> str:
    phrases = book.language.phrases
    if word.wish is Wish.UNCLEAR or (word.wish is Wish.TELL and word.contact):
        return phrases["switch_words"]
    if until is None or until <= now:
        told = phrases["switched_on"]
    elif until == UNTIL_RESUMED:
        told = phrases["switched_off"]
    else:
        when = _time(until, book, now=now)
        told = f"{phrases['switched_off'].rstrip('.')} {book.language.hours.until} {when}."
    return f"{word.contact}: {told}" if word.contact else told


def _time(until: datetime, book: Book, *, now: datetime) -> str:
    local, today = until.astimezone(book.zone), now.astimezone(book.zone).date()
    time = f"{local:%H:%M}"
    if local.date() == today:
        return time
    return f"{local.day} {book.language.months[local.month - 1][0].title()} {time}"
