"""What people do in a conversation apart from any rule: write, answer, wish, and be left to. Pure.

A person who answers from the device takes the conversation over: the bot is silent for a while,
and what it had not sent yet is taken back.
"""

from datetime import datetime

from bot.events import (
    NEVER_ANSWERED_TYPES,
    Author,
    Chat,
    Event,
    Kind,
    Message,
    MessageEcho,
    MessageType,
)
from bot.inbox.admin_words import AdminWord, Wish, read_admin_word
from bot.inbox.changes import Changes, Pending, Raised, Talk
from bot.inbox.switching import leave, switch_off, switch_on, written_until
from bot.outbox import Echo, Verdict
from bot.outbox.stops import UNTIL_RESUMED
from bot.rules import Answer, Handover, OptIn, OptOut, Settings, without_flow

# Not `us`: that is said of what came through the API. Not `unknown`: only gateways that tell of
# our own messages under other ids cannot say who wrote (WAGate and Rijan, if they echo at all), so
# one of ours that is not recognised would silence the bot.
PEOPLE = frozenset({Author.OWNER, Author.AGENT})


def hear_echo(pending: Pending, echo: MessageEcho, changes: Changes, settings: Settings) -> None:
    """Let a person who wrote from the device take the conversation over."""
    changes.echoes.append((pending, echo))
    talk = changes.talks.get(pending.place) if pending.place else None
    if talk is None or pending.place is None:
        return
    verdict = talk.verdicts[pending.id]
    if ends_menu(echo, verdict):
        talk.menu = None
    if not takes_over(echo, verdict, settings):
        return
    written_at = min(echo.occurred_at or pending.received_at, pending.received_at)
    word = _word(echo)
    if word and verdict.is_known:
        return  # told again: somebody may have wanted the opposite since
    if word and word.wish is Wish.ON:
        # Not the end of what a person has said since.
        if talk.human_at is None or talk.human_at <= written_at:
            switch_on(talk)
        return
    talk.human_at = max(written_at, talk.human_at or written_at)
    talk.state = without_flow(talk.state)
    talk.has_changed = True
    if settings.takeover.for_:
        until = written_at + settings.takeover.for_
        talk.taken_until = max(until, talk.taken_until or until)
        changes.taken_over.append((pending.place, until))
    if word and word.wish is Wish.OFF:
        off_until = written_until(word, written_at)
        if off_until > pending.received_at:
            switch_off(pending, pending.place, changes, until=off_until, before=off_until)


def takes_over(echo: MessageEcho, verdict: Verdict, settings: Settings) -> bool:
    """Return whether an echo shows that a person answers this contact.

    Never while it could still be a word of ours, nor when it repeats one.
    """
    return (
        verdict.whose is Echo.FOREIGN
        and not verdict.has_our_words
        and echo.chat is Chat.PRIVATE
        and echo.type not in NEVER_ANSWERED_TYPES
        and (echo.author in PEOPLE or (settings.takeover.ai and echo.author is Author.AI))
    )


def hear_contact(pending: Pending, changes: Changes, *, now: datetime) -> None:
    """Note that a contact wrote or called, which lets go what waited for that."""
    event = pending.event
    talk = changes.talks.get(pending.place) if pending.place else None
    if talk is None or pending.place is None or _is_news(event):
        return
    wrote_at = min(event.occurred_at or pending.received_at, now)
    talk.wrote_at = max(wrote_at, talk.wrote_at or wrote_at)
    talk.has_changed = True
    changes.wrote.append(pending.place)


def apply_wishes(answer: Answer, talk: Talk | None, *, now: datetime) -> None:
    """Remember whether a contact wants to be left alone."""
    for effect in answer.effects:
        if talk and isinstance(effect, OptOut | OptIn):
            talk.opted_out_at = now if isinstance(effect, OptOut) else None
            talk.has_changed = True


def hand_over(pending: Pending, answer: Answer, changes: Changes) -> None:
    """Leave a contact to a person for as long as the rules say."""
    for effect in answer.effects:
        if isinstance(effect, Handover) and pending.place:
            leave(pending, pending.place, changes, until=effect.until)


def is_over(pending: Pending, changes: Changes, settings: Settings, *, now: datetime) -> bool:
    """Return whether a handover has just ended; if a person still answers, look again later."""
    talk = changes.talks.get(pending.place) if pending.place else None
    if talk is None or pending.place is None or talk.handover_until is None:
        return False
    takeover = settings.takeover.for_
    busy_until = talk.human_at + takeover if talk.human_at and takeover else now
    until = max(talk.handover_until, busy_until)
    if until <= now:
        talk.handover_until = None
        talk.has_changed = True
        return True
    if until < UNTIL_RESUMED:
        changes.raised.append(
            Raised(pending=pending, place=pending.place, kind=Kind.HANDOVER_ENDED, at=until)
        )
    return False


def ends_menu(echo: MessageEcho, verdict: Verdict) -> bool:
    """Return whether somebody else said something, so that the menu is not the last thing said."""
    is_ours = verdict.whose is Echo.OURS or verdict.has_our_words
    return echo.type not in NEVER_ANSWERED_TYPES and not is_ours


def _word(echo: MessageEcho) -> AdminWord | None:
    """Return how a person switches the bot in this chat, None if they say something else."""
    if echo.type is not MessageType.TEXT or echo.author not in PEOPLE:
        return None
    word = read_admin_word(echo.text)
    return None if word is None or word.contact else word


def _is_news(event: Event) -> bool:
    """Return whether WhatsApp tells something of a contact who did nothing here."""
    return isinstance(event, Message) and event.type is MessageType.SYSTEM
