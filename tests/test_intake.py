"""The large bodies under way share a room; the oldest one always goes on."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from bot.intake import STEP, Incoming, Intake
from tests.waiting import wait_until


def test_of_all_that_wait_the_oldest_is_lent_first() -> None:
    intake = Intake(10 * STEP, reserve=STEP, at_once=10)
    very_first, older, *younger, last = (Incoming(patience=0.5) for _ in range(10))
    with ThreadPoolExecutor(8) as pool, ExitStack() as under_way:
        for body in (very_first, older, *younger):
            under_way.enter_context(intake.admit(body))
        with intake.admit(last):
            for body in (older, *younger, last):
                intake.extend(body)
            for body in younger:
                pool.submit(intake.extend, body)
            wait_until(lambda: all(body.is_waiting for body in younger))
            first = pool.submit(intake.extend, older)
            wait_until(lambda: older.is_waiting)

        assert first.exception() is None
        assert (older.lent, sum(body.lent for body in younger)) == (2 * STEP, len(younger) * STEP)


def test_the_next_one_takes_the_reserve_when_the_oldest_has_ended() -> None:
    intake = Intake(2 * STEP, reserve=STEP, at_once=9)
    oldest, next_one = Incoming(patience=5), Incoming(patience=5)
    with ThreadPoolExecutor(1) as pool, ExitStack() as ended:
        with intake.admit(oldest):
            intake.extend(oldest)
            ended.enter_context(intake.admit(next_one))
            intake.extend(next_one)
            waiting = pool.submit(intake.extend, next_one)
            wait_until(lambda: next_one.is_waiting)

        assert waiting.exception(1) is None
        assert next_one.lent == 2 * STEP


@pytest.mark.parametrize(("age", "size", "overdue"), [(9, 0, False), (11, 0, True), (40, 8, False)])
def test_a_body_is_overdue_by_what_it_brought_in_its_time(
    age: float, size: int, overdue: bool
) -> None:
    body = Incoming(patience=0, started_at=100.0, size=size * STEP)

    assert body.is_overdue(100.0 + age) is overdue
