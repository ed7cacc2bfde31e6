"""Reading is lenient: what is wrong is missing, and nothing else changes."""

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from bot.gateways.errors import Unreadable
from bot.gateways.reading import (
    OBJECTS,
    Payload,
    Text,
    Time,
    clean,
    clean_all,
    digest,
    fold_key,
    read_json,
    read_object,
    read_retry_after,
    read_sha256,
    read_time,
)

NOON = datetime(2025, 12, 5, 2, 0, tzinfo=UTC)


class Row(Payload):
    name: Text = None


class Sample(Payload):
    name: Text = "-"
    time: Time = None
    row: Row = Row(name="none")
    rows: Annotated[tuple[Row, ...], OBJECTS] = ()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"\xff\xfe{\x00", b"[" * 100_000, b'{"a":' * 101 + b"1" + b"}" * 101],
    ids=lambda body: repr(body[:4]),
)
def test_says_without_quoting_that_a_body_is_not_json(body: bytes) -> None:
    with pytest.raises(Unreadable, match="the body is n") as caught:
        read_json(body)

    assert caught.value.__cause__ is None


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"1", b"true"])
def test_an_envelope_is_an_object(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_object(body)


def test_reads_a_body_that_begins_with_a_byte_order_mark() -> None:
    assert read_object(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_reads_a_hundred_levels() -> None:
    read_json(b"[" * 100 + b"]" * 100)


def test_numbers_that_json_does_not_have_are_missing() -> None:
    assert read_json(b"[NaN, Infinity, -Infinity, 1e999, 1.5]") == [None, None, None, None, 1.5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("halo 😀", "halo 😀"),
        ("a\0b", "a\ufffdb"),
        ("\ud83d", "\ufffd"),
        ("é\udc00\0", "é\ufffd\ufffd"),
    ],
)
def test_cleans_what_databases_refuse(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_cleans_keys_and_values_at_any_depth() -> None:
    assert clean_all({"a\0": ["\ud800", {"b": 1}]}) == {"a\ufffd": ["\ufffd", {"b": 1}]}


@pytest.mark.parametrize(
    "value",
    [
        1764900000,
        1764900000000,
        "1764900000",
        "1764900000000",
        "2025-12-05T02:00:00Z",
        "2025-12-05T09:00:00.000+07:00",
        {"low": 1764900000, "high": 0, "unsigned": True},
        1764900000.0,
    ],
)
def test_reads_a_time_in_every_form(value: object) -> None:
    assert read_time(value) == NOON


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "asdf",
        "",
        0,
        -5,
        "2025-12-05 02:00:00",
        [],
        {},
        {"low": "x"},
        {"low": 1, "high": 10**400},
        10**400,
        "9" * 400,
        1e300,
        float("nan"),
        float("inf"),
        "0001-01-01T00:00:00+23:59",
        "\ud800",
    ],
)
def test_an_unreadable_time_is_missing(value: object) -> None:
    assert read_time(value) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "Sari"}, Sample(name="Sari")),
        ({"name": 12}, Sample(name="12")),
        ({"name": []}, Sample(name=None)),
        ({"time": "asdf"}, Sample()),
        ({"row": "x"}, Sample()),
        ({"row": {"name": True}}, Sample(row=Row())),
        ({"rows": {}}, Sample()),
        ({"unknown": 1}, Sample()),
    ],
)
def test_a_field_of_the_wrong_type_is_missing(given: dict[str, Any], expected: Sample) -> None:
    assert Sample.model_validate(given) == expected


def test_a_row_of_the_wrong_type_leaves_its_neighbours() -> None:
    read = Sample.model_validate({"rows": [1, {"name": "a"}, None, {"name": []}]})

    assert [row.name for row in read.rows] == ["a", None]


def test_folds_only_keys_that_are_too_long() -> None:
    assert fold_key("m:" + "x" * 198) == "m:" + "x" * 198
    assert len(fold_key("m:" + "x" * 199)) == 64
    assert fold_key("x" * 201) != fold_key("x" * 202)
    assert fold_key("m:\ud800") == "m:\ufffd"


def test_the_digest_of_an_element_is_the_same_however_it_is_written() -> None:
    assert digest({"b": [1, "é"], "a": None}) == digest({"a": None, "b": [1, "é"]})
    assert digest({"a": 1}) != digest({"a": "1"})


SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", SHA256),
        (SHA256, SHA256),
        (SHA256.upper(), SHA256),
        (SHA256[:-1], None),
        ("AAEC", None),
        ("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg", None),
        ("é", None),
        ("", None),
        (None, None),
    ],
)
def test_reads_the_digest_of_a_file_in_either_form(text: str | None, expected: str | None) -> None:
    assert read_sha256(text) == expected


DATE = {"date": "Fri, 05 Dec 2025 02:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "99999999"}, 86_400),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 05 Dec 2025 02:02:00 GMT", **DATE}, 120),
        ({"retry-after": "Fri, 05 Dec 2025 01:00:00 GMT", **DATE}, 0),
        ({"retry-after": "Fri, 05 Dec 2025 02:02:00 GMT"}, None),
        ({"retry-after": "Fri, 05 Dec 2025 02:02:00 GMT", "date": "x"}, None),
    ],
)
def test_reads_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    assert read_retry_after(headers) == expected
