"""Batches from Meta: each element is an event of its own, whatever stands beside it."""

import json
import random
from typing import Any

import pytest

from bot.events import Event, MessageReceived, StatusChanged
from bot.gateways.meta import Meta
from tests.gateways.contract import (
    PAYLOADS,
    WRONG_VALUES,
    gateway_of,
    parse,
    paths,
    payload_files,
    replaced,
)

PHONE_NUMBER_ID = "106540000000021"
OBJECT = "whatsapp_business_account"
PARTS_OF_TWO = ("messages", "statuses")


@pytest.fixture
def meta() -> Meta:
    gateway = gateway_of("meta")
    assert isinstance(gateway, Meta)
    return gateway


def two_of_each() -> dict[str, Any]:
    """Return a batch in which every array holds two elements."""
    messages = [
        {
            "from": f"62812000000{number}",
            "id": f"wamid.B{number}",
            "timestamp": "1764900000",
            "type": "text",
            "text": {"body": f"pesan {number}"},
            "context": {"id": "wamid.KAMI", "from": "62215550021"},
        }
        for number in (31, 32)
    ]
    statuses = [
        {
            "id": f"wamid.S{number}",
            "status": "failed",
            "timestamp": "1764900000",
            "recipient_id": f"62812000000{number}",
            "errors": [{"code": 131026, "title": "Message undeliverable"}],
        }
        for number in (31, 32)
    ]
    contacts = [
        {"profile": {"name": f"Nama {number}"}, "wa_id": f"62812000000{number}"}
        for number in (31, 32)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "62215550021", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": contacts,
        "messages": messages,
        "statuses": statuses,
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "204610000000001", "changes": [{"field": "messages", "value": value}]}],
    }


@pytest.mark.parametrize("array", PARTS_OF_TWO)
def test_an_odd_element_leaves_its_neighbours_as_they_are(meta: Meta, array: str) -> None:
    batch = two_of_each()
    before = parse(meta, json.dumps(batch).encode())
    place = ("entry", 0, "changes", 0, "value", array, 0)
    first = batch["entry"][0]["changes"][0]["value"][array][0]
    position = 0 if array == "messages" else 2
    neighbours = [event for number, event in enumerate(before) if number != position]
    for path in [(), *paths(first)]:
        for value in WRONG_VALUES:
            odd = json.dumps(replaced(batch, (*place, *path), value)).encode()
            after = parse(meta, odd)
            assert [event for event in after if event in neighbours] == neighbours, (path, value)


def test_an_odd_contact_takes_at_most_its_own_name(meta: Meta) -> None:
    batch = two_of_each()
    place = ("entry", 0, "changes", 0, "value", "contacts", 0)
    second = parse(meta, json.dumps(batch).encode())[1]
    for value in WRONG_VALUES:
        after = parse(meta, json.dumps(replaced(batch, place, value)).encode())
        assert after[1] == second


def test_every_element_of_every_array_is_read(meta: Meta) -> None:
    events = parse(meta, json.dumps(two_of_each()).encode())

    assert [type(event) for event in events] == [MessageReceived] * 2 + [StatusChanged] * 2


def test_keys_do_not_depend_on_the_batch(meta: Meta) -> None:
    alone = [event for file in payload_files("meta") for event in parse(meta, file.read_bytes())]
    enveloped = [event for event in alone if b'"entry":[{' in event.raw]
    entries = [json.loads(event.raw)["entry"][0] for event in enveloped if _is_ours(event)]
    order = list(range(len(entries)))
    random.Random(7).shuffle(order)
    batch = {"entry": [entries[number] for number in order], "object": "whatsapp_business_account"}

    together = parse(meta, json.dumps(batch).encode())

    expected = [event for event in enveloped if _is_ours(event)]
    assert together == [expected[number] for number in order]
    assert len(together) > 80


def _is_ours(event: Event) -> bool:
    envelope = json.loads(event.raw)
    return set(envelope) == {"object", "entry"} and envelope["object"] == OBJECT


def test_a_device_that_fits_no_column_is_no_device(meta: Meta) -> None:
    place = ("entry", 0, "changes", 0, "value", "metadata", "phone_number_id")
    odd = json.dumps(replaced(two_of_each(), place, "1" * 201)).encode()

    assert {event.device for event in parse(meta, odd)} == {""}


def test_the_smallest_envelope_holds_nobody_else(meta: Meta) -> None:
    first, *_ = parse(meta, json.dumps(two_of_each()).encode())

    assert b"62812000000" + b"31" in first.raw
    assert b"62812000000" + b"32" not in first.raw
    assert json.loads(first.raw)["entry"][0]["id"] == "204610000000001"


