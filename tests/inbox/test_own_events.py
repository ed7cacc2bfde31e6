"""What we say to ourselves may tell an admin: low quota, silence, messages that failed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.events import InternalEvent, Kind
from bot.inbox.arrivals import arrival
from models import MessageStatus
from tests.inbox.shop import Shop
from tests.making import NOW, all_events, arrivals, outgoing, process_all, receive, responder

ADMINS = 'version: 1\nadmins: {pemilik: {to: "6281200000077"}}\n'
KUOTA = """\
rules:
  - id: kuota-menipis
    event: quota.low
    cooldown: 12h
    notify: {to: pemilik, text: "Sisa kuota {{ quota.remaining }} dari {{ quota.limit }}."}
"""
RESETS_AT = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)


def tell(engine: Engine, rules: str, kind: Kind, number: int = 1, **details: object) -> list[str]:
    """Let something of our own happen, and return what was said because of it."""
    raw = json.dumps(details).encode()
    key = f"{kind}:{number}"
    event = InternalEvent(gateway="wagate", device="wa-7", key=key, raw=raw, name=kind)
    now = NOW + timedelta(minutes=number)
    receive(engine, [arrival(event, received_at=now)])
    before = len(outgoing(engine))
    process_all(engine, responder(ADMINS + rules), now=now)
    return [message.text for message in outgoing(engine)][before:]


def test_a_low_quota_is_told_in_the_words_of_the_example(engine: Engine) -> None:
    told = tell(engine, KUOTA, Kind.QUOTA_LOW, remaining=90, limit=1000, resets_at=None)

    assert told == ["Sisa kuota 90 dari 1000."]
    [notice] = outgoing(engine)
    assert (notice.device, notice.automatic) == ("wa-7", False)


def test_the_time_of_a_reset_is_that_of_the_shop(engine: Engine) -> None:
    rules = KUOTA.replace("dari {{ quota.limit }}", "sampai {{ quota.resets_at }}")
    values = {"remaining": 0, "limit": 1000, "resets_at": RESETS_AT.isoformat()}

    assert tell(engine, rules, Kind.QUOTA_LOW, 1, **values) == [
        "Sisa kuota 0 sampai 2026-03-05 00:00."
    ]


@pytest.mark.parametrize("resets_at", [None, "besok", 5, "9999-12-31T23:59:59+00:00"])
def test_a_reset_at_no_time_is_written_as_nothing(sqlite_engine: Engine, resets_at: object) -> None:
    rules = KUOTA.replace("dari {{ quota.limit }}", "sampai {{ quota.resets_at }}")

    told = tell(sqlite_engine, rules, Kind.QUOTA_LOW, remaining=1, resets_at=resets_at)

    assert told == ["Sisa kuota 1 sampai ."]


def test_an_admin_is_not_told_again_and_again(engine: Engine) -> None:
    rules = KUOTA.replace('limit }}."}', 'limit }}.", every: 12h}')
    told = [tell(engine, rules, Kind.QUOTA_LOW, number, remaining=1) for number in (1, 2)]

    assert [len(texts) for texts in told] == [1, 0]


def test_silence_is_told(engine: Engine) -> None:
    rules = """\
rules:
  - id: sepi
    event: inbound.silent
    notify: {to: pemilik, text: "Sudah {{ silent_hours }} jam tidak ada pesan di {{ device.id }}."}
"""

    assert tell(engine, rules, Kind.INBOUND_SILENT, hours=6) == [
        "Sudah 6 jam tidak ada pesan di wa-7."
    ]


FAILED = """
version: 1
admins: {pemilik: {to: "6281200000077"}}
rules:
  - id: gagal
    event: send.failed
    notify: {to: pemilik, text: "Pesan untuk {{ contact.phone }} gagal: {{ reason }}"}
  - {id: cs, match: {exact: cs}, handover: {for: 4h, notify: pemilik}}
fallback: {reply: "balas {{ message.text }}"}
"""


def test_a_message_that_failed_is_told_to_the_admin_only(engine: Engine) -> None:
    shop = Shop(engine, FAILED)
    shop.says("halo")
    shop.sends(None, status=MessageStatus.DEAD, error="Rejected: blocked")
    shop.is_answered()

    reply, notice = outgoing(engine)
    assert notice.text == "Pesan untuk 6281200000001 gagal: Rejected: blocked"
    assert notice.conversation_id != reply.conversation_id
    assert not notice.automatic


def test_it_is_told_while_a_person_answers_that_contact(engine: Engine) -> None:
    shop = Shop(engine, FAILED)
    shop.says("halo")
    claimed = shop.claim()
    shop.answers("saya bantu ya")
    shop.record(claimed, None, status=MessageStatus.DEAD, error="Rejected: blocked")
    shop.is_answered()

    assert [message.text for message in outgoing(engine)][-1].startswith(
        "Pesan untuk 6281200000001 gagal"
    )


def test_a_notice_of_a_failure_that_fails_itself_is_told_to_nobody(engine: Engine) -> None:
    shop = Shop(engine, FAILED)
    shop.says("halo")
    for _ in range(3):
        shop.sends(None, status=MessageStatus.DEAD, error="Rejected: blocked")
        shop.is_answered()
        if outgoing(engine)[-1].status == "dead":
            break

    assert len(outgoing(engine)) == 2
    assert [event.kind for event in all_events(engine)].count("send.failed") == 1


def test_the_rule_of_the_complete_example_stands_in_the_shipped_file() -> None:
    shipped = (Path(__file__).parents[2] / "rules.yaml").read_text(encoding="utf-8")

    assert "  - id: kuota-menipis\n    event: quota.low" in shipped


def test_nobody_is_told_where_no_rule_says_so(engine: Engine) -> None:
    receive(engine, arrivals(message_id="A"))

    assert tell(engine, "rules:\n  - {id: a, match: {words: a}, reply: x}\n", Kind.QUOTA_LOW) == []
