"""What holds however a webhook is bent, batched, ordered or written: it is read, or kept as it is.

The payload files are bent at several places at once, as no file shows it: values missing, of
another type, under another name, too deep or too shallow, twice, or in another order.
"""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.events import Event
from bot.gateways.base import Gateway, WebhookRequest
from bot.gateways.errors import Unreadable
from bot.gateways.reading import read_json
from tests.gateways.contract import (
    WITH_PAYLOADS,
    at,
    gateway_of,
    parse,
    paths,
    payload_files,
    replaced,
    scalars_in,
    strings_in,
)

every_gateway = pytest.mark.parametrize("name", WITH_PAYLOADS)
bounded = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
BENDINGS = ("missing", "null", "other", "renamed", "deeper", "listed", "hoisted", "twice", "turned")


@every_gateway
@bounded
@given(choice=st.data())
def test_a_bent_webhook_is_read_or_kept_as_it_is(name: str, choice: st.DataObject) -> None:
    gateway = gateway_of(name)
    body = json.loads(_draw_file(name, choice).read_bytes())
    for _ in range(choice.draw(st.integers(1, 4), label="bendings")):
        body = _bent(body, choice)

    _check_is_sound(gateway, json.dumps(body).encode())


@every_gateway
@bounded
@given(choice=st.data())
def test_whatever_a_bent_webhook_says_is_in_an_event(name: str, choice: st.DataObject) -> None:
    body = json.loads(_draw_file(name, choice).read_bytes())
    for _ in range(choice.draw(st.integers(1, 4), label="bendings")):
        body = _bent(body, choice)
    written = json.dumps(body).encode()

    try:
        events = parse(gateway_of(name), written)
    except Unreadable:
        return  # kept as it came

    kept = {scalar for event in events for scalar in scalars_in(read_json(event.raw))}
    assert set(scalars_in(read_json(written))) <= kept


@every_gateway
@bounded
@given(content=JSON)
def test_any_json_is_read_or_kept_as_it_is(name: str, content: Any) -> None:
    _check_is_sound(gateway_of(name), json.dumps(content).encode())


@every_gateway
@bounded
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_kept_as_they_are(name: str, content: bytes) -> None:
    _check_is_sound(gateway_of(name), content)


@every_gateway
@bounded
@given(choice=st.data())
def test_a_key_does_not_depend_on_how_the_json_is_written(name: str, choice: st.DataObject) -> None:
    gateway = gateway_of(name)
    raw = _draw_file(name, choice).read_bytes()
    shuffle = random.Random(choice.draw(st.integers(0, 2**32), label="order"))
    written = json.dumps(
        _shuffled(json.loads(raw), shuffle),
        ensure_ascii=choice.draw(st.booleans(), label="escaped"),
        indent=choice.draw(st.sampled_from([None, 0, 3]), label="indent"),
    )

    again = parse(gateway, written.encode("utf-8", "backslashreplace"))

    assert _keys(again) == _keys(parse(gateway, raw))


@bounded
@given(choice=st.data())
def test_meta_s_updates_keep_their_keys_in_any_batch_and_order(choice: st.DataObject) -> None:
    gateway = gateway_of("meta")
    chosen = choice.draw(st.lists(st.sampled_from(META_CHANGES), min_size=1, max_size=12))
    batch: dict[str, Any] = {"object": "whatsapp_business_account", "entry": []}
    for entry, change in chosen:
        entries = batch["entry"]
        # Into the entry before, where that is of the same account and time; else a new one.
        same = entries and {**entries[-1], "changes": None} == {**entry, "changes": None}
        if same and choice.draw(st.booleans()):
            entries[-1]["changes"].append(change)
        else:
            entries.append({**entry, "changes": [change]})
    apart = Counter[tuple[str, str]]()
    for entry, change in chosen:
        alone = {**batch, "entry": [{**entry, "changes": [change]}]}
        apart += _keys(parse(gateway, json.dumps(alone).encode()))

    assert _keys(parse(gateway, json.dumps(batch).encode())) == apart


@bounded
@given(choice=st.data())
def test_meta_s_elements_keep_their_keys_among_others(choice: st.DataObject) -> None:
    gateway = gateway_of("meta")
    elements = choice.draw(st.lists(st.sampled_from(META_ELEMENTS), min_size=1, max_size=30))
    together: dict[str, list[Any]] = {}
    apart = Counter[tuple[str, str]]()
    for name, element in elements:
        together.setdefault(name, []).append(element)
        apart += _keys(parse(gateway, _meta_value({name: [element]})))

    assert _keys(parse(gateway, _meta_value(together))) == apart


