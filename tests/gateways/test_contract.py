"""What every gateway promises about every payload."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.events import Event
from bot.gateways.base import Gateway, WebhookRequest
from bot.gateways.errors import Forged, Unreadable
from tests.gateways.contract import (
    CASE_IDS,
    CASES,
    CURRENT,
    NEXT,
    SIGNED_CASES,
    SIGNED_IDS,
    WITH_PAYLOADS,
    WRONG,
    WRONG_VALUES,
    at,
    describe,
    differences,
    gateway_of,
    parse,
    paths,
    replaced,
    signed_request,
    strings_in,
)

LIMIT_OF_A_KEY = 200
DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
every_payload = pytest.mark.parametrize(("name", "file"), CASES, ids=CASE_IDS)
every_signed_payload = pytest.mark.parametrize(("name", "file"), SIGNED_CASES, ids=SIGNED_IDS)
every_gateway = pytest.mark.parametrize("name", WITH_PAYLOADS)
hostile_body = pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"1", b"NaN", b"[" * 10_000, DEEP, b"[{}]"],
    ids=lambda body: repr(body[:8]),
)


@every_payload
def test_reads_the_events_that_the_payload_tells(name: str, file: Path) -> None:
    expected = json.loads(file.with_suffix(".expected.json").read_bytes())
    events = [describe(event) for event in parse(gateway_of(name), file.read_bytes())]

    assert [event["kind"] for event in events] == [event["kind"] for event in expected]
    wrong = [
        line
        for number, (one, event) in enumerate(zip(expected, events, strict=True))
        for line in differences(one, event, f"[{number}]")
    ]
    assert wrong == []


@every_payload
def test_names_the_gateway_and_an_aware_time(name: str, file: Path) -> None:
    for event in parse(gateway_of(name), file.read_bytes()):
        assert event.gateway == name
        assert event.occurred_at is None or event.occurred_at.utcoffset() is not None


@every_payload
@pytest.mark.parametrize("secret", [CURRENT, NEXT])
def test_accepts_a_webhook_signed_with_either_live_secret(
    name: str, file: Path, secret: str
) -> None:
    gateway = gateway_of(name, CURRENT, NEXT)

    accounts = gateway.verify(signed_request(name, file.read_bytes(), secret))

    assert accounts == gateway.accounts


@every_gateway
def test_accepts_a_secret_of_any_characters(name: str) -> None:
    secret = "a/b?c=é&d %2F#😀"
    gateway = gateway_of(name, secret)

    assert gateway.verify(signed_request(name, b"{}", secret)) == gateway.accounts


@every_payload
def test_refuses_a_webhook_signed_with_another_secret(name: str, file: Path) -> None:
    with pytest.raises(Forged):
        gateway_of(name).verify(signed_request(name, file.read_bytes(), WRONG))


@every_payload
def test_refuses_a_webhook_without_a_signature(name: str, file: Path) -> None:
    with pytest.raises(Forged):
        gateway_of(name).verify(WebhookRequest(body=file.read_bytes()))


@every_signed_payload
def test_refuses_a_body_that_differs_by_one_byte(name: str, file: Path) -> None:
    body = file.read_bytes()
    request = signed_request(name, body)
    tampered = WebhookRequest(
        token=request.token,
        query=request.query,
        headers=request.headers,
        body=body[:-2] + bytes([body[-2] ^ 1]) + body[-1:],
    )
    with pytest.raises(Forged):
        gateway_of(name).verify(tampered)


@every_gateway
@pytest.mark.parametrize("odd", ["é", "sha256=é" + "0" * 62, "\udcff", "", "\0", "x" * 100_000])
def test_refuses_odd_signatures_without_stumbling(name: str, odd: str) -> None:
    request = signed_request(name, b"{}")
    headers = {key: _odd(key, value, odd) for key, value in request.headers.items()}
    token = odd if request.token else ""

    with pytest.raises(Forged):
        gateway_of(name).verify(WebhookRequest(token=token, headers=headers, body=b"{}"))


@every_gateway
def test_tells_no_secret_to_the_one_who_forges(name: str) -> None:
    with pytest.raises(Forged) as caught:
        gateway_of(name).verify(signed_request(name, b"{}", WRONG))

    assert not any(secret in str(caught.value) for secret in (CURRENT, NEXT, WRONG))


@every_payload
def test_is_closed_over_its_own_output(name: str, file: Path) -> None:
    gateway = gateway_of(name)
    events = parse(gateway, file.read_bytes())

    assert events
    for event in events:
        assert parse(gateway, event.raw) == [event]


@every_payload
def test_gives_every_event_of_a_payload_a_key_of_its_own(name: str, file: Path) -> None:
    events = parse(gateway_of(name), file.read_bytes())
    keys = [(event.device, event.key) for event in events]

    assert all(0 < len(key) <= LIMIT_OF_A_KEY for _, key in keys)
    if "same" not in file.stem:
        assert len(set(keys)) == len(keys)


@every_payload
def test_keeps_keys_when_the_json_is_written_otherwise(name: str, file: Path) -> None:
    gateway = gateway_of(name)
    body = json.loads(file.read_bytes())
    written_otherwise = json.dumps(body, sort_keys=True, ensure_ascii=False, indent=4)
    # UTF-8 cannot write a lone surrogate; only an escape can.
    encoded = written_otherwise.encode("utf-8", "backslashreplace")

    before = parse(gateway, file.read_bytes())
    after = parse(gateway, encoded)

    assert [event.key for event in after] == [event.key for event in before]


@every_gateway
@hostile_body
def test_takes_no_envelope_for_unreadable(name: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(gateway_of(name), body)


@every_gateway
@hostile_body
def test_acknowledges_whatever_was_kept(name: str, body: bytes) -> None:
    request = signed_request(name, body)
    for duplicate in (False, True):
        acknowledgement = gateway_of(name).acknowledge(request, duplicate=duplicate)
        assert acknowledgement.status == 200


@every_gateway
def test_keeps_an_empty_envelope_as_one_unknown_event(name: str) -> None:
    gateway = gateway_of(name)
    (event,) = parse(gateway, b"{}")

    assert event.kind.value == "unknown"
    assert parse(gateway, event.raw) == [event]


@every_payload
def test_survives_a_value_of_the_wrong_type_anywhere(name: str, file: Path) -> None:
    gateway = gateway_of(name)
    body = json.loads(file.read_bytes())
    for path in paths(body):
        for value in WRONG_VALUES:
            changed = json.dumps(replaced(body, path, value)).encode()
            _check_is_sound(gateway, changed, where=f"{path} = {str(value)[:9]}")


@every_payload
def test_survives_a_missing_value_anywhere(name: str, file: Path) -> None:
    gateway = gateway_of(name)
    body = json.loads(file.read_bytes())
    for path, shorter in _without_each(body):
        _check_is_sound(gateway, json.dumps(shorter).encode(), where=f"without {path}")


@every_payload
@pytest.mark.parametrize("odd", ["\0", "\ud83d", "\udc00x\0", "é" * 3000])
def test_survives_odd_characters_in_every_string(name: str, file: Path, odd: str) -> None:
    gateway = gateway_of(name)
    body = json.loads(file.read_bytes())
    for path in paths(body):
        text = at(body, path)
        if isinstance(text, str):
            changed = json.dumps(replaced(body, path, text + odd)).encode()
            _check_is_sound(gateway, changed, where=str(path))


def _check_is_sound(gateway: Gateway, body: bytes, *, where: str) -> None:
    events = _parse_or_none(gateway, body)
    if events is None:
        return
    assert events, where
    for event in events:
        assert 0 < len(event.key) <= LIMIT_OF_A_KEY, where
        assert parse(gateway, event.raw) == [event], where
        for text in strings_in(event):
            assert "\0" not in text, where
            text.encode()
    gateway.acknowledge(WebhookRequest(body=body), duplicate=False)


def _parse_or_none(gateway: Gateway, body: bytes) -> list[Event] | None:
    try:
        return parse(gateway, body)
    except Unreadable:
        return None


def _without_each(body: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for path in paths(body):
        parent = at(body, path[:-1])
        copy = parent.copy()
        del copy[path[-1]]
        yield path, replaced(body, path[:-1], copy)


def _odd(name: str, value: str, odd: str) -> str:
    return value if name == "content-type" else odd
