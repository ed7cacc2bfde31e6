"""Answer several messages of a contact once: which belong together, and how long to wait. Pure.

Texts belong together while each comes within `settings.collapse` of the one before. Something else
ends that: a picture, a press of a button, a "stop". The last one is answered, with the words of
all. Nobody waits for longer than a few times that long, however much is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from bot.events import NEVER_ANSWERED_TYPES, Chat, MessageReceived, MessageType
from bot.inbox.changes import Pending, Place, Talk
from bot.inbox.fold import Responder
from bot.inbox.menus import pressed
from bot.inbox.raising import AHEAD_KINDS
from bot.inbox.switching import word_of_admin
from bot.inbox.turns import open_menu, turn_of
from bot.rules.urgency import is_urgent

TIMES = 5
LONGEST = timedelta(seconds=30)
# More than this is no sentence in pieces.
MOST = 20
NOBODY = (None, None)


def collapse(
    batch: Sequence[Pending],
    talks: Mapping[Place, Talk],
    known: AbstractSet[tuple[Place, str]],
    responder: Responder,
    *,
    now: datetime,
) -> tuple[list[Pending], dict[int, datetime]]:
    """Return what to fold now, in its order, and when to look again at what waits for more.

    `known` are the messages that are in the history.
    """
    said: dict[Place, list[Pending]] = {}
    for pending in batch:
        if pending.place and _is_said(pending):
            said.setdefault(pending.place, []).append(pending)
    now_due: list[Pending] = []
    waits: dict[int, datetime] = {}
    changed: dict[int, Pending] = {}
    waiting: dict[Place, tuple[Pending, datetime]] = {}
    for place, messages in said.items():
        gathering = _Gathering(talks[place], responder, now=now)
        groups = gathering.groups(_without_repeats(place, messages, known))
        until = gathering.waits_until(groups)
        if until is not None:
            waiting[place] = (groups.pop()[0], until)
        for group in groups:
            changed |= _together(group)
    for pending in batch:
        first, until = waiting.get(pending.place, NOBODY) if pending.place else NOBODY
        if first and until and _order(first) <= _order(pending) and gathers(pending):
            waits[pending.id] = until
        else:
            now_due.append(changed.get(pending.id, pending))
    return now_due, waits


def _order(pending: Pending) -> tuple[datetime, int]:
    return pending.received_at, pending.id


def gathers(pending: Pending) -> bool:
    """Return whether it matters for an event what else was said in its conversation."""
    return _is_said(pending) or pending.event.kind in AHEAD_KINDS


class _Gathering:
    """The messages of one contact, as they are put together."""

    def __init__(self, talk: Talk, responder: Responder, *, now: datetime) -> None:
        self._talk, self._responder, self._now = talk, responder, now
        self._within = responder.book.settings.collapse
        self._longest = min(TIMES * self._within, max(LONGEST, self._within))
        self._is_open = False

    def groups(self, messages: Iterable[Pending]) -> list[list[Pending]]:
        """Return what belongs together, oldest first."""
        groups: list[list[Pending]] = []
        for pending in messages:
            message = pending.event
            if not isinstance(message, MessageReceived):
                continue
            stands_alone = self._stands_alone(pending, message)
            if stands_alone or not self._is_open or not self._follows(groups[-1], pending):
                groups.append([])
            groups[-1].append(pending)
            is_over = stands_alone or self._ends(message) or len(groups[-1]) == MOST
            self._is_open = not is_over
        return groups

    def waits_until(self, groups: Sequence[Sequence[Pending]]) -> datetime | None:
        """Return how long the last group waits for more; None if it does not."""
        if not groups or not self._is_open:
            return None
        first, last = groups[-1][0].received_at, groups[-1][-1].received_at
        until = min(last + self._within, first + self._longest)
        # What lies further ahead comes from a clock that was set back since.
        return until if self._now < until <= self._now + 2 * self._longest else None

    def _follows(self, group: Sequence[Pending], pending: Pending) -> bool:
        since_last = pending.received_at - group[-1].received_at
        since_first = pending.received_at - group[0].received_at
        return since_last <= self._within and since_first <= self._longest

    def _ends(self, message: MessageReceived) -> bool:
        is_text = message.type is MessageType.TEXT
        return not is_text or pressed(message, open_menu(self._talk)) is not message

    def _stands_alone(self, pending: Pending, message: MessageReceived) -> bool:
        responder = self._responder
        if pending.is_large or message.type in NEVER_ANSWERED_TYPES:
            return True
        if responder.obstacle(message):
            return True
        if word_of_admin(pending, message, responder.book):
            return True
        turn = turn_of(pending, self._talk, self._talk.state, now=self._now)
        try:
            return is_urgent(responder.book, turn)
        except Exception:  # noqa: BLE001 - code of the user's own: it fails when it is folded
            return True


def _is_said(pending: Pending) -> bool:
    """Return whether a contact says something in a chat that nobody else writes in."""
    message = pending.event
    return isinstance(message, MessageReceived) and message.chat is Chat.PRIVATE


def _without_repeats(
    place: Place, messages: Iterable[Pending], known: AbstractSet[tuple[Place, str]]
) -> Iterable[Pending]:
    """Yield what is said for the first time: what is in the history is not answered again."""
    seen = set(known)
    for pending in messages:
        external_id = getattr(pending.event, "external_id", None) or ""
        if not external_id or (place, external_id) not in seen:
            yield pending
        seen.add((place, external_id))


def _together(group: Sequence[Pending]) -> dict[int, Pending]:
    """Return the messages of a group as they are folded: the last one speaks for all."""
    *earlier, last = group
    return {
        **{pending.id: replace(pending, is_collapsed=True) for pending in earlier},
        last.id: replace(last, said_before=tuple(earlier)),
    }
