"""Each way in which a history can be wrong is found, and a right one is left in peace."""

from dataclasses import replace

import pytest

from models import MessageStatus
from tests.chaos.invariants import Asked, History, Taken, Verdict, Written, judge

NUMBER = "6281200000001"
TEXTS = ("pesan 1", "pesan 2", "pesan 3")


def history(gateway: str = "meta") -> History:
    """Return what happens when nothing goes wrong."""
    return History(
        asked=[Asked(gateway, NUMBER, text) for text in TEXTS],
        stored=list(TEXTS),
        taken=[Taken(gateway, NUMBER, text) for text in TEXTS],
        written=[
            *(Written("in", gateway, text, MessageStatus.RECEIVED) for text in TEXTS),
            *(Written("out", gateway, text, MessageStatus.DELIVERED) for text in TEXTS),
        ],
    )


def with_status(
    past: History, text: str, status: MessageStatus, *, held: str | None = None
) -> History:
    """Return a history in which an answer stands otherwise."""
    written = [
        replace(each, status=status, held=held)
        if (each.direction, each.text) == ("out", text)
        else each
        for each in past.written
    ]
    return replace(past, written=written)


def without_taken(past: History, text: str) -> History:
    """Return a history in which no gateway took an answer."""
    return replace(past, taken=[each for each in past.taken if each.text != text])


def held(gateway: str, *, is_taken: bool, is_told: bool = True) -> Verdict:
    """Return the verdict on a history in which one answer is held."""
    past = with_status(history(gateway), TEXTS[1], MessageStatus.UNKNOWN, held="unknown")
    past = past if is_taken else without_taken(past, TEXTS[1])
    return judge(replace(past, alerts=frozenset({gateway} if is_told else ())))


def test_finds_nothing_where_all_is_well() -> None:
    verdict = judge(history())
    assert verdict.is_sound
    assert verdict.events == 3


def test_finds_an_acknowledged_text_that_is_not_stored() -> None:
    verdict = judge(replace(history(), stored=TEXTS[1:]))
    assert (verdict.lost, verdict.is_sound) == (1, False)


def test_finds_a_text_that_nobody_answered() -> None:
    verdict = judge(
        with_status(without_taken(history(), TEXTS[2]), TEXTS[2], MessageStatus.CANCELLED)
    )
    assert (verdict.lost, verdict.is_sound) == (1, False)


def test_finds_a_text_without_any_answer_in_the_history() -> None:
    past = without_taken(history(), TEXTS[0])
    verdict = judge(replace(past, written=[each for each in past.written if each.text != TEXTS[0]]))
    assert (verdict.lost, verdict.is_sound) == (1, False)


def test_finds_an_event_that_is_stored_twice() -> None:
    verdict = judge(replace(history(), stored=[*TEXTS, TEXTS[0]]))
    assert (verdict.doubled, verdict.is_sound) == (1, False)


def test_finds_an_answer_that_is_sent_twice() -> None:
    past = history()
    verdict = judge(replace(past, taken=[*past.taken, past.taken[0]]))
    assert (verdict.doubled, verdict.out_of_order, verdict.is_sound) == (1, 0, False)


@pytest.mark.parametrize("direction", ["in", "out"])
def test_finds_a_message_that_is_written_down_twice(direction: str) -> None:
    past = history()
    again = next(each for each in past.written if each.direction == direction)
    verdict = judge(replace(past, written=[*past.written, again]))
    assert (verdict.doubled, verdict.is_sound) == (1, False)


def test_finds_an_answer_that_overtook_another() -> None:
    past = history()
    verdict = judge(replace(past, taken=[past.taken[index] for index in (0, 2, 1)]))
    assert (verdict.out_of_order, verdict.is_sound) == (1, False)


def test_lets_two_conversations_overtake_each_other() -> None:
    one, other = history(), history()
    asked = [replace(each, number="6281200000002", text=f"b {each.text}") for each in other.asked]
    taken = [replace(each, to="6281200000002", text=f"b {each.text}") for each in other.taken]
    written = [replace(each, text=f"b {each.text}") for each in other.written]
    both = History(
        asked=[*one.asked, *asked],
        stored=[each.text for each in [*one.asked, *asked]],
        taken=[*taken, *one.taken],
        written=[*one.written, *written],
    )
    assert judge(both).is_sound


def test_finds_an_answer_that_went_to_somebody_else() -> None:
    past = history()
    taken = [replace(past.taken[0], to="6281200000002"), *past.taken[1:]]
    verdict = judge(replace(past, taken=taken))
    assert (verdict.out_of_order, verdict.is_sound) == (1, False)


@pytest.mark.parametrize(
    "status", [MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.SENDING]
)
def test_finds_an_answer_that_never_ends(status: MessageStatus) -> None:
    verdict = judge(with_status(history(), TEXTS[1], status))
    assert (verdict.stuck, verdict.is_sound) == (1, False)


def test_finds_a_doubt_that_nobody_decides() -> None:
    verdict = judge(with_status(history("wagate"), TEXTS[1], MessageStatus.UNKNOWN))
    assert (verdict.stuck, verdict.is_sound) == (1, False)


@pytest.mark.parametrize(
    "past",
    [replace(history(), open_events=2), replace(history(), open_effects=2)],
    ids=["events", "effects"],
)
def test_finds_work_that_is_overdue(past: History) -> None:
    verdict = judge(past)
    assert (verdict.stuck, verdict.is_sound) == (2, False)


def test_finds_a_process_that_is_left_behind() -> None:
    verdict = judge(replace(history(), left=["python worker.py inbox"]))
    assert (verdict.left, verdict.is_sound) == (1, False)


def test_finds_an_event_that_failed() -> None:
    assert not judge(replace(history(), failed_events=1)).is_sound


@pytest.mark.parametrize("status", [MessageStatus.DEAD, MessageStatus.FAILED])
def test_finds_an_answer_that_was_given_up_although_it_was_taken(status: MessageStatus) -> None:
    assert not judge(with_status(history(), TEXTS[1], status)).is_sound


def test_finds_an_answer_that_is_called_sent_and_never_was() -> None:
    assert not judge(without_taken(history(), TEXTS[1])).is_sound


@pytest.mark.parametrize("gateway", ["wagate", "csku"])
@pytest.mark.parametrize("is_taken", [True, False])
def test_counts_what_is_held_where_nobody_can_tell(gateway: str, is_taken: bool) -> None:
    verdict = held(gateway, is_taken=is_taken)
    assert (verdict.held, verdict.lost, verdict.is_sound) == (1, 0, True)


@pytest.mark.parametrize("gateway", ["meta", "whatsgate"])
def test_counts_what_is_held_because_nobody_told_of_it(gateway: str) -> None:
    verdict = held(gateway, is_taken=False)
    assert (verdict.held, verdict.lost, verdict.is_sound) == (1, 0, True)


@pytest.mark.parametrize("gateway", ["meta", "whatsgate", "rijan"])
def test_finds_what_is_held_in_spite_of_evidence(gateway: str) -> None:
    verdict = held(gateway, is_taken=True)
    assert (verdict.held, verdict.is_sound) == (1, False)


def test_finds_what_is_held_where_a_repeat_does_no_harm() -> None:
    assert not held("rijan", is_taken=False).is_sound


def test_finds_what_is_held_and_told_to_nobody() -> None:
    assert not held("wagate", is_taken=True, is_told=False).is_sound
