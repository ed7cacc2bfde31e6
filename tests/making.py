"""Make what tests need: webhooks as events, rows, books, gateways that can send."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, select

from bot import rules
from bot.events import Event as GatewayEvent
from bot.gateway_settings import read_gateways
from bot.gateways import GATEWAYS
from bot.gateways.base import Gateway, WebhookRequest
from bot.inbox.append import insert
from bot.inbox.arrivals import Arrival, arrival
from bot.inbox.fold import Responder
from bot.inbox.process import Processed, process
from bot.lanes import LANES
from bot.simulator.compose import compose
from models import Event, Message, reading

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)

ECHO = """
version: 1
settings:
  loop_guard: {replies: 100, within: 1m, pause: 30m}
rules:
  - id: sekali
    match: {exact: [sekali]}
    cooldown: 1h
    reply: hanya sekali
  - id: berhenti
    always: true
    match: {exact: [berhenti]}
    opt_out: true
    reply: baik
fallback:
  reply: "balas {{ message.text }}"
"""

ENVIRONMENT = {
    "META_APP_SECRET": "meta-secret",
    "META_VERIFY_TOKEN": "meta-verify",
    "META_ACCESS_TOKEN": "meta-token",
    "WAGATE_WEBHOOK_SECRET": "wagate-secret",
    "WAGATE_API_TOKEN": "wagate-token",
    "RIJAN_WEBHOOK_SECRET": "rijan-secret",
    "RIJAN_API_KEY": "rijan-key",
    "CSKU_WEBHOOK_SECRET": "csku-secret",
    "CSKU_API_KEY": "csku-key",
    "CSKU_BUSINESS_ID": "csku-business",
    "CSKU_SEND_PATH": "/v1/message/send",
    "WHATSGATE_WEBHOOK_TOKEN": "whatsgate-token",
    "WHATSGATE_API_KEY": "whatsgate-key",
}


def gateways(**changes: str) -> dict[str, Gateway]:
    """Return all five gateways, configured; `changes` replaces variables, "" removes one."""
    environ = {**ENVIRONMENT, **changes}
    return read_gateways({name: value for name, value in environ.items() if value})


def responder(text: str = ECHO, **changes: str) -> Responder:
    """Return who answers by these rules."""
    return Responder(book=rules.read(text), gateways=gateways(**changes))


def events(
    gateway: str, case: str = "text", *, now: datetime = NOW, **values: str
) -> list[GatewayEvent]:
    """Return the events of a sample webhook."""
    body = compose(gateway, case, now=now, **values)  # type: ignore[arg-type] # all are text
    return GATEWAYS[gateway]([]).parse(WebhookRequest(body=body))


def arrivals(
    gateway: str = "wagate", case: str = "text", *, now: datetime = NOW, **values: str
) -> list[Arrival]:
    """Return the rows of a sample webhook."""
    return [arrival(event, received_at=now) for event in events(gateway, case, now=now, **values)]


def receive(engine: Engine, *batches: Sequence[Arrival]) -> None:
    """Put rows into the inbox."""
    for rows in batches:
        insert(engine, rows)


def process_all(
    engine: Engine, who: Responder | None = None, *, now: datetime = NOW
) -> list[Processed]:
    """Process every lane once."""
    who = who or responder()
    return [process(engine, lane, who, now=now) for lane in range(LANES)]


def stored(engine: Engine) -> list[Message]:
    """Return all messages in their order."""
    with reading(engine) as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


def incoming(engine: Engine) -> list[Message]:
    """Return what contacts wrote."""
    return [message for message in stored(engine) if message.direction == "in"]


def outgoing(engine: Engine) -> list[Message]:
    """Return what was or will be sent."""
    return [message for message in stored(engine) if message.direction == "out"]


def all_events(engine: Engine) -> list[Event]:
    """Return all rows of the inbox in their order."""
    with reading(engine) as session:
        return list(session.scalars(select(Event).order_by(Event.id)))
