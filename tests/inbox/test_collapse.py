"""Several messages of a contact within a moment are answered once, with the words of all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, event, text, update

from bot.healing import heal
from bot.inbox.collapse import MOST
from bot.inbox.process import process
from models import Event, writing
from tests.inbox.shop import SECOND
from tests.inbox.test_process import REFUSE
from tests.making import (
    NOW,
    all_events,
    arrivals,
    incoming,
    outgoing,
    process_all,
    receive,
    responder,
)

RULES = """
version: 1
settings: {collapse: 2s, loop_guard: {replies: 100, within: 1m, pause: 30m}}
admins: {pemilik: {to: "6281200000077"}}
rules:
  - {id: berhenti, always: true, match: {exact: berhenti}, opt_out: true, reply: baik}
  - {id: sapa, if: {silent_for: 1d}, continue: true, reply: Selamat datang}
  - {id: bukti, match: {type: image}, reply: "gambar: {{ caption }}"}
  - id: menu
    match: {exact: menu}
    reply: {text: Pilih ya, buttons: [{id: satu, title: Harga}, {id: dua, title: Chat CS}]}
  - {id: cs, match: {button: dua}, reply: "cs: {{ message.text }}"}
  - {id: pesan, match: {exact: pesan}, start: order}
  - {id: ditelepon, event: call.received, reply: jangan telepon}
fallback: {reply: "balas {{ message.text }}"}
flows:
  order:
    cancel: batal
    timeout: 30s
    on_timeout: {reply: Waktunya habis.}
    steps: [{id: alamat, ask: Ke mana?, type: text}]
    done: {reply: "Siap, ke {{ form.alamat }}."}
