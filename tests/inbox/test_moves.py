"""A contact who changes the number takes along what the bot still has to do and to say."""

import json
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select

from bot.effects import ClaimedEffect, claim
from bot.gateways import GATEWAYS
from bot.gateways.base import WebhookRequest
from bot.inbox.arrivals import arrival
from bot.lanes import LANES
from bot.performing.asking import give_up
from models import Conversation, reading, writing
from tests.inbox.shop import SECOND
from tests.making import NOW, arrivals, outgoing, process_all, receive, responder

RULES = """
version: 1
rules:
  - id: resi
    match: {exact: resi}
    http: {url: "https://toko.example/resi", on_error: {reply: Maaf belum bisa}}
fallback: {reply: "balas {{ message.text }}"}
"""
MOVED = Path(__file__).parent.parent / "payloads/meta/system-customer-number-changed.json"


def asked(engine: Engine) -> ClaimedEffect:
    """Return what the rules ask for a contact who has written, as the performer takes it."""
    receive(engine, arrivals("meta", "text", now=NOW, text="resi", sender="6281200000012"))
    process_all(engine, responder(RULES))
    now = datetime.now(UTC)
    [found] = [each for lane in range(LANES) for each in claim(engine, lane, limit=9, now=now)]
    return found


def moves(engine: Engine, effect: ClaimedEffect) -> None:
    """Let the contact of an effect change the number."""
    payload = json.loads(MOVED.read_bytes())
    value = payload["entry"][0]["changes"][0]["value"]
    value["metadata"]["phone_number_id"] = effect.device
    [before] = GATEWAYS["meta"]([]).parse(WebhookRequest(body=json.dumps(payload).encode()))
    body = json.dumps(payload).replace(before.address or "", effect.address or "").encode()
    [event] = GATEWAYS["meta"]([]).parse(WebhookRequest(body=body))
    receive(engine, [arrival(event, received_at=NOW + SECOND)])
    process_all(engine, responder(RULES), now=NOW + 2 * SECOND)


def conversations(engine: Engine) -> list[tuple[int, str]]:
    with reading(engine) as session:
        rows = session.scalars(select(Conversation).order_by(Conversation.id))
        return [(row.id, row.address) for row in rows]


def said(engine: Engine) -> list[tuple[int, str]]:
    return [(message.conversation_id, message.text) for message in outgoing(engine)]


def test_what_was_asked_before_is_said_where_the_contact_is_now(engine: Engine) -> None:
    effect = asked(engine)
    moves(engine, effect)
    with writing(engine) as session:
        give_up(session, effect, "nobody answers")
    process_all(engine, responder(RULES), now=datetime.now(UTC) + SECOND)

    [(conversation, address)] = conversations(engine)
    assert address != effect.address
    assert said(engine) == [(conversation, "Maaf belum bisa")]


def test_what_came_of_it_before_the_move_is_said_after_it(engine: Engine) -> None:
    effect = asked(engine)
    with writing(engine) as session:
        give_up(session, effect, "nobody answers")
    moves(engine, effect)
    process_all(engine, responder(RULES), now=datetime.now(UTC) + SECOND)

    [(conversation, _)] = conversations(engine)
    assert said(engine) == [(conversation, "Maaf belum bisa")]
