"""What the database would keep of a rehearsal, in memory."""

from collections.abc import Mapping
from datetime import datetime

from bot.events import Event, MessageEcho
from bot.gateways.base import Gateway
from bot.inbox.changes import Changes, DeviceKey, Pending, Place, Talk
from bot.inbox.fold import Responder, fold
from bot.outbox import Echo, Verdict
from bot.rehearsal.due import Due
from bot.rules import Book, State


class Memory:
    """Conversations, devices, and what is due later. Each event is a batch of its own."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self.due = Due()
        self._gateways = gateways
        self._talks: dict[Place, Talk] = {}
        self._devices: dict[DeviceKey, State] = {}
        self._switched: dict[DeviceKey, datetime | None] = {}
        self._known: set[tuple[Place, str]] = set()
        self._events = 0

    def talk(self, place: Place) -> Talk | None:
        """Return the conversation at a place, if there is one."""
        return self._talks.get(place)

    def begin(
        self,
        place: Place,
        *,
        name: str | None,
        phone: str | None,
        tags: frozenset[str],
        last_inbound_at: datetime | None,
    ) -> Talk:
        """Return a new conversation."""
        gateway, device, _ = place
        self._talks[place] = Talk(
            id=len(self._talks) + 1,
            name=name,
            phone=phone,
            chat="private",
            state=State(tags=tags),
            opted_out_at=None,
            last_inbound_at=last_inbound_at,
            off_until=self._switched.get((gateway, device)),
        )
        return self._talks[place]

    def fold(self, event: Event, place: Place | None, book: Book, *, now: datetime) -> Changes:
        """Let an event happen, and keep what it changes."""
        self._events += 1
        pending = Pending(id=self._events, event=event, place=place, received_at=now)
        if place and isinstance(event, MessageEcho):
            self._talks[place].verdicts = {pending.id: Verdict(whose=Echo.FOREIGN)}
        changes = fold(
            [pending],
            self._talks,
            self._devices,
            self._known,
            Responder(book=book, gateways=self._gateways),
            now=now,
        )
        self.due.add(changes.raised)
        self._switched.update(changes.switched)
        return changes
