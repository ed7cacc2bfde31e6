"""Tokens: how many messages may go now, counted over processes."""

import os
import signal
import threading
import time
from dataclasses import dataclass

import pytest
from redis import Redis

from bot.gateways.base import Gateway
from bot.outbox.rates import Rates, Tokens
from tests.conftest import Valkey
from tests.making import gateways


@dataclass(frozen=True)
class Waiting:
    """A message that could be sent now."""

    id: int
    conversation_id: int = 1
    gateway: str = "meta"
    device: str = "toko"
    kind: str = "text"


def configured(**changes: str) -> dict[str, Gateway]:
    return gateways(**changes)


def many(count: int, *, start: int = 0, **values: str) -> list[Waiting]:
    return [
        Waiting(id=start + number, conversation_id=start + number, **values)
        for number in range(count)
    ]


def test_gives_a_token_to_everybody_while_there_are_some(redis: Redis) -> None:
    tokens = Rates(configured(), redis).take(many(12))
    assert tokens == Tokens(granted=list(range(12)))


def test_the_first_in_line_get_what_is_left(redis: Redis) -> None:
    rates = Rates(configured(WAGATE_RATE="5/minute"), redis)
    tokens = rates.take(many(8, gateway="wagate"))
    assert tokens.granted == [0, 1, 2, 3, 4]
    assert tokens.senders.keys() == {("wagate", "toko")}
    assert 55 < tokens.senders["wagate", "toko"] < 62


def test_processes_share_their_tokens(redis: Redis) -> None:
    processes = [Rates(configured(WAGATE_RATE="20/minute"), redis) for _ in range(3)]
    granted: list[int] = []

    def work(number: int) -> None:
        for turn in range(10):
            waiting = many(3, start=number * 100 + turn * 3, gateway="wagate")
            granted.extend(processes[number].take(waiting).granted)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(granted) == len(set(granted)) == 20


def test_a_recipient_gets_45_messages_at_once_and_waits_then_alone(redis: Redis) -> None:
    rates = Rates(configured(META_RATE="off"), redis)
    to_one = [Waiting(id=number) for number in range(50)]

    tokens = rates.take([*to_one, Waiting(id=99, conversation_id=2)])

    assert tokens.granted == [*range(45), 99]
    assert tokens.messages.keys() == {45, 46, 47, 48, 49}
    assert tokens.senders == {}


def test_files_and_texts_of_a_rijan_are_counted_apart(redis: Redis) -> None:
    rates = Rates(configured(), redis)
    texts = many(70, gateway="rijan")
    files = many(35, start=100, gateway="rijan", kind="image")

    first, second = rates.take(texts[:65]), rates.take(files)

    assert first.granted == list(range(60))
    assert second.granted == list(range(100, 130))
    assert ("rijan", "toko", "text") in first.senders
    assert ("rijan", "toko", "document") in second.senders
    assert ("rijan", "toko") not in {*first.senders, *second.senders}


def test_questions_take_of_what_a_rijan_has_for_all_requests(redis: Redis) -> None:
    rates = Rates(configured(), redis)
    waits = [rates.wait_for_question("rijan", "toko") for _ in range(96)]
    assert waits[:95] == [0.0] * 95
    assert 50 < waits[95] < 62
    assert rates.take(many(3, gateway="rijan")).granted == []
    assert rates.wait_for_question("wagate", "toko") == 0.0


def test_a_silent_redis_is_not_asked_again_and_again(own_valkey: Valkey) -> None:
    with Redis.from_url(own_valkey.url, socket_timeout=0.5) as redis:
        rates = Rates(configured(), redis, share=0.5)
        process = own_valkey.process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            for turn in range(12):
                rates.take(many(4, start=10 * turn))
        finally:
            os.kill(process.pid, signal.SIGCONT)
        assert time.monotonic() - began < 3


def test_devices_do_not_take_each_others_tokens(redis: Redis) -> None:
    rates = Rates(configured(WAGATE_RATE="3/minute"), redis)
    rates.take(many(9, gateway="wagate", device="satu"))
    assert rates.take(many(3, start=10, gateway="wagate", device="dua")).granted == [10, 11, 12]


def test_a_burst_gets_no_more_than_a_fifth_of_a_second_holds(redis: Redis) -> None:
    rates = Rates(configured(), redis)
    tokens = rates.take(many(30))
    assert tokens.granted == list(range(12))
    assert 0 < tokens.senders["meta", "toko"] <= 0.2


def test_tokens_return(redis: Redis) -> None:
    rates = Rates(configured(WAGATE_RATE="10/second"), redis)
    first = rates.take(many(20, gateway="wagate"))
    time.sleep(max(first.senders.values()) + 0.05)
    second = rates.take(many(20, start=100, gateway="wagate"))
    # Short windows leave some of their tokens unused and give out half at a time, see SLOTS.
    assert (len(first.granted), len(second.granted)) == (3, 3)


def test_without_redis_a_process_takes_only_its_share(own_valkey: Valkey) -> None:
    with Redis.from_url(own_valkey.url, socket_timeout=1) as redis:
        rates = Rates(configured(WAGATE_RATE="20/minute"), redis, share=0.25)
        own_valkey.kill()

        tokens = rates.take(many(20, gateway="wagate"))
        assert len(tokens.granted) == 5

        own_valkey.start()
        rates._away_until = 0.0
        assert len(rates.take(many(30, start=50, gateway="wagate")).granted) == 20


@pytest.mark.parametrize("gateway", ["tidak-ada", "wagate"])
def test_without_a_rate_nobody_waits(redis: Redis, gateway: str) -> None:
    rates = Rates(configured(WAGATE_RATE="off"), redis)
    assert len(rates.take(many(500, gateway=gateway)).granted) == 500
