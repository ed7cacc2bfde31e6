"""Take Meta's envelope apart: one part for every element of every array, change and entry.

Each part carries the smallest envelope that holds it alone, so that it can be read again later,
without its neighbours, and give the same event. Whatever cannot be taken apart is one part. Nothing
is left out: what else stands around several parts goes with the first of them, and only there, so
that a batch of a thousand does not become a thousand times as large.

The envelope: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks
"""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from bot.events import canonical
from bot.gateways.base import JsonObject
from bot.gateways.meta.contacts import Contact, Contacts, text_of
from bot.gateways.reading import MAX_KEY, digest, read_time

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
# What every smallest envelope keeps of a value and of an entry, beside its one element.
KEPT = ("messaging_product", "metadata", "phone_number_settings")
KEPT_OF_ENTRY = ("id", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One element, and what its surroundings say about it.

    `array` is "" for a part that is a whole change or something odd. `time` is the entry's.
    """

    field: str = ""
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
        return digest(self.identity)


Parts = Iterator[Part]


def parts(envelope: JsonObject) -> Parts:
    """Yield every part of a webhook's body, in its order."""
    entries = envelope.get("entry")
    if entries is None and isinstance(envelope.get("value"), dict):
        # The dashboard shows its test as a bare change.
        yield from _change_parts(envelope, None, outer="")
    elif (
        envelope.get("object") not in (None, OBJECT) or not isinstance(entries, list) or not entries
    ):
        yield _odd(envelope, name=text_of(envelope.get("object")))
    else:
        outer = text_of(envelope.get("field"))
        yield from _inside(
            chain.from_iterable(_entry_parts(entry, outer=outer) for entry in entries),
            lambda entry: {"object": OBJECT, "entry": [entry]},
            beside=_without(envelope, "object", "entry"),
        )


def _entry_parts(entry: Any, *, outer: str) -> Parts:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list) or not changes:
        yield _odd(entry)
        return
    kept = {key: entry[key] for key in KEPT_OF_ENTRY if key in entry}
    # Two of Meta's own samples have `field` a level too far out.
    further_out = text_of(entry.get("field")) or outer
    yield from _inside(
        chain.from_iterable(_change_parts(change, kept, outer=further_out) for change in changes),
        lambda change: {**kept, "changes": [change]},
        beside=_without(entry, "changes", *kept),
    )


def _change_parts(change: Any, entry: JsonObject | None, *, outer: str) -> Parts:
    """Yield the parts of a change; `entry` is what is kept of its entry, None without one."""
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict) or not _may_be_named(change.get("field")):
        yield _odd(change)
        return
    said = text_of(change.get("field"))
    word = said or outer or _guess_field(value)
    field = change["field"] if said else word
    yield from _inside(
        _value_parts(value, SYNONYMS.get(word, word), entry),
        lambda inner: {"field": field, "value": inner},
        beside=_without(change, "field", "value"),
    )


def _value_parts(value: JsonObject, name: str, entry: JsonObject | None) -> Parts:
    known = ARRAYS.get(name, ())
    arrays = [array for array in known if value.get(array) not in (None, [])]
    if not arrays:
        yield _news(value, name, entry)
        return
    kept = {key: value[key] for key in KEPT if key in value}
    contacts = Contacts(value.get("contacts"))
    rest = {
        key: rows
        for key, rows in value.items()
        if key not in (*KEPT, *known) and isinstance(rows, list) and rows
    }
    alike = _news(kept, name, entry)
    yield from _inside(
        chain.from_iterable(
            _array_parts(value[array], array, alike, contacts=contacts, entry=entry)
            for array in arrays
        ),
        lambda inner: {**kept, **inner},
        beside=_without(value, *KEPT, *known, *rest),
    )
    if "contacts" in rest:
        rest["contacts"] = contacts.left()
    # Arrays that we do not know are news of their own, and so are contacts of nobody else here.
    if any(rest.values()):
        yield _news({**kept, **{key: rows for key, rows in rest.items() if rows}}, name, entry)


def _array_parts(
    elements: Any, array: str, alike: Part, *, contacts: Contacts, entry: JsonObject | None
) -> Parts:
    """Yield the elements of an array, each as a part that is like `alike` otherwise."""
    if not isinstance(elements, list):
        yield _odd(elements, {array: elements}, name=alike.field, device=alike.device)
        return
    for position, element in enumerate(elements):
        contact = contacts.of(element, position, count=len(elements))
        beside = {"contacts": [contact]} if contact else {}
        yield dataclasses.replace(
            alike,
            array=array,
            element=element,
            contact=Contact.model_validate(contact or {}),
            envelope={**beside, array: [element]},
            identity=_dated(element, entry) if array == "errors" else element,
        )


def _news(value: JsonObject, name: str, entry: JsonObject | None) -> Part:
    """Return a value as one part."""
    change = {"field": name, "value": value}
    return Part(
        field=name,
        element=value,
        device=_device(value),
        time=read_time((entry or {}).get("time")),
        envelope=value,
        # The same news can come twice in a year, for two accounts, and mean it each time.
        identity=change if entry is None else {**entry, "changes": [change]},
    )


def _dated(error: Any, entry: JsonObject | None) -> Any:
    """Return what tells an error of the account from the same one on another day."""
    if not entry or entry.get("time") is None:
        return error
    return {"error": error, **entry}


def _odd(element: Any, envelope: Any = None, *, name: str = "", device: str = "") -> Part:
    """Return as one part what cannot be taken apart; `envelope` is itself unless it is told."""
    whole = element if envelope is None else envelope
    return Part(field=name, element=element, device=device, envelope=whole, identity=element)


def _inside(found: Parts, wrap: Callable[[Any], JsonObject], *, beside: JsonObject) -> Parts:
    """Put what parts hold into its surroundings again; the first keeps what else is there."""
    for part in found:
        yield dataclasses.replace(part, envelope={**beside, **wrap(part.envelope)})
        beside = {}


def _without(fields: JsonObject, *names: str) -> JsonObject:
    return {name: value for name, value in fields.items() if name not in names}


def _may_be_named(field: Any) -> bool:
    return field in (None, "") or bool(text_of(field))


def _guess_field(value: JsonObject) -> str:
    return "messages" if any(array in value for array in ARRAYS["messages"]) else ""


def _device(value: JsonObject) -> str:
    for place in ("metadata", "phone_number_settings"):
        inner = value.get(place)
        device = text_of(inner.get("phone_number_id")) if isinstance(inner, dict) else ""
        if 0 < len(device) <= MAX_KEY:
            return device
    return ""
