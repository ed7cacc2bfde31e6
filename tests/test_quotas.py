"""What is left of a quota is known between two questions, and never thought to be too much."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, select

from bot.gateways.base import Quota
from bot.quotas import LARGEST, Asking, asking, is_low, keep, new_question, spend
from models import Device, reading, writing
from tests.making import arrivals, process_all, receive

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
RESETS_AT = datetime(2026, 4, 1, tzinfo=UTC)
KEY = ("wagate", "wa-melati")


def add(engine: Engine, **values: object) -> None:
    known = {"quota_limit": 1000, "quota_remaining": 100, "quota_reserve": 20, "quota_at": NOW}
    with writing(engine) as session:
        session.add(Device(**{"gateway": KEY[0], "device": KEY[1], **known, **values}))


def device(engine: Engine) -> Device:
    with reading(engine) as session:
        return session.scalars(select(Device).where(Device.device == KEY[1])).one()


def put_question(engine: Engine, now: datetime = NOW) -> Asking:
    with reading(engine) as session:
        return asking(session, *KEY, now=now)


def tell(
    engine: Engine,
    remaining: int,
    question: Asking,
    *,
    now: datetime = LATER,
    limit: int = 1000,
    reserve_percent: int = 2,
    resets_at: datetime | None = RESETS_AT,
) -> bool:
    quota = Quota(limit=limit, remaining=remaining, resets_at=resets_at)
    with writing(engine) as session:
        return keep(session, *KEY, quota, asking=question, reserve_percent=reserve_percent, now=now)


def count(engine: Engine, number: int, *, at: datetime = LATER) -> None:
    with writing(engine) as session:
        spend(session, {KEY: number}, at=at)


def test_an_answer_about_a_new_device_makes_it_known(engine: Engine) -> None:
    tell(engine, 912, put_question(engine))

    row = device(engine)
    assert (row.quota_limit, row.quota_remaining, row.quota_reserve) == (1000, 912, 20)
    assert (row.quota_resets_at, row.quota_at) == (RESETS_AT, NOW)


def test_a_reserve_is_at_least_one_message(engine: Engine) -> None:
    tell(engine, 20, put_question(engine), limit=20)

    assert device(engine).quota_reserve == 1


def test_without_a_share_nothing_is_reserved(engine: Engine) -> None:
    tell(engine, 20, put_question(engine), reserve_percent=0)

    assert device(engine).quota_reserve is None


def test_messages_are_counted_in_between(engine: Engine) -> None:
    add(engine)

    count(engine, 3)
    count(engine, 4)

    assert device(engine).quota_remaining == 93


def test_nothing_is_counted_below_zero(engine: Engine) -> None:
    add(engine, quota_remaining=2)

    count(engine, 3)

    assert device(engine).quota_remaining == 0


def test_a_device_whose_quota_nobody_knows_is_left_alone(engine: Engine) -> None:
    add(engine, quota_remaining=None, quota_at=None)

    count(engine, 3)

    assert device(engine).quota_remaining is None


def test_what_the_gateway_had_counted_when_it_was_asked_is_not_counted_again(
    engine: Engine,
) -> None:
    add(engine, quota_at=NOW)

    count(engine, 3, at=NOW - timedelta(seconds=5))

    assert device(engine).quota_remaining == 100


def test_gateways_without_a_quota_cost_no_statement(sqlite_engine: Engine) -> None:
    statements = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    with writing(sqlite_engine) as session:
        spend(session, {("meta", "1"): 3}, at=LATER)
        assert not any("devices" in each for each in statements)
        spend(session, {KEY: 3}, at=LATER)
        assert any("devices" in each for each in statements)


def test_what_was_counted_since_the_question_is_not_given_back(engine: Engine) -> None:
    add(engine)
    question = put_question(engine)
    count(engine, 3)

    tell(engine, 100, question)

    assert device(engine).quota_remaining == 97


def test_an_answer_to_an_older_question_changes_nothing(engine: Engine) -> None:
    older = put_question(engine, NOW - timedelta(seconds=5))
    tell(engine, 50, put_question(engine, NOW))

    tell(engine, 900, older)

    assert device(engine).quota_remaining == 50


def test_of_two_questions_at_once_the_lower_answer_counts(engine: Engine) -> None:
    first = put_question(engine, NOW)
    second = put_question(engine, NOW + timedelta(milliseconds=1))
    tell(engine, 60, first)
    count(engine, 10)

    tell(engine, 60, second)

    assert device(engine).quota_remaining == 50


def test_of_two_questions_at_once_a_new_quota_counts_whatever_was_left(engine: Engine) -> None:
    add(engine, quota_remaining=0, quota_resets_at=NOW)
    first = put_question(engine, NOW + timedelta(milliseconds=1))
    second = put_question(engine, NOW + timedelta(milliseconds=2))
    tell(engine, 0, first, resets_at=NOW)

    tell(engine, 1000, second, resets_at=RESETS_AT)

    assert device(engine).quota_remaining == 1000


def test_an_answer_from_the_future_does_not_hold_others_off(engine: Engine) -> None:
    add(engine, quota_at=NOW + timedelta(days=400))

    tell(engine, 70, put_question(engine))

    assert device(engine).quota_remaining == 70


@pytest.mark.parametrize("number", [LARGEST + 1, 10**17])
def test_a_number_larger_than_its_column_is_kept_as_the_largest(
    engine: Engine, number: int
) -> None:
    tell(engine, number, put_question(engine), limit=number)

    assert (device(engine).quota_limit, device(engine).quota_remaining) == (LARGEST, LARGEST)


@pytest.mark.parametrize(
    ("remaining", "is_back"), [(0, False), (1, False), (20, False), (21, True), (1000, True)]
)
def test_what_waited_may_go_when_more_than_the_reserve_is_left(
    engine: Engine, remaining: int, *, is_back: bool
) -> None:
    add(engine, quota_remaining=20)

    assert tell(engine, remaining, put_question(engine, LATER)) is is_back


@pytest.mark.parametrize(("remaining", "is_back"), [(0, False), (1, True)])
def test_a_device_that_rests_for_want_of_quota_may_go_on_with_one_message(
    engine: Engine, remaining: int, *, is_back: bool
) -> None:
    add(engine, quota_remaining=0, pause_reason="QuotaExhausted: none", rested_at=NOW)

    assert tell(engine, remaining, put_question(engine, LATER)) is is_back


def test_a_refusal_since_the_question_goes_before_its_answer(engine: Engine) -> None:
    question = put_question(engine, NOW)
    add(engine, quota_at=None, pause_reason="QuotaExhausted: none", rested_at=LATER)

    assert tell(engine, 5, question) is False


def test_a_device_that_has_enough_wakes_nobody(engine: Engine) -> None:
    add(engine)

    assert tell(engine, 99, put_question(engine, LATER)) is False


@pytest.mark.parametrize("days", [-731, 731])
def test_a_reset_that_is_far_off_is_none(engine: Engine, days: int) -> None:
    tell(engine, 912, put_question(engine), resets_at=LATER + timedelta(days=days))

    assert device(engine).quota_resets_at is None
    assert device(engine).quota_remaining == 912


@pytest.mark.parametrize("end", [datetime.max, datetime.min])
def test_a_reset_at_the_end_of_time_is_none(engine: Engine, end: datetime) -> None:
    tell(engine, 912, put_question(engine), resets_at=end.replace(tzinfo=UTC))

    assert device(engine).quota_resets_at is None


def test_of_two_questions_at_once_a_reset_that_is_none_is_the_same_both_times(
    engine: Engine,
) -> None:
    far = LATER + timedelta(days=9999)
    first, second = (put_question(engine, NOW + timedelta(milliseconds=each)) for each in (0, 1))
    tell(engine, 60, first, resets_at=far)
    count(engine, 10)

    tell(engine, 60, second, resets_at=far)

    assert device(engine).quota_remaining == 50


def test_of_a_plan_without_a_limit_nothing_is_known(engine: Engine) -> None:
    add(engine, quota_remaining=500)

    assert tell(engine, 0, put_question(engine, LATER), limit=0) is False

    row = device(engine)
    assert (row.quota_limit, row.quota_remaining, row.quota_reserve) == (None, None, None)
    assert (row.quota_resets_at, row.quota_at) == (None, LATER)


def test_what_waited_goes_when_the_plan_has_no_limit_any_more(engine: Engine) -> None:
    add(engine, quota_remaining=0)

    assert tell(engine, 0, put_question(engine, LATER), limit=0) is True


def test_a_question_is_put_once_in_its_time() -> None:
    first, second = (new_question(*KEY, at=NOW + timedelta(seconds=after)) for after in (0, 59))
    third = new_question(*KEY, at=NOW + timedelta(seconds=60))
    other = new_question("wagate", "x" * 200, at=NOW)

    assert first.key == second.key
    assert len({first.key, third.key, other.key}) == 3
    assert len(other.key) <= 200


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ({"quota_remaining": 100}, 10, True),
        ({"quota_remaining": 101}, 10, False),
        ({"quota_remaining": 0}, 10, True),
        ({"quota_remaining": 0}, 0, False),
        ({"quota_remaining": None}, 10, False),
        ({"quota_limit": None}, 10, False),
        ({"quota_limit": 0}, 10, False),
        ({"quota_resets_at": NOW}, 10, False),
        ({"quota_resets_at": LATER}, 10, True),
        ({"quota_limit": LARGEST, "quota_remaining": LARGEST}, 100, True),
    ],
)
def test_a_quota_is_low_at_its_share(
    values: dict[str, object], percent: int, *, expected: bool
) -> None:
    known: dict[str, object] = {"quota_limit": 1000, "quota_remaining": 100}

    assert is_low(Device(**{**known, **values}), percent=percent, now=NOW) is expected


def test_messages_that_come_in_are_counted_once(engine: Engine) -> None:
    add(engine, device="wa-toko", quota_at=NOW - timedelta(hours=1))
    for number in ("A", "B", "B"):
        receive(engine, arrivals("wagate", device="wa-toko", message_id=number, now=NOW))

    process_all(engine, now=NOW)

    with reading(engine) as session:
        left = session.scalar(select(Device.quota_remaining).where(Device.device == "wa-toko"))
    assert left == 98


def test_messages_that_came_before_the_question_are_not_counted(engine: Engine) -> None:
    add(engine, device="wa-toko", quota_at=NOW + timedelta(seconds=1))
    receive(engine, arrivals("wagate", device="wa-toko", now=NOW))

    process_all(engine, now=NOW + timedelta(seconds=2))

    with reading(engine) as session:
        left = session.scalar(select(Device.quota_remaining).where(Device.device == "wa-toko"))
    assert left == 100


def test_statuses_cost_nothing(engine: Engine) -> None:
    add(engine, device="wa-toko", quota_at=NOW - timedelta(hours=1))
    receive(engine, arrivals("wagate", "status", device="wa-toko", now=NOW))

    process_all(engine, now=NOW)

    with reading(engine) as session:
        left = session.scalar(select(Device.quota_remaining).where(Device.device == "wa-toko"))
    assert left == 100
