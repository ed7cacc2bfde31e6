"""When a gateway's host is left alone, judged by what came back."""

import pytest

from bot.gateways.base import SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    OutcomeUnknown,
    OutsideWindow,
    RateLimited,
    Rejected,
    Scope,
    TransientError,
    Unreachable,
)
from bot.outbox.breakers import Breakers, away, is_trouble
from tests.making import gateways

HOST = "api.contoh.id"
TROUBLE = Unreachable("no connection")


def opens(breakers: Breakers, *contacts: int, at: float = 0.0) -> bool:
    """Let one failure with each of these contacts happen; return whether the last one opened it."""
    found = None
    for contact in contacts:
        found = breakers.note("wagate", HOST, contact, TROUBLE, at=at)
    return found is not None


def test_five_failures_in_a_row_with_three_contacts_are_enough() -> None:
    assert not opens(Breakers(), 1, 2, 3, 4)
    assert opens(Breakers(), 1, 2, 3, 1, 2)


def test_one_contact_alone_opens_nothing() -> None:
    assert not opens(Breakers(), *[1] * 20)
    assert not opens(Breakers(), *[1, 2] * 10)


@pytest.mark.parametrize(
    "answer",
    [
        SentMessage(external_id="1"),
        Rejected("no such number"),
        RateLimited("slow down", scope=Scope.DEVICE),
        DeviceOffline("offline"),
        NotAuthorised("bad token"),
    ],
)
def test_any_proper_answer_begins_anew(answer: SentMessage | Exception) -> None:
    breakers = Breakers()
    assert not opens(breakers, 1, 2, 3, 4)
    assert breakers.note("wagate", HOST, 9, answer, at=0.0) is None
    assert not opens(breakers, 1, 2, 3, 4)
    assert opens(breakers, 5)


def test_failures_of_long_ago_count_no_more() -> None:
    breakers = Breakers()
    assert not opens(breakers, 1, 2, 3, 4, at=0.0)
    assert not opens(breakers, 5, at=301.0)


def test_hosts_are_counted_apart() -> None:
    breakers = Breakers()
    assert not opens(breakers, 1, 2, 3, 4)
    assert breakers.note("rijan", "lain.contoh.id", 5, TROUBLE, at=0.0) is None


@pytest.mark.parametrize(
    ("result", "trouble"),
    [
        (OutcomeUnknown("no answer"), True),
        (TransientError("busy"), True),
        (TransientError("not found", scope=Scope.GATEWAY), True),
        (TransientError("the phone is busy", scope=Scope.DEVICE), False),
        (OutsideWindow("has not written"), False),
        (KeyError("a defect of ours"), False),
    ],
)
def test_knows_what_is_trouble_of_the_gateway(result: Exception, trouble: bool) -> None:
    assert is_trouble(result) == trouble


def test_leaves_out_only_the_devices_of_the_host_that_is_away() -> None:
    configured = gateways(
        RIJAN_ACCOUNTS='[{"device": "satu", "webhook_secret": "a", "api_key": "b",'
        ' "api_url": "http://satu.contoh.id"}, {"device": "dua", "webhook_secret": "a",'
        ' "api_key": "b", "api_url": "http://dua.contoh.id"}]',
        RIJAN_API_URL="http://tiga.contoh.id",
    )
    one = away({("rijan", "satu.contoh.id")}, configured)
    rest = away({("rijan", "tiga.contoh.id")}, configured)

    assert (one.gateways, one.senders) == ([], ["rijan/satu"])
    assert (rest.gateways, rest.senders, rest.spared) == (
        ["rijan"],
        [],
        ["rijan/satu", "rijan/dua"],
    )
