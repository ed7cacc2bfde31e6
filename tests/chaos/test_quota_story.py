"""A quota that runs out in the middle of answers costs nobody anything but time."""

import pytest

from bench.databases import Kind, Server
from bench.quota_stage import Plan, Story, told
from bench.quota_story import lines

PLAN = Plan(
    quota=20,
    customers=5,
    per_second=20,
    suppliers=3,
    latecomers=1,
    reset_after=15,
    seconds=60,
)


@pytest.fixture(scope="module")
def story() -> Story:
    return told(PLAN, Server(Kind.SQLITE))


def test_every_reply_comes_once_and_in_order(story: Story) -> None:
    assert (story.answered, story.suppliers_told) == (PLAN.wanted, PLAN.suppliers)
    assert (story.lost, story.doubled, story.out_of_order) == (0, 0, 0)


def test_everything_is_recorded_as_sent_once(story: Story) -> None:
    assert story.statuses.total() == PLAN.wanted + PLAN.suppliers
    assert set(story.statuses) <= {"sent", "delivered", "read"}


def test_waiting_for_quota_uses_up_no_tries(story: Story) -> None:
    assert story.burnt == 0
    assert 1 <= story.refused <= PLAN.quota


def test_without_quota_wagate_tells_nobody_who_writes(story: Story) -> None:
    assert story.not_told_of == PLAN.latecomers


def test_the_admin_is_told_when_it_is_gone_and_when_it_is_back(story: Story) -> None:
    texts = [text for _, text in story.admin]

    assert sum("no quota left" in text for text in texts) == 1
    assert sum("has quota again" in text for text in texts) == 1
    assert story.low_events == 1


def test_what_is_known_is_not_more_than_what_is_left_while_it_rests(story: Story) -> None:
    rests = [look for look in story.looks if look.state == "rests"]

    assert rests
    assert all(look.known is not None and look.known <= look.left for look in rests)


def test_the_timeline_tells_what_happened(story: Story) -> None:
    text = "\n".join(lines(story))

    assert "WAGate refuses" in text
    assert "lost 0, doubled 0, out of order 0" in text
