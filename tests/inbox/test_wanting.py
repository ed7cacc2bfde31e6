"""What rules want done besides answering is put down with the answer."""

from datetime import timedelta

from sqlalchemy import Engine, select

from bot.effects import EffectKind
from bot.inbox.answering import want
from bot.inbox.changes import Changes, Pending
from bot.lanes import lane_of
from bot.rules import Answer, State, TaskCall, read
from bot.rules.explanation import Explanation
from models import Effect, reading
from tests.inbox.shop import Shop
from tests.making import NOW, all_events, events, gateways, outgoing

RULES = """
version: 1
settings: {loop_guard: {replies: 2, within: 1m, pause: 30m, notify: pemilik}}
admins: {pemilik: {to: "6281200000077"}}
rules:
  - id: stok
    match: {starts: stok}
    http: {url: "https://toko.contoh.id/stok", timeout: 5s, with: {barang: "{{ message.text }}"}}
    reply: Sebentar ya.
fallback:
  reply: "balas {{ message.text }}"
  after: 2
  then: {notify: {to: pemilik, text: "{{ contact.phone }} tidak dipahami"}}
"""


def effects(engine: Engine) -> list[Effect]:
    with reading(engine) as session:
        return list(session.scalars(select(Effect).order_by(Effect.id)))


def test_an_address_to_ask_is_put_down_with_all_that_it_takes(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    assert shop.says("stok kopi") == ["Sebentar ya."]

    [effect] = effects(engine)
    [message] = all_events(engine)
    found = shop.conversation()
    assert (effect.kind, effect.key) == (EffectKind.ASK_ADDRESS, f"{message.id}:0")
    assert (effect.event_id, effect.address, effect.device) == (
        message.id,
        found.address,
        found.device,
    )
    assert effect.lane == lane_of(found.gateway, found.device, found.address)
    assert {**effect.details, "body": effect.details["body"]["with"]} == {
        "url": "https://toko.contoh.id/stok",
        "timeout": 5.0,
        "place": "stok",
        "rule": "stok",
        "body": {"barang": "stok kopi"},
    }


def test_words_that_no_database_takes_are_asked_all_the_same(engine: Engine) -> None:
    Shop(engine, RULES).says("stok a\0b\ud800c")

    [effect] = effects(engine)
    assert effect.details["body"]["with"] == {"barang": "stok a\ufffdb\ufffdc"}


def test_slow_code_is_put_down_with_all_that_it_takes() -> None:
    [event] = events("wagate", "text")
    place = ("wagate", event.device, str(event.address))
    pending = Pending(id=7, event=event, place=place, received_at=NOW)
    wanted = TaskCall(rule="stok", name="cari", body={"text": "kopi"}, place="order.done")
    answer = Answer(effects=(wanted,), state=State(), explanation=Explanation(version="1"))
    changes = Changes(talks={}, memories={})

    want(pending, answer, changes, gateways()["wagate"], read(RULES))

    [effect] = changes.effects
    assert (effect.kind, effect.key, effect.event_id) == (EffectKind.RUN_TASK, "7:0", 7)
    assert effect.details == {
        "name": "cari",
        "body": {"text": "kopi"},
        "place": "order.done",
        "rule": "stok",
    }


def test_an_admin_is_told_when_the_loop_guard_pauses(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    for text in ("stok 1", "stok 2", "stok 3", "stok 4"):
        shop.says(text)

    notices = [message.text for message in outgoing(engine) if message.position >= 1000]
    assert len(notices) == 1
    assert "berhenti sementara" in notices[0]
    assert shop.guard() == "loop"


def test_an_admin_is_told_when_nothing_was_understood_twice(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.says("asdf")
    told = shop.says("qwer", after=timedelta(minutes=2))

    assert told == ["balas qwer", "6281200000001 tidak dipahami"]
