"""What a send's result means, judged by its class alone."""

from datetime import timedelta

import pytest

from bot.gateways.base import SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Scope,
    TransientError,
    Unreachable,
)
from bot.outbox.outcome import BACKOFF_LIMIT, MAX_FAILURES, Outcome, backoff, judge_outcome
from models import MessageStatus
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
    assert found.pause_until is None
    assert found.due_at == NOW + timedelta(seconds=4.5)


def test_a_rate_limit_of_a_device_rests_the_device_and_costs_no_try() -> None:
    found = outcome(RateLimited("slow down", scope=Scope.DEVICE, retry_after=4))
    assert found.status is MessageStatus.QUEUED
    assert found.pause_until == NOW + timedelta(seconds=4.5)
    assert not found.counts


def test_a_device_that_is_not_told_how_long_to_rest_does_not_come_back_at_once() -> None:
    found = outcome(RateLimited("slow down", scope=Scope.DEVICE))
    assert found.pause_until is not None
    assert found.pause_until >= NOW + timedelta(seconds=5)


@pytest.mark.parametrize(("failures", "seconds"), [(0, 1), (1, 4), (2, 16), (3, 64), (6, 600)])
def test_a_recipient_that_was_written_to_too_often_rests_four_times_as_long_each_time(
    failures: int, seconds: int
) -> None:
    error = RateLimited("slow down", scope=Scope.RECIPIENT)
    found = judge_outcome(error, failures=failures, idempotent=False, now=NOW, chance=0.0)
    assert found.due_at is not None
    assert found.due_at >= NOW + timedelta(seconds=seconds)


def test_an_exhausted_quota_rests_the_device_until_it_returns() -> None:
    resets_at = NOW + timedelta(days=3)
    found = outcome(QuotaExhausted("no quota", resets_at=resets_at))
    assert (found.status, found.pause_until) == (MessageStatus.QUEUED, resets_at)
    assert not found.counts


def test_a_quota_that_should_be_back_already_is_not_probed_in_a_rush() -> None:
    found = outcome(QuotaExhausted("no quota", resets_at=NOW - timedelta(days=1)))
    assert found.pause_until is not None
    assert found.pause_until > NOW


def test_a_quota_that_never_returns_is_asked_for_all_the_same() -> None:
    found = outcome(QuotaExhausted("no quota", resets_at=NOW + timedelta(days=3000)))
    assert found.pause_until == NOW + timedelta(days=32)


def test_a_device_that_is_offline_rests_and_costs_no_try() -> None:
    found = outcome(DeviceOffline("offline"))
    assert found.status is MessageStatus.QUEUED
    assert found.pause_until is not None
    assert not found.counts


def test_an_unknown_outcome_is_held() -> None:
    found = outcome(OutcomeUnknown("no answer"))
    assert found.status is MessageStatus.UNKNOWN


def test_an_unknown_outcome_is_sent_again_with_the_same_key_where_that_cannot_double() -> None:
    found = outcome(OutcomeUnknown("no answer"), idempotent=True)
    assert found.status is MessageStatus.QUEUED
    assert not found.new_key


@pytest.mark.parametrize(
    "error", [Rejected("no such number"), NotAuthorised("bad token"), NotSupported("no")]
)
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
