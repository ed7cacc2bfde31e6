"""What a send's result means, judged by its class alone."""

from datetime import datetime, timedelta

import pytest

from bot.gateways.base import SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    OutsideWindow,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Scope,
    TransientError,
    Unreachable,
)
from bot.outbox.claim import RETRY_BLOCKS
from bot.outbox.outcome import BACKOFF_LIMIT, MAX_FAILURES, Outcome, backoff, judge_outcome
from models import Held, MessageStatus
from tests.making import NOW


def outcome(
    result: SentMessage | Exception, *, failures: int = 0, idempotent: bool = False
) -> Outcome:
    return judge_outcome(result, failures=failures, idempotent=idempotent, now=NOW, chance=0.5)


def test_a_sent_message_keeps_the_gateways_id() -> None:
    found = outcome(SentMessage(external_id="X"))
    assert (found.status, found.external_id) == (MessageStatus.SENT, "X")


@pytest.mark.parametrize("error", [Unreachable("no connection"), TransientError("busy")])
def test_a_transient_error_is_tried_again_with_a_new_key(error: Exception) -> None:
    found = outcome(error)
    assert found.status is MessageStatus.QUEUED
    assert found.due_at == NOW + timedelta(seconds=1)
    assert found.counts
    assert found.new_key


def test_a_transient_error_ends_after_the_last_try() -> None:
    found = outcome(TransientError("busy"), failures=MAX_FAILURES - 1)
    assert found.status is MessageStatus.DEAD
    assert "gave up" in (found.error or "")


def test_an_error_may_be_worth_fewer_tries() -> None:
    error = TransientError("the media could not be downloaded", tries=2)

    assert outcome(error).status is MessageStatus.QUEUED
    found = outcome(error, failures=1)
    assert found.status is MessageStatus.DEAD
    assert "gave up after 2 attempts" in (found.error or "")


def test_retry_after_is_honoured() -> None:
    found = outcome(TransientError("busy", retry_after=30))
    assert found.due_at == NOW + timedelta(seconds=30.5)


def test_a_rate_limit_of_one_recipient_waits_alone() -> None:
    found = outcome(RateLimited("slow down", scope=Scope.RECIPIENT, retry_after=4))
    assert found.rest is None
    assert found.due_at == NOW + timedelta(seconds=4.5)


def until(found: Outcome, *, pauses: int = 1, now: datetime = NOW) -> timedelta:
    """Return for how long a device rests after so many rests in a row, with the longest jitter."""
    assert found.rest is not None
    return found.rest.end(pauses, now=now, dice=1.0) - now


def test_a_rate_limit_of_a_device_rests_the_device_and_costs_no_try() -> None:
    found = outcome(RateLimited("slow down", scope=Scope.DEVICE, retry_after=40))
    assert (found.status, found.rests) == (MessageStatus.QUEUED, Scope.DEVICE)
    assert until(found) == timedelta(seconds=40)
    assert not found.counts


def test_a_rate_limit_of_a_whole_gateway_rests_its_host() -> None:
    found = outcome(RateLimited("slow down", scope=Scope.GATEWAY, retry_after=60))
    assert (found.status, found.rests, found.counts) == (MessageStatus.QUEUED, Scope.GATEWAY, False)
    assert until(found) == timedelta(seconds=60)


def test_a_device_that_is_not_told_how_long_to_rest_rests_longer_each_time() -> None:
    found = outcome(RateLimited("slow down", scope=Scope.DEVICE))
    seconds = [until(found, pauses=pauses).total_seconds() for pauses in (1, 2, 3, 20)]
    assert seconds == [5, 10, 20, 600]


@pytest.mark.parametrize(("failures", "seconds"), [(0, 1), (1, 4), (2, 16), (3, 64), (6, 240)])
def test_a_recipient_that_was_written_to_too_often_rests_four_times_as_long_each_time(
    failures: int, seconds: int
) -> None:
    error = RateLimited("slow down", scope=Scope.RECIPIENT)
    found = judge_outcome(error, failures=failures, idempotent=False, now=NOW, chance=0.0)
    assert found.due_at is not None
    assert found.due_at >= NOW + timedelta(seconds=seconds)


def test_an_exhausted_quota_rests_the_device_until_it_returns() -> None:
    found = outcome(QuotaExhausted("no quota", resets_at=NOW + timedelta(days=3)))
    assert found.status is MessageStatus.QUEUED
    assert until(found) == timedelta(days=3)
    assert not found.counts


def test_a_quota_that_should_be_back_already_is_probed_ever_more_rarely() -> None:
    found = outcome(QuotaExhausted("no quota", resets_at=NOW - timedelta(days=1)))
    assert [until(found, pauses=pauses) for pauses in (1, 2, 9)] == [
        timedelta(minutes=10),
        timedelta(minutes=20),
        timedelta(hours=1),
    ]


def test_a_quota_that_never_returns_is_asked_for_all_the_same() -> None:
    found = outcome(QuotaExhausted("no quota", resets_at=NOW + timedelta(days=3000)))
    assert until(found) == timedelta(days=32)


@pytest.mark.parametrize("error", [DeviceOffline("offline"), NotAuthorised("bad token")])
def test_what_is_wrong_with_a_device_rests_it_and_costs_no_try(error: Exception) -> None:
    found = outcome(error)
    assert found.status is MessageStatus.QUEUED
    assert until(found) == timedelta(seconds=60)
    assert not found.counts


def test_trouble_with_a_device_costs_a_try_as_well() -> None:
    """The message may be what is wrong: it must come to an end."""
    found = outcome(TransientError("busy", scope=Scope.DEVICE))
    assert found.counts
    assert until(found) == timedelta(seconds=5)


def test_a_message_outside_the_window_is_held() -> None:
    found = outcome(OutsideWindow("the contact has not written lately"))
    assert (found.status, found.held) == (MessageStatus.QUEUED, Held.WINDOW)
    assert not found.counts


def test_no_wait_is_longer_than_a_message_holds_up_its_conversation() -> None:
    """So the order holds across retries."""
    assert BACKOFF_LIMIT < RETRY_BLOCKS


@pytest.mark.parametrize("seconds", [1e6, 1e300, float("inf")])
def test_no_gateway_puts_a_message_off_for_ever(seconds: float) -> None:
    found = outcome(TransientError("busy", retry_after=seconds))
    assert found.due_at is not None
    assert found.due_at < NOW + timedelta(hours=25)


def test_an_unknown_outcome_is_held() -> None:
    found = outcome(OutcomeUnknown("no answer"))
    assert found.status is MessageStatus.UNKNOWN


def test_an_unknown_outcome_is_sent_again_with_the_same_key_where_that_cannot_double() -> None:
    found = outcome(OutcomeUnknown("no answer"), idempotent=True)
    assert found.status is MessageStatus.QUEUED
    assert not found.new_key


@pytest.mark.parametrize("error", [Rejected("no such number"), NotSupported("no")])
def test_a_permanent_error_ends_it_with_the_reason(error: Exception) -> None:
    found = outcome(error)
    assert found.status is MessageStatus.DEAD
    assert str(error) in (found.error or "")


def test_a_defect_of_ours_is_held_and_shows_no_text() -> None:
    found = outcome(KeyError("rahasia"))
    assert found.status is MessageStatus.UNKNOWN
    assert "rahasia" not in (found.error or "")


def test_backoff_has_full_jitter_and_a_limit() -> None:
    assert backoff(3, 0.0) == timedelta(0)
    assert backoff(3, 1.0) == timedelta(seconds=8)
    assert backoff(500, 1.0) == BACKOFF_LIMIT
