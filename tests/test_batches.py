"""One commit for all that wait, and an answer of its own for each."""

import os
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from bot.batches import Batcher


class Book:
    """What was committed, in which batches; the first commit waits until it may go on."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def commit(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.batches.append(list(items))
        self.begun.set()
        self.may_end.wait(5)
        return [ValueError(item) if item < 0 else item * 10 for item in items]


@pytest.fixture
def book() -> Book:
    return Book()


def test_answers_each_item_with_its_own_result(book: Book) -> None:
    book.may_end.set()
    batcher: Batcher[int, int] = Batcher("test", book.commit)

    assert [batcher.submit(number).result(5) for number in (1, 2)] == [10, 20]


def test_gathers_the_next_batch_while_one_commits(book: Book) -> None:
    batcher: Batcher[int, int] = Batcher("test", book.commit)
    futures = [batcher.submit(1)]
    book.begun.wait(5)
    futures += [batcher.submit(number) for number in (2, 3, 4)]
    book.may_end.set()

    assert [future.result(5) for future in futures] == [10, 20, 30, 40]
    assert book.batches == [[1], [2, 3, 4]]


def test_a_batch_has_a_limit_and_keeps_the_order(book: Book) -> None:
    batcher: Batcher[int, int] = Batcher("test", book.commit, limit=2)
    futures = [batcher.submit(0)]
    book.begun.wait(5)
    futures += [batcher.submit(number) for number in range(1, 6)]
    book.may_end.set()

    assert [future.result(5) for future in futures] == [0, 10, 20, 30, 40, 50]
    assert book.batches == [[0], [1, 2], [3, 4], [5]]


def test_an_exception_is_only_for_the_item_that_it_is_about(book: Book) -> None:
    batcher: Batcher[int, int] = Batcher("test", book.commit)
    futures = [batcher.submit(1)]
    book.begun.wait(5)
    futures += [batcher.submit(number) for number in (-2, 3)]
    book.may_end.set()

    assert futures[2].result(5) == 30
    with pytest.raises(ValueError, match="-2"):
        futures[1].result(5)


def test_a_failed_commit_is_told_to_all_and_the_next_one_works() -> None:
    failures = [OSError("disk")]

    def commit(items: Sequence[int]) -> Sequence[int | Exception]:
        if failures:
            raise failures.pop()
        return [7 for _ in items]

    batcher: Batcher[int, int] = Batcher("test", commit)

    with pytest.raises(OSError, match="disk"):
        batcher.submit(1).result(5)
    assert batcher.submit(2).result(5) == 7


def test_too_few_results_harm_no_later_batch() -> None:
    outcomes: Iterator[list[int | Exception]] = iter([[], [7]])
    batcher: Batcher[int, int] = Batcher("test", lambda items: next(outcomes))

    with pytest.raises(ValueError, match="shorter"):
        batcher.submit(1).result(5)
    assert batcher.submit(2).result(5) == 7


def test_somebody_who_gave_up_waiting_harms_no_other(book: Book) -> None:
    batcher: Batcher[int, int] = Batcher("test", book.commit)
    first = batcher.submit(1)
    book.begun.wait(5)
    left, stayed = batcher.submit(2), batcher.submit(3)
    left.cancel()
    book.may_end.set()

    assert first.result(5) == 10
    assert stayed.result(5) == 30
    assert batcher.submit(4).result(5) == 40


def test_tells_what_waits_and_whether_it_is_stuck(book: Book) -> None:
    batcher: Batcher[int, int] = Batcher("test", book.commit)
    assert (batcher.waiting(), batcher.stuck(0)) == (0, False)

    future = batcher.submit(1)
    book.begun.wait(5)
    batcher.submit(2)
    time.sleep(0.02)
    assert (batcher.waiting(), batcher.stuck(0.01), batcher.stuck(5)) == (2, True, False)

    book.may_end.set()
    future.result(5)


def test_works_in_a_forked_child(book: Book) -> None:
    book.may_end.set()
    batcher: Batcher[int, int] = Batcher("test", book.commit)
    batcher.submit(1).result(5)

    child = os.fork()
    if not child:
        os._exit(0 if batcher.submit(2).result(5) == 20 else 1)

    assert os.waitpid(child, 0)[1] == 0


def test_takes_items_from_many_threads_at_once() -> None:
    batcher: Batcher[int, int] = Batcher("test", lambda items: [item + 1 for item in items])
    results: dict[int, int] = {}

    def hand_in(number: int) -> None:
        results[number] = batcher.submit(number).result(5)

    threads = [threading.Thread(target=hand_in, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == {number: number + 1 for number in range(50)}