@bounded
@given(choice=st.data())
def test_rijan_s_receipts_keep_their_keys_in_any_order(choice: st.DataObject) -> None:
    gateway = gateway_of("rijan")
    receipts = [
        {
            "key": {"remoteJid": "6281200000042@s.whatsapp.net", "id": f"3EB0{number}"},
            "receipt": {"userJid": "6281200000042@s.whatsapp.net", field: 1_795_000_000 + number},
        }
        for number in range(choice.draw(st.integers(1, 8)))
        for field in ("receiptTimestamp", "readTimestamp")
    ]
    turned = choice.draw(st.permutations(receipts))

    assert _keys(parse(gateway, _receipts(turned))) == _keys(parse(gateway, _receipts(receipts)))


def _receipts(receipts: list[Any]) -> bytes:
    envelope = {
        "id": "receipt-1",
        "eventType": "receipt.delivery",
        "tenantId": "tenant_melati",
        "deviceId": "device_melati",
        "timestamp": 1_795_000_100,
        "data": receipts,
    }
    return json.dumps(envelope).encode()


def _meta_changes() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every change in the payload files that are batches as Meta documents them."""
    found = []
    for file in payload_files("meta"):
        body = json.loads(file.read_bytes())
        entries = body.get("entry") if isinstance(body, dict) else None
        if not isinstance(entries, list) or body.get("object") != "whatsapp_business_account":
            continue
        found += [
            (entry, change)
            for entry in entries
            if isinstance(entry.get("changes"), list)
            for change in entry["changes"]
        ]
    return found


def _meta_elements() -> list[tuple[str, Any]]:
    return [
        (name, element)
        for _, change in META_CHANGES
        if isinstance(change, dict) and change.get("field") == "messages"
        for name in ("messages", "statuses")
        for element in (change.get("value") or {}).get(name) or ()
    ]


def _meta_value(arrays: dict[str, list[Any]]) -> bytes:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "6281200000099", "phone_number_id": "1002003004005"},
        **arrays,
    }
    change = {"field": "messages", "value": value}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    ).encode()


META_CHANGES = _meta_changes()
META_ELEMENTS = _meta_elements()


def _draw_file(name: str, choice: st.DataObject) -> Path:
    return choice.draw(st.sampled_from(payload_files(name)), label="payload")


def _bent(body: Any, choice: st.DataObject) -> Any:
    places = list(paths(body))
    if not places:
        return body
    path = choice.draw(st.sampled_from(places), label="place")
    bending = choice.draw(st.sampled_from(BENDINGS), label="bending")
    value, parent = at(body, path), at(body, path[:-1])
    match bending:
        case "null":
            return replaced(body, path, None)
        case "other":
            return replaced(body, path, choice.draw(JSON, label="value"))
        case "deeper":
            return replaced(body, path, {str(path[-1]): value})
        case "listed":
            return replaced(body, path, [value])
        case "hoisted" if len(path) > 1:
            return replaced(body, path[:-1], value)
        case "missing" | "renamed" | "twice" | "turned":
            return replaced(body, path[:-1], _rearranged(parent, path[-1], bending))
    return body


def _rearranged(parent: Any, key: str | int, bending: str) -> Any:
    """Return a list or an object with one of its members missing, renamed, twice or moved."""
    if isinstance(parent, list):
        others = [value for index, value in enumerate(parent) if index != key]
        value = parent[int(key)]
        return {
            "missing": others,
            "renamed": others,
            "twice": [*parent, value],
            "turned": parent[::-1],
        }[bending]
    others_by_name = {name: value for name, value in parent.items() if name != key}
    if bending == "missing":
        return others_by_name
    if bending == "turned":
        return dict(reversed(parent.items()))
    copy = parent if bending == "twice" else others_by_name
    return {**copy, f"{key}_baru": parent[key]}


def _shuffled(value: Any, shuffle: random.Random) -> Any:
    """Return the same JSON value with the members of its objects in another order."""
    if isinstance(value, list):
        return [_shuffled(inner, shuffle) for inner in value]
    if not isinstance(value, dict):
        return value
    members = [(name, _shuffled(inner, shuffle)) for name, inner in value.items()]
    shuffle.shuffle(members)
    return dict(members)


def _keys(events: list[Event]) -> Counter[tuple[str, str]]:
    return Counter((event.kind.value, event.key) for event in events)


def _check_is_sound(gateway: Gateway, body: bytes) -> None:
    """Check that a body becomes sound events, or is refused so that it is kept unparsed."""
    gateway.acknowledge(WebhookRequest(body=body), duplicate=False)
    try:
        events = parse(gateway, body)
    except Unreadable:
        return
    assert events
    for event in events:
        assert 0 < len(event.key) <= 200
        assert parse(gateway, event.raw) == [event]
        for text in strings_in(event):
            assert "\0" not in text
            text.encode()
