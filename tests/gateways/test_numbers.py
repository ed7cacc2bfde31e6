"""Numbers are written in many ways; a hidden identity is none."""

import pytest

from bot.events import Chat
from bot.gateways.numbers import chat_of, normalise, phone_of, without_device


@pytest.mark.parametrize(
    "written",
    [
        "6281200000011",
        "+62 812-0000-0011",
        "0812 0000 0011",
        "81200000011",
        "620812 0000 0011",
        "006281200000011",
        "62 (0) 812 0000 0011",
    ],
)
def test_writes_an_indonesian_mobile_in_one_way(written: str) -> None:
    assert normalise(written) == "6281200000011"


@pytest.mark.parametrize(
    ("written", "expected"),
    [("+1 650 555 0123", "16505550123"), ("8613812345678", "8613812345678")],
)
def test_leaves_numbers_of_other_countries_alone(written: str, expected: str) -> None:
    assert normalise(written) == expected


@pytest.mark.parametrize("written", [None, "", "abc", "12345", "0215550021", "9" * 16])
def test_knows_what_is_no_number(written: str | None) -> None:
    assert normalise(written) is None


@pytest.mark.parametrize(
    ("jid", "expected"),
    [
        ("6281200000011@c.us", "6281200000011"),
        ("6281200000011:12@s.whatsapp.net", "6281200000011"),
        ("6281200000011_1:12@s.whatsapp.net", "6281200000011"),
        ("6281200000011", "6281200000011"),
        ("+6281200000011", "6281200000011"),
        ("190000000000021@lid", None),
        ("120363000000000021@g.us", None),
        ("status@broadcast", None),
        ("ID.13490000000002", None),
        ("", None),
        (None, None),
    ],
)
def test_finds_the_number_in_a_jid(jid: str | None, expected: str | None) -> None:
    assert phone_of(jid) == expected


@pytest.mark.parametrize(
    ("jid", "expected"),
    [
        ("6281200000011@c.us", Chat.PRIVATE),
        ("190000000000021@lid", Chat.PRIVATE),
        ("6281200000011", Chat.PRIVATE),
        ("120363000000000021@g.us", Chat.GROUP),
        ("status@broadcast", Chat.STATUS),
        ("1764900000@broadcast", Chat.BROADCAST),
        ("120363000000000021@newsletter", Chat.NEWSLETTER),
        (None, Chat.PRIVATE),
    ],
)
def test_tells_the_kind_of_chat_from_a_jid(jid: str | None, expected: Chat) -> None:
    assert chat_of(jid) is expected


def test_a_linked_device_is_the_same_contact() -> None:
    assert without_device("6281200000011:12@s.whatsapp.net") == "6281200000011@s.whatsapp.net"
    assert without_device("6281200000011") == "6281200000011"
