"""What rules keep is a row, written with the answer, once."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, event, select

from bot.inbox.process import process
from models import Conversation, Event, Record, reading
from tests.inbox.shop import Shop
from tests.making import NOW, all_events, arrivals, process_all, receive, responder

RULES = """
version: 1
settings: {loop_guard: {replies: 100, within: 1m, pause: 30m}}
tables:
  produk: [{id: kopi, nama: Kopi Gayo, harga: 50000}]
rules:
  - {id: pesan, match: {exact: pesan}, start: order}
  - id: keluhan
    match: {starts: keluhan}
    record: {kind: keluhan, fields: {isi: "{{ message.text }}", dari: "{{ contact.name }}"}}
    reply: Kami catat.
  - {id: putus, event: device.disconnected, record: {kind: putus, fields: {sebab: "{{ reason }}"}}}
fallback: {reply: "balas {{ message.text }}"}
flows:
  order:
    timeout: 30m
    cancel: batal
    steps:
      - {id: produk, ask: Apa?, type: table.produk}
      - {id: jumlah, ask: Berapa?, type: int}
      - {id: alamat, ask: Ke mana?, type: text}
    done:
      record: {kind: order, fields: [produk, jumlah, alamat]}
      reply: Siap.
"""


def records(engine: Engine) -> Sequence[Record]:
    with reading(engine) as session:
        return session.scalars(select(Record).order_by(Record.id)).all()


def test_a_filled_form_is_kept_with_its_values_in_their_order(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    for text in ("pesan", "kopi", "2", "Jl. Melati 5"):
        shop.says(text)

    [record] = records(engine)
    assert list(record.fields.items()) == [
        ("produk", "kopi"),
        ("jumlah", 2),
        ("alamat", "Jl. Melati 5"),
    ]
    assert (record.kind, record.gateway, record.created_at) == ("order", "whatsgate", shop.now)
    assert record.conversation_id == shop.conversation().id
    with reading(engine) as session:
        last = session.scalars(
            select(Event.id).where(Event.kind == "message.received").order_by(Event.id.desc())
        ).first()
    assert record.event_id == last


def test_the_order_of_the_fields_is_that_of_the_rules(engine: Engine) -> None:
    Shop(engine, RULES.replace("{isi:", "{zebra: z, isi:")).says("keluhan kopi dingin")

    [record] = records(engine)
    assert list(record.fields) == ["zebra", "isi", "dari"]
    assert record.rule == "keluhan"


def test_what_belongs_to_no_conversation_is_kept_too(engine: Engine) -> None:
    receive(engine, arrivals("wagate", "disconnected", device="wa-7"))
    process_all(engine, responder(RULES))

    [record] = records(engine)
    assert (record.kind, record.device, record.conversation_id) == ("putus", "wa-7", None)


def test_words_that_no_database_takes_are_kept_all_the_same(engine: Engine) -> None:
    Shop(engine, RULES).says("keluhan a\0b\ud800c")

    [record] = records(engine)
    assert record.fields["isi"] == "keluhan a\ufffdb\ufffdc"


def test_a_repeat_is_not_kept_again(engine: Engine) -> None:
    rows = arrivals(text="keluhan", message_id="SAME")
    who = responder(RULES)
    receive(engine, rows, rows)
    process_all(engine, who)
    receive(engine, rows)
    process_all(engine, who)

    assert len(records(engine)) == 1


def test_nothing_is_kept_where_nobody_could_be_answered(engine: Engine) -> None:
    shop = Shop(engine, RULES)
    shop.who = responder(RULES, WHATSGATE_API_KEY="")
    shop.says("keluhan")

    assert records(engine) == []


class Killed(BaseException):
    """The process died."""


@pytest.mark.parametrize("moment", ["before the record", "before the commit"])
def test_whenever_a_process_dies_it_is_kept_once_with_its_answer(
    engine: Engine, moment: str
) -> None:
    receive(engine, arrivals(text="keluhan"))
    lane, who = all_events(engine)[0].lane, responder(RULES)
    wanted = "INSERT INTO records" if moment == "before the record" else "INSERT INTO lanes"

    def die(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(wanted):
            raise Killed

    event.listen(engine, "before_cursor_execute", die)
    with pytest.raises(Killed):
        process(engine, lane, who, now=NOW)
    event.remove(engine, "before_cursor_execute", die)
    assert records(engine) == []
    process(engine, lane, who, now=NOW)

    assert len(records(engine)) == 1
    with reading(engine) as session:
        assert session.query(Conversation).count() == 1