"""
SENDER = "6281200000001"
HALF = SECOND / 2


class Chat:
    """Somebody who writes at times counted in seconds; looked at whenever something is due."""

    def __init__(self, engine: Engine, rules: str = RULES, gateway: str = "wagate") -> None:
        self.engine, self.gateway = engine, gateway
        self.who = responder(rules)
        # A contact who is known, so that nobody is welcomed.
        self._put("kenal", NOW - timedelta(hours=1), "text", SENDER)
        self._look(NOW - timedelta(minutes=50))
        self.before = len(outgoing(engine))

    def writes(
        self, text: str, at: float, *, case: str = "text", sender: str = SENDER, **values: Any
    ) -> None:
        """Write at a time, which is looked at then."""
        moment = NOW + timedelta(seconds=at)
        self._put(text, moment, case, sender, **values)
        self.look(at)

    def look(self, at: float) -> None:
        """Look at what is due by then."""
        self._look(NOW + timedelta(seconds=at))

    def replies(self) -> list[str]:
        return [message.text for message in outgoing(self.engine)[self.before :]]

    def heard(self) -> list[tuple[str, str | None]]:
        """Return what was written, and what stopped it."""
        return [
            (message.text, (message.explanation or {}).get("guard"))
            for message in incoming(self.engine)[1:]
        ]

    def is_done(self) -> bool:
        return all(each.processed_at for each in all_events(self.engine))

    def _put(self, text: str, moment: datetime, case: str, sender: str, **values: Any) -> None:
        given = {"text": text, "sender": sender, "message_id": f"{text}{moment:%H%M%S%f}"} | values
        receive(self.engine, arrivals(self.gateway, case, now=moment, **given))

    def _look(self, now: datetime) -> None:
        process_all(self.engine, self.who, now=now)


def test_what_is_written_in_pieces_is_answered_once(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo kak", 0)
    chat.writes("mau tanya", 1)
    chat.writes("harga berapa?", 2.5)
    assert (chat.replies(), chat.heard()) == ([], [])
    chat.look(4.4)
    assert chat.replies() == []
    chat.look(4.5)

    assert chat.replies() == ["balas halo kak\nmau tanya\nharga berapa?"]
    assert chat.heard() == [
        ("halo kak", "collapsed"),
        ("mau tanya", "collapsed"),
        ("harga berapa?", None),
    ]
    assert chat.is_done()


def test_one_message_is_answered_when_nothing_follows(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0)
    chat.look(1.9)
    assert chat.replies() == []
    chat.look(2)

    assert (chat.replies(), chat.heard()) == (["balas halo"], [("halo", None)])


def test_a_lane_is_looked_at_again_exactly_then(engine: Engine) -> None:
    chat = Chat(engine)
    chat._put("halo", NOW, "text", SENDER)
    [done] = [each for each in process_all(engine, chat.who, now=NOW) if each.count]

    assert not done.is_left
    assert done.retry_at is not None
    # A moment later, so that nobody looks in vain.
    assert NOW + 2 * SECOND <= done.retry_at < NOW + 2.2 * SECOND


def test_what_is_not_collapsed_is_answered_at_once(engine: Engine) -> None:
    chat = Chat(engine, RULES.replace("collapse: 2s", "collapse: 0s"))
    chat.writes("halo", 0)
    chat.writes("lagi", 0.5)

    assert chat.replies() == ["balas halo", "balas lagi"]


def test_without_collapse_nothing_more_is_asked_of_the_database(engine: Engine) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        Chat(engine, RULES.replace("collapse: 2s", "collapse: 0s")).writes("halo", 0)
        without = [each for each in asked if "length(events.payload)" in each]
        asked.clear()
        Chat(engine).writes("halo", 5)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    assert without == []
    assert [each for each in asked if "length(events.payload)" in each]


def test_nobody_waits_for_ever(engine: Engine) -> None:
    chat = Chat(engine)
    for number in range(7):
        chat.writes(f"k{number}", number * 1.5)
    assert chat.replies() == []

    # Five times two seconds after the first one.
    chat.look(10)
    assert chat.replies() == ["balas k0\nk1\nk2\nk3\nk4\nk5\nk6"]
    for number in range(7, 12):
        chat.writes(f"k{number}", number * 1.5)
    chat.look(60)
    assert chat.replies()[1:] == ["balas k7\nk8\nk9\nk10\nk11"]
    assert chat.is_done()


def test_what_is_more_than_a_sentence_is_answered_at_once(engine: Engine) -> None:
    chat = Chat(engine)
    for number in range(MOST):
        chat.writes(f"k{number}", number / 100)

    assert len(chat.replies()) == 1
    assert chat.replies()[0].endswith(f"k{MOST - 1}")


def test_what_was_written_long_apart_is_answered_apart_after_an_outage(engine: Engine) -> None:
    chat = Chat(engine)
    for words, at in (("halo", 0), ("kak", 1), ("halo?", 5), ("jadi?", 600)):
        chat._put(words, NOW + timedelta(seconds=at), "text", SENDER)
    chat.look(3600)

    assert chat.replies() == ["balas halo\nkak", "balas halo?", "balas jadi?"]


def test_a_picture_ends_it_and_is_answered_with_the_words_before(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("ini bukti", 0)
    chat.writes("transfer", 1, case="image")

    assert chat.replies() == ["gambar: ini bukti\ntransfer"]
    assert [(message.kind, message.text) for message in incoming(engine)[1:]] == [
        ("text", "ini bukti"),
        ("image", "transfer"),
    ]


def test_what_comes_after_a_picture_begins_anew(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("bukti", 0, case="image")
    chat.writes("sudah ya", 0.5)
    assert chat.replies() == ["gambar: bukti"]
    chat.look(3)

    assert chat.replies() == ["gambar: bukti", "balas sudah ya"]


def test_a_choice_of_a_menu_ends_it(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("menu", 0)
    chat.look(2)
    chat.writes("yang", 10)
    chat.writes("2", 11)

    assert chat.replies()[1:] == ["cs: yang\nChat CS"]
    assert incoming(engine)[-1].text == "2"


def test_stop_is_heard_at_once_and_by_itself(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0)
    chat.writes("berhenti", 1)

    assert chat.replies() == ["balas halo", "baik"]
    chat.writes("halo?", 1.5)
    chat.look(10)
    assert chat.heard()[-1] == ("halo?", "opted-out")


def test_an_admin_switches_the_bot_at_once(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("#bot off", 0, sender="6281200000077")

    assert chat.replies() == ["Bot dimatikan."]


def test_an_answer_in_a_form_may_have_several_lines(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("pesan", 0)
    chat.look(2)
    chat.writes("Jl. Melati 5", 10)
    chat.writes("RT 02", 11)
    chat.look(13)

    assert chat.replies() == ["Ke mana?", "Siap, ke Jl. Melati 5\nRT 02."]


def test_an_answer_that_still_waits_came_in_time(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("pesan", 0)
    chat.look(2)
    chat.writes("Jl. Melati 5", 31)
    chat.look(32.6)
    assert chat.replies() == ["Ke mana?"]
    chat.look(33)

    assert chat.replies() == ["Ke mana?", "Siap, ke Jl. Melati 5."]
    chat.look(60)
    assert chat.is_done()
    assert "Waktunya habis." not in chat.replies()


def test_an_answer_that_came_too_late_waits_for_nothing(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("pesan", 0)
    chat.look(2)
    chat._put("Jl. Melati 5", NOW + timedelta(seconds=33), "text", SENDER)
    chat.look(33.5)

    assert chat.replies() == ["Ke mana?", "Waktunya habis."]


def test_a_greeting_is_for_the_whole(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0, sender="6281200000009")
    chat.writes("kak", 1, sender="6281200000009")
    chat.look(3)

    assert chat.replies() == ["Selamat datang\n\nbalas halo\nkak"]


def test_contacts_do_not_wait_for_each_other(engine: Engine) -> None:
    chat = Chat(engine)
    lane = arrivals(text="x", sender=SENDER)[0].lane
    rows = arrivals("wagate", "image", now=NOW, text="lain", sender="6281200000005")
    chat._put("halo", NOW, "text", SENDER)
    receive(engine, [replace(row, lane=lane) for row in rows])
    chat.look(0)

    assert chat.replies() == ["Selamat datang\n\ngambar: lain"]


def test_what_a_gateway_tells_twice_is_said_once(engine: Engine) -> None:
    chat = Chat(engine)
    for key in ("one", "two"):
        rows = arrivals("wagate", "text", now=NOW, text="halo", message_id="SAME")
        receive(engine, [replace(row, key=key) for row in rows])
    chat.look(0)
    chat.look(2)

    assert (chat.replies(), chat.heard()) == (["balas halo"], [("halo", None)])
    assert chat.is_done()


def test_a_repeat_of_what_was_answered_takes_no_answer_away(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0, message_id="SAME")
    chat.look(2)
    chat._put("kak", NOW + 3 * SECOND, "text", SENDER)
    rows = arrivals("wagate", "text", now=NOW + 4 * SECOND, text="halo", message_id="SAME")
    receive(engine, [replace(row, key="again") for row in rows])
    chat.look(6)

    assert chat.replies() == ["balas halo", "balas kak"]


def test_a_person_who_answers_meanwhile_is_not_talked_over(engine: Engine) -> None:
    chat = Chat(engine, gateway="whatsgate")
    chat.writes("halo", 0)
    chat.writes("saya bantu", 1, case="create")
    chat.look(3)

    assert chat.replies() == ["saya bantu"]
    assert chat.heard() == [("halo", "takeover")]


def test_a_call_waits_for_nothing(engine: Engine) -> None:
    chat = Chat(engine, gateway="meta")
    chat.writes("halo", 0)
    chat.writes("", 1, case="call")

    assert chat.replies() == ["jangan telepon"]
    chat.look(2)
    assert chat.replies() == ["jangan telepon", "balas halo"]


def test_a_message_that_nobody_could_answer_does_not_wait(engine: Engine) -> None:
    chat = Chat(engine)
    chat.who = responder(RULES, WAGATE_API_TOKEN="")
    chat.writes("halo", 0)

    assert chat.heard() == [("halo", "receive-only")]


def test_a_poison_event_beside_it_fails_alone(engine: Engine) -> None:
    chat = Chat(engine)
    rows = arrivals("wagate", "text", now=NOW, text="x", message_id="POISON")
    receive(engine, [replace(row, payload=b"{") for row in rows])
    chat.writes("halo", 0)
    chat.writes("kak", 1)
    chat.look(3)

    assert chat.replies() == ["balas halo\nkak"]
    assert [bool(each.error) for each in all_events(engine)].count(True) == 1


def test_a_message_that_the_database_refuses_fails_alone(engine: Engine) -> None:
    chat = Chat(engine)
    with writing(engine) as session:
        for statement in REFUSE[engine.dialect.name]:
            session.execute(text(statement))
    try:
        chat._put("halo", NOW, "text", SENDER)
        chat._put("tolak", NOW + SECOND, "text", SENDER)
        chat.look(3)
    finally:
        with writing(engine) as session:
            on = "" if engine.dialect.name == "sqlite" else " ON messages"
            session.execute(text(f"DROP TRIGGER refuse{on}"))

    assert chat.replies() == ["balas halo"]
    assert [bool(each.error) for each in all_events(engine)] == [False, False, True]


def test_it_is_turned_off_while_something_waits(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0)
    chat.who = responder(RULES.replace("collapse: 2s", "collapse: 0s"))
    chat.look(2)

    assert chat.replies() == ["balas halo"]


def test_a_clock_that_was_set_back_keeps_nobody_waiting(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0)
    now = NOW - timedelta(hours=3)
    heal(engine, now=now)
    process_all(engine, chat.who, now=now)

    assert chat.replies() == ["balas halo"]


def test_a_full_lane_is_answered_all_the_same(engine: Engine) -> None:
    chat = Chat(engine)
    for number in range(130):
        for part in range(2):
            moment = NOW + timedelta(milliseconds=number + 200 * part)
            chat._put(f"{number}-{part}", moment, "text", f"6281200001{number:03}")
    lane = all_events(engine)[0].lane
    with writing(engine) as session:
        session.execute(update(Event).values(lane=lane))
    now = NOW + timedelta(seconds=10)
    for _ in range(6):
        process(engine, lane, chat.who, now=now)

    assert chat.is_done()
    assert sorted(chat.replies()) == sorted(
        f"Selamat datang\n\nbalas {number}-0\n{number}-1" for number in range(130)
    )


class Killed(BaseException):
    """The process died."""


@contextmanager
def dying(engine: Engine, statement: int) -> Iterator[None]:
    """Die before a statement, if there are as many."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)