def test_the_same_notice_at_another_time_is_another_event(meta: Meta) -> None:
    body = json.loads((PAYLOADS / "meta" / "template-status.json").read_bytes())
    later = replaced(body, ("entry", 0, "time"), 1764990000)

    (first,), (second,) = (parse(meta, json.dumps(one).encode()) for one in (body, later))

    assert first.key != second.key


def test_the_same_error_of_the_account_at_another_time_is_another_event(meta: Meta) -> None:
    body = json.loads((PAYLOADS / "meta" / "errors-on-two-days.json").read_bytes())

    first, second = parse(meta, json.dumps(body).encode())
    (again,) = parse(meta, second.raw)

    assert first.key != second.key
    assert again.key == second.key


def test_what_stands_around_a_thousand_updates_is_kept_once(meta: Meta) -> None:
    batch = two_of_each()
    entry = batch["entry"][0]
    value = entry["changes"][0]["value"]
    value["messages"] = [
        {**value["messages"][0], "id": f"wamid.M{number}"} for number in range(1000)
    ]
    notes = {name: f"{name}-{'x' * 1000}" for name in ("atas", "entri", "ubahan", "nilai")}
    batch["note"], entry["note"] = notes["atas"], notes["entri"]
    entry["changes"][0]["note"], value["note"] = notes["ubahan"], {"inner": notes["nilai"]}

    kept = b"".join(event.raw for event in parse(meta, json.dumps(batch).encode()))

    assert [kept.count(note.encode()) for note in notes.values()] == [1, 1, 1, 1]


def test_what_stands_around_an_update_does_not_move_its_key(meta: Meta) -> None:
    batch = two_of_each()
    entry = batch["entry"][0]
    before = parse(meta, json.dumps(batch).encode())
    entry["changes"][0]["value"]["note"] = entry["note"] = batch["note"] = "catatan"

    after = parse(meta, json.dumps(batch).encode())

    assert [event.key for event in after] == [event.key for event in before]


def test_the_smallest_envelope_keeps_what_names_the_product(meta: Meta) -> None:
    for event in parse(meta, json.dumps(two_of_each()).encode()):
        value = json.loads(event.raw)["entry"][0]["changes"][0]["value"]
        assert value["messaging_product"] == "whatsapp"


@pytest.mark.parametrize(
    ("array", "name"),
    [
        ("messages", "from"),
        ("messages", "from_user_id"),
        ("statuses", "recipient_id"),
        ("statuses", "recipient_user_id"),
    ],
)
def test_a_contact_belongs_to_whom_an_element_names(meta: Meta, array: str, name: str) -> None:
    element = {"id": "wamid.B1", "type": "text", "text": {"body": "halo"}, name: "ID.111100001111"}
    mine = {"user_id": "ID.111100001111", "profile": {"name": "Sari"}}
    batch = two_of_each()
    value = batch["entry"][0]["changes"][0]["value"]
    del value["messages"], value["statuses"]
    value |= {array: [element], "contacts": [{"user_id": "ID.222200002222"}, mine]}

    first, *_ = parse(meta, json.dumps(batch).encode())

    assert json.loads(first.raw)["entry"][0]["changes"][0]["value"]["contacts"] == [mine]


def test_a_number_is_known_from_the_contact_where_a_message_names_a_user_id(meta: Meta) -> None:
    (event,) = parse(meta, (PAYLOADS / "meta" / "contacts-by-user-id.json").read_bytes())[1:]

    assert isinstance(event, MessageReceived)
    assert (event.address, event.phone) == ("ID.333300003333", "6281200000015")


def test_reads_a_thousand_updates_at_once(meta: Meta) -> None:
    batch = two_of_each()
    value = batch["entry"][0]["changes"][0]["value"]
    value["messages"] = [
        {**value["messages"][0], "id": f"wamid.M{number}"} for number in range(1000)
    ]

    events = parse(meta, json.dumps(batch).encode())

    assert len({event.key for event in events}) == 1002


def test_finds_the_contact_of_each_of_a_thousand_messages(meta: Meta) -> None:
    batch = two_of_each()
    value = batch["entry"][0]["changes"][0]["value"]
    numbers = [f"62812{number:07d}" for number in range(1000)]
    value["messages"] = [
        {**value["messages"][0], "id": f"wamid.M{number}", "from": number} for number in numbers
    ]
    value["contacts"] = [
        {"profile": {"name": f"Nama {number}"}, "wa_id": number} for number in reversed(numbers)
    ]

    received = [
        event
        for event in parse(meta, json.dumps(batch).encode())
        if isinstance(event, MessageReceived)
    ]

    assert [event.name for event in received] == [f"Nama {number}" for number in numbers]
