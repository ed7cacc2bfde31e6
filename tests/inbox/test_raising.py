"""What we say to ourselves for later comes then, once: a form's time is over, a handover ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event, select, update

from bot.healing import heal
from bot.inbox.changes import Changes
from bot.inbox.loading import load_talks
from bot.inbox.moves import move_conversations
from bot.inbox.process import process
from bot.lanes import CLOCK_SKEW
from bot.metrics.standing import read_standing
from models import Conversation, Event, reading, writing
from tests.inbox.shop import HOUR, SECOND, Shop
from tests.inbox.test_process import changed_number
from tests.making import all_events, outgoing, process_all, receive, responder

MINUTE = timedelta(minutes=1)
RULES = """
version: 1
settings: {loop_guard: {replies: 100, within: 1m, pause: 30m}}
admins: {pemilik: {to: "6281200000077"}}
rules:
  - {id: pesan, match: {exact: pesan}, start: order}
  - {id: cs, match: {exact: cs}, handover: {for: 4h}, reply: Sebentar ya}
  - {id: kembali, event: handover.ended, reply: Bot kembali menjawab.}
fallback: {reply: "balas {{ message.text }}"}
flows:
  order:
    cancel: batal
    timeout: 30m
    on_timeout: {reply: Waktunya habis.}
    steps:
      - {id: barang, ask: Pesan apa?, type: text}
      - {id: alamat, ask: Kirim ke mana?, type: text}
    done: {reply: Siap.}