def test_whenever_a_process_dies_nothing_is_lost_or_said_twice(engine: Engine) -> None:
    chat = Chat(engine)
    chat._put("halo", NOW, "text", SENDER)
    chat._put("kak", NOW + SECOND, "text", SENDER)
    lane = all_events(engine)[0].lane
    deaths = 0
    for now in (NOW + HALF, NOW + SECOND, NOW + 3 * SECOND):
        for statement in range(1, 100):
            try:
                with dying(engine, statement):
                    process(engine, lane, chat.who, now=now)
            except Killed:
                deaths += 1
                continue
            break

    assert deaths > 10
    assert chat.replies() == ["balas halo\nkak"]
    assert chat.heard() == [("halo", "collapsed"), ("kak", None)]
    assert chat.is_done()


def test_two_processes_on_one_lane_answer_once(engine: Engine) -> None:
    chat = Chat(engine)
    chat._put("halo", NOW, "text", SENDER)
    chat._put("kak", NOW + SECOND, "text", SENDER)
    later = NOW + 3 * SECOND
    is_first = True

    def overtake(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal is_first
        if is_first and "length(events.payload)" in statement:
            is_first = False
            process_all(engine, chat.who, now=later)

    event.listen(engine, "before_cursor_execute", overtake)
    try:
        process_all(engine, chat.who, now=later)
    finally:
        event.remove(engine, "before_cursor_execute", overtake)
    process_all(engine, chat.who, now=later)

    assert chat.replies() == ["balas halo\nkak"]


def test_the_history_keeps_each_message_as_it_came(engine: Engine) -> None:
    chat = Chat(engine)
    chat.writes("halo", 0)
    chat.writes("kak", 1)
    chat.look(3)

    first, second = incoming(engine)[1:]
    assert (first.created_at, second.created_at) == (NOW, NOW + SECOND)
    [reply] = outgoing(engine)[chat.before :]
    assert reply.event_id == second.event_id
    assert json.dumps(first.explanation, sort_keys=True) == json.dumps(
        {"guard": "collapsed", "version": chat.who.book.version}, sort_keys=True
    )
