"""Take Meta's envelope apart: one part for every element of every array, change and entry.

Each part carries the smallest envelope that holds it alone, so that it can be read again later,
without its neighbours, and give the same event. Whatever cannot be taken apart is one part.

The envelope: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.events import canonical
from bot.gateways.base import JsonObject
from bot.gateways.numbers import phone_of
from bot.gateways.reading import MAX_KEY, Payload, Text, clean, read_time

OBJECT = "whatsapp_business_account"
GROUP_FIELDS = (
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
)
# Names of fields that are in use elsewhere, and Meta's own.
SYNONYMS = {
    "message_status": "messages",
    "phone_number_quality": "phone_number_quality_update",
    "template_status": "message_template_status_update",
}
# The arrays that we take apart, by the field of their change. Any may stand beside any other.
ARRAYS: dict[str, tuple[str, ...]] = {
    "messages": ("messages", "statuses", "errors"),
    "calls": ("calls", "statuses", "errors"),
    "smb_message_echoes": ("message_echoes", "errors"),
    "message_echoes": ("message_echoes", "errors"),
    **dict.fromkeys(GROUP_FIELDS, ("groups", "errors")),
    "automatic_events": ("automatic_events",),
    "history": ("history",),
    "smb_app_state_sync": ("state_sync",),
    "user_preferences": ("user_preferences",),
}
# What every smallest envelope keeps of a value, beside its one element.
KEPT = ("messaging_product", "metadata")


class Profile(Payload):
    """How a contact shows itself."""

    name: Text = None
    username: Text = None


class Contact(Payload):
    """Who a message is from; any of it may be missing."""

    profile: Profile = Profile()
    wa_id: Text = None
    user_id: Text = None

    @property
    def name(self) -> str | None:
        return self.profile.name or self.profile.username


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One element, and what its surroundings say about it.

    `array` is "" for a part that is a whole change or something odd. `time` is the entry's.
    """

    field: str
    array: str = ""
    element: Any = dataclasses.field(repr=False)
    device: str = ""
    contact: Contact = dataclasses.field(default=Contact(), repr=False)
    time: datetime | None = None
    envelope: JsonObject = dataclasses.field(repr=False)
    identity: Any = dataclasses.field(repr=False)

    @property
    def raw(self) -> bytes:
        return canonical(self.envelope)

    @property
    def digest(self) -> str:
        """Return what tells this element from others that have no id either."""
        return hashlib.sha256(canonical(self.identity)).hexdigest()


Wrap = Callable[[JsonObject], JsonObject]


def parts(envelope: JsonObject) -> Iterator[Part]:
    """Yield every part of a webhook's body, in its order."""
    entries = envelope.get("entry")
    if entries is None and isinstance(envelope.get("value"), dict):
        # The dashboard shows its test as a bare change.
        yield from _change_parts(envelope, {}, lambda change: change, outer="")
    elif (
        envelope.get("object") not in (None, OBJECT) or not isinstance(entries, list) or not entries
    ):
        yield _odd(envelope, envelope, name=_text(envelope.get("object")))
    else:
        for entry in entries:
            yield from _entry_parts(entry, outer=_text(envelope.get("field")))


def _entry_parts(entry: Any, *, outer: str) -> Iterator[Part]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list) or not changes:
        yield _odd(entry, {"object": OBJECT, "entry": [entry]})
        return
    kept = {key: entry[key] for key in ("id", "time") if key in entry}

    def wrap(change: Any) -> JsonObject:
        return {"object": OBJECT, "entry": [{**kept, "changes": [change]}]}

    for change in changes:
        if isinstance(change, dict) and isinstance(change.get("value"), dict):
            # Two of Meta's own samples have `field` a level too far out.
            further_out = _text(entry.get("field")) or outer
            yield from _change_parts(change, entry, wrap, outer=further_out)
        else:
            yield _odd(change, wrap(change))


def _change_parts(
    change: JsonObject, entry: JsonObject, wrap: Wrap, *, outer: str
) -> Iterator[Part]:
    value = change["value"]
    word = _text(change.get("field")) or outer or _guess_field(value)
    name = SYNONYMS.get(word, word)
    time = read_time(entry.get("time"))
    device = _device(value)
    kept = {key: value[key] for key in KEPT if key in value}

    def wrap_value(inner: JsonObject) -> JsonObject:
        return wrap({"field": name, "value": inner})

    arrays = [array for array in ARRAYS.get(name, ()) if value.get(array) not in (None, [])]
    if not arrays:
        whole = wrap_value(value)
        yield Part(
            field=name,
            element=value,
            device=device,
            time=time,
            envelope=whole,
            # The same news can come twice in a year, for two accounts, and mean it each time.
            identity=whole["entry"][0] if "entry" in whole else whole,
        )
        return
    for array in arrays:
        elements = value[array]
        if not isinstance(elements, list):
            inner = {**kept, array: elements}
            yield _odd(elements, wrap_value(inner), name=name, device=device)
            continue
        contacts = _Contacts(value.get("contacts"), count=len(elements))
        for position, element in enumerate(elements):
            contact = contacts.of(element, position)
            beside = {"contacts": [contact]} if contact else {}
            yield Part(
                field=name,
                array=array,
                element=element,
                device=device,
                contact=Contact.model_validate(contact or {}),
                time=time,
                envelope=wrap_value({**kept, **beside, array: [element]}),
                identity=element,
            )
    rest = {
        key: rows
        for key, rows in value.items()
        if key not in (*KEPT, "contacts", *arrays) and isinstance(rows, list) and rows
    }
    if rest:
        yield from _change_parts({"value": {**kept, **rest}}, entry, wrap, outer=name)


def _odd(element: Any, envelope: JsonObject, *, name: str = "", device: str = "") -> Part:
    return Part(field=name, element=element, device=device, envelope=envelope, identity=element)


def _guess_field(value: JsonObject) -> str:
    return "messages" if any(array in value for array in ARRAYS["messages"]) else ""


def _device(value: JsonObject) -> str:
    for place in ("metadata", "phone_number_settings"):
        inner = value.get(place)
        device = _text(inner.get("phone_number_id")) if isinstance(inner, dict) else ""
        if 0 < len(device) <= MAX_KEY:
            return device
    return ""


class _Contacts:
    """The contacts beside an array: each belongs to an element by its ids, else by its position.

    The number in `wa_id` can differ from the one in `from`, for instance in Brazil and Mexico.
    """

    def __init__(self, contacts: Any, *, count: int) -> None:
        rows = contacts if isinstance(contacts, list) else []
        self._by_position = rows if len(rows) == count else []
        self._by_id: dict[str, tuple[int, JsonObject]] = {}
        for position, row in enumerate(rows):
            if isinstance(row, dict):
                for name in ("wa_id", "user_id"):
                    self._by_id.setdefault(_bare(row.get(name)), (position, row))
        self._by_id.pop("", None)

    def of(self, element: Any, position: int) -> JsonObject | None:
        """Return the contact of one element."""
        if not isinstance(element, dict):
            return None
        names = ("from", "from_user_id", "recipient_id", "recipient_user_id")
        ids = {_bare(element.get(name)) for name in names}
        found = [self._by_id[each] for each in ids if each in self._by_id]
        if found:
            return min(found, key=lambda each: each[0])[1]
        row = self._by_position[position] if self._by_position else None
        return row if isinstance(row, dict) else None


def _bare(value: Any) -> str:
    text = _text(value)
    return phone_of(text) or text


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return clean(value) if isinstance(value, str) else ""