"""


def raised(engine: Engine, kind: str) -> list[Event]:
    return [each for each in all_events(engine) if each.kind == kind]


def open_events(engine: Engine) -> list[Event]:
    return [each for each in all_events(engine) if each.processed_at is None]


def test_a_form_ends_when_its_time_is_over(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    assert shop.says("pesan") == ["Pesan apa?"]
    shop.is_answered(after=30 * MINUTE - 2 * SECOND)
    assert shop.replies() == ["Pesan apa?"]
    shop.is_answered(after=2 * SECOND)

    assert shop.replies() == ["Pesan apa?", "Waktunya habis."]
    assert shop.says("kopi") == ["balas kopi"]


def test_it_ends_once_however_often_it_is_looked_at(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    for _ in range(3):
        shop.is_answered(after=HOUR)

    assert shop.replies() == ["Pesan apa?", "Waktunya habis."]
    assert open_events(engine) == []


def test_an_answer_gives_it_more_time(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    assert shop.says("kopi", after=20 * MINUTE) == ["Kirim ke mana?"]
    asked_at = shop.now
    shop.is_answered(after=15 * MINUTE)
    assert len(shop.replies()) == 2
    [again] = open_events(engine)

    assert again.received_at == asked_at + 30 * MINUTE
    shop.is_answered(after=20 * MINUTE)
    assert shop.replies()[-1] == "Waktunya habis."


def test_a_filled_form_is_not_ended_again(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    for text in ("pesan", "kopi", "Jl. Melati 5"):
        shop.says(text)
    shop.is_answered(after=HOUR)

    assert shop.replies()[-1] == "Siap."
    assert open_events(engine) == []


def test_a_form_that_was_begun_anew_has_its_own_time(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    shop.says("batal", after=20 * MINUTE)
    shop.says("pesan")
    began_at = shop.now
    shop.is_answered(after=15 * MINUTE)
    assert "Waktunya habis." not in shop.replies()
    shop.now = began_at + 30 * MINUTE - SECOND
    shop.is_answered()

    assert shop.replies().count("Waktunya habis.") == 1


def test_an_answer_from_before_counts_even_after_an_outage(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    shop.now += 20 * MINUTE
    shop.customer("kopi")
    shop.is_answered(after=3 * HOUR)

    assert shop.replies() == ["Pesan apa?", "Kirim ke mana?"]
    shop.is_answered(after=30 * MINUTE)
    assert shop.replies()[-1] == "Waktunya habis."


def test_it_never_comes_too_early(engine: Engine) -> None:
    """Rows are read a little before they are due: this one would have to be raised again."""
    shop = Shop(engine, RULES)
    shop.says("pesan")
    until = shop.now + 30 * MINUTE
    process_all(engine, shop.who, now=until - CLOCK_SKEW / 2)
    assert [each.processed_at for each in raised(engine, "flow.timeout")] == [None]
    process_all(engine, shop.who, now=until)

    assert shop.replies()[-1] == "Waktunya habis."


def test_what_was_raised_for_the_same_time_again_is_not_lost(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    until = shop.now + 30 * MINUTE
    with writing(engine) as session:
        session.execute(update(Event).where(Event.kind == "flow.timeout").values(due_at=shop.now))
    process_all(engine, shop.who, now=until - MINUTE)
    assert [each.received_at for each in open_events(engine)] == [until]
    process_all(engine, shop.who, now=until)

    assert shop.replies()[-1] == "Waktunya habis."


def test_it_comes_in_the_lane_of_its_conversation(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    message, timeout = all_events(engine)

    assert (timeout.kind, timeout.lane) == ("flow.timeout", message.lane)
    assert timeout.key == f"flow.timeout:{message.id}:0"


def test_a_lane_is_looked_at_again_when_something_comes_soon(engine: Engine) -> None:
    shop = Shop(engine, RULES.replace("timeout: 30m", "timeout: 30s"))
    shop.customer("pesan")
    now = shop.now + SECOND
    [done] = [each for each in process_all(engine, shop.who, now=now) if each.count]

    assert done.retry_at == now + 30 * SECOND + CLOCK_SKEW


def test_a_lane_is_swept_for_what_comes_later(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.customer("pesan")
    [done] = [each for each in process_all(engine, shop.who, now=shop.now) if each.count]

    assert done.retry_at is None


def test_a_form_goes_on_with_changed_rules(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    shop.who = responder(RULES.replace("Kirim ke mana?", "Alamatnya?"))
    assert shop.says("kopi") == ["Alamatnya?"]
    shop.who = responder(RULES.replace("Waktunya habis.", "Sampai nanti."))
    shop.is_answered(after=HOUR)

    assert shop.replies()[-1] == "Sampai nanti."


def test_a_form_that_the_rules_have_no_more_ends(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    shop.who = responder(RULES.replace("order", "beli"))

    assert shop.says("kopi") == ["balas kopi"]
    shop.is_answered(after=HOUR)
    assert open_events(engine) == []


def test_a_takeover_ends_it_without_a_word(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    shop.answers("saya bantu ya")
    shop.is_answered(after=HOUR)

    assert shop.replies() == ["Pesan apa?"]
    assert open_events(engine) == []


def test_words_that_no_database_takes_are_kept_in_a_form(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")

    assert shop.says("kopi\0 \ud800") == ["Kirim ke mana?"]
    assert [each.error for each in all_events(engine) if each.error] == []


def test_a_contact_who_changes_the_number_takes_it_along(engine: Engine) -> None:
    shop = Shop(engine, RULES, gateway="meta")
    shop.says("pesan")
    [timeout] = raised(engine, "flow.timeout")
    place = (timeout.gateway, timeout.device, timeout.address)
    with writing(engine) as session:
        talks = load_talks(session, [place])  # type: ignore[list-item] # it has an address
        moved = (place, "6281200000099")
        move_conversations(session, Changes(talks=talks, memories={}, moves=[moved]))  # type: ignore[list-item]
    shop.is_answered(after=HOUR)

    assert shop.replies()[-1] == "Waktunya habis."
    assert shop.conversation().address == "6281200000099"


def test_what_was_raised_in_the_same_batch_goes_along_too(engine: Engine) -> None:
    shop = Shop(engine, RULES, gateway="meta")
    shop.customer("pesan")
    shop.now += SECOND
    receive(engine, [replace(row, received_at=shop.now) for row in changed_number("6281200000099")])
    shop.is_answered()
    shop.is_answered(after=HOUR)

    assert shop.replies()[-1] == "Waktunya habis."


def test_the_end_of_a_handover_is_told_to_the_rules(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("cs")
    shop.is_answered(after=4 * HOUR - 2 * SECOND)
    assert shop.replies() == ["Sebentar ya"]
    shop.is_answered(after=2 * SECOND)
    shop.is_answered(after=HOUR)

    assert shop.replies() == ["Sebentar ya", "Bot kembali menjawab."]
    assert shop.conversation().handover_until is None


def test_two_handovers_in_one_batch_end_once(engine: Engine) -> None:
    shop = Shop(engine, RULES.replace("handover: {for: 4h}", "handover: {for: 4h}, always: true"))
    shop.says("cs")
    with writing(engine) as session:
        session.execute(update(Conversation).values(handover_until=None))
    shop.says("cs", after=timedelta())
    shop.is_answered(after=5 * HOUR)
    shop.is_answered(after=5 * HOUR)

    assert shop.replies().count("Bot kembali menjawab.") == 1


def test_a_handover_that_was_extended_ends_later(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("cs")
    until = shop.now + 8 * HOUR
    with writing(engine) as session:
        session.execute(update(Conversation).values(handover_until=until))
    shop.is_answered(after=5 * HOUR)
    assert shop.replies() == ["Sebentar ya"]
    assert [each.received_at for each in open_events(engine)] == [until]
    shop.now = until
    shop.is_answered()

    assert shop.replies()[-1] == "Bot kembali menjawab."


def test_a_handover_that_a_person_has_ended_ends_without_a_word(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("cs")
    shop.answers("#bot on")
    shop.is_answered(after=5 * HOUR)

    assert shop.replies() == ["Sebentar ya"]
    assert open_events(engine) == []


def test_a_person_who_still_answers_is_not_interrupted(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("cs")
    shop.answers("saya bantu ya", after=3 * HOUR)
    written_at = shop.now - SECOND
    shop.is_answered(after=1.5 * HOUR)
    assert shop.replies() == ["Sebentar ya"]
    [again] = open_events(engine)

    assert again.received_at == written_at + 2 * HOUR
    shop.is_answered(after=HOUR)
    assert shop.replies()[-1] == "Bot kembali menjawab."


def test_the_end_of_bot_off_is_told_to_the_rules(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("halo")
    shop.answers("#bot off 3h")
    shop.is_answered(after=3 * HOUR)

    assert shop.replies()[-1] == "Bot kembali menjawab."


def test_a_bot_that_is_off_until_it_is_switched_on_has_no_end(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.answers("#bot off")

    assert raised(engine, "handover.ended") == []


def test_what_is_to_come_is_no_backlog(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")

    with reading(engine) as session:
        before = read_standing(session, {}, now=shop.now)
        after = read_standing(session, {}, now=shop.now + HOUR)
    assert (before.events_waiting, before.events_due_since) == (0, None)
    assert (after.events_waiting, after.events_due_since is None) == (1, False)


def test_a_clock_that_was_right_makes_nothing_come_early(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")

    assert heal(engine, now=shop.now) == 0


def test_a_clock_that_was_set_back_does_not_keep_a_form_open(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("pesan")
    now = shop.now - 24 * HOUR

    heal(engine, now=now)

    with reading(engine) as session:
        due_at = session.scalar(select(Event.due_at).where(Event.processed_at.is_(None)))
    assert due_at == now


class Killed(BaseException):
    """The process died."""


def die_at(engine: Engine, lane: int, shop: Shop, *, statement: int, now: datetime) -> None:
    """Process a lane, and die before a statement if there are as many."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        process(engine, lane, shop.who, now=now)
    finally:
        event.remove(engine, "before_cursor_execute", count)


@pytest.mark.parametrize("text", ["pesan", "cs"])
def test_whenever_a_process_dies_it_comes_once(engine: Engine, text: str) -> None:
    shop = Shop(engine, RULES)
    shop.customer(text)
    lane = all_events(engine)[0].lane
    for statement in range(1, 100):
        try:
            die_at(engine, lane, shop, statement=statement, now=shop.now)
        except Killed:
            continue
        break
    assert len(raised(engine, "flow.timeout") + raised(engine, "handover.ended")) == 1
    later = shop.now + 5 * HOUR
    for statement in range(1, 100):
        try:
            die_at(engine, lane, shop, statement=statement, now=later)
        except Killed:
            continue
        break

    assert statement > 5
    assert len(outgoing(engine)) == 2
    assert open_events(engine) == []
