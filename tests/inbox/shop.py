"""A shop with one number: a customer writes, a person answers from the phone, the bot replies."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, update

from bot.inbox.arrivals import Arrival
from bot.outbox.attempt import Attempt
from bot.outbox.claim import Claimed, claim, mark_sending
from bot.outbox.outcome import Outcome
from bot.outbox.record import record_outcomes
from models import Conversation, Message, MessageStatus, reading, writing
from tests.making import NOW, arrivals, incoming, outgoing, process_all, receive, responder

RULES = """
version: 1
settings: {loop_guard: {replies: 100, within: 1m, pause: 30m}}
admins: {pemilik: {to: "6281200000077"}}
rules:
  - {id: berhenti, always: true, match: {exact: berhenti}, opt_out: true, reply: baik}
  - id: cs
    match: {exact: cs}
    handover: {for: 4h, notify: pemilik}
    reply: Sebentar ya
    expires: 2h
  - {id: sekali, match: {exact: sekali}, cooldown: 8h, reply: hanya sekali}
  - {id: ditelepon, event: call.received, reply: jangan telepon}
fallback: {reply: "balas {{ message.text }}"}
"""
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


class Shop:
    """Each thing that is said takes a second; nothing is processed before `is_answered`."""

    def __init__(self, engine: Engine, rules: str = RULES, gateway: str = "whatsgate") -> None:
        self.engine = engine
        self.gateway = gateway
        self.who = responder(rules)
        self.now: datetime = NOW
        self._count = 0

    def customer(self, text: str) -> None:
        receive(self.engine, self._arrivals("text", text))

    def person(self, text: str, case: str = "create", **values: Any) -> None:
        receive(self.engine, self._arrivals(case, text, **values))

    def is_answered(self, *, after: timedelta = SECOND) -> None:
        self.now += after
        process_all(self.engine, self.who, now=self.now)

    def says(self, text: str, *, after: timedelta = SECOND) -> list[str]:
        """Let the customer write, and return the new replies."""
        self.now += after
        before = len(self.replies())
        self.customer(text)
        self.is_answered()
        return self.replies()[before:]

    def answers(self, text: str, *, after: timedelta = SECOND, **values: Any) -> None:
        """Let a person answer from the phone."""
        self.now += after
        self.person(text, **values)
        self.is_answered()

    def replies(self) -> list[str]:
        """Return what rules said, cancelled or not."""
        return [message.text for message in outgoing(self.engine) if message.rule]

    def guard(self) -> str | None:
        """Return what stopped the message that was written last."""
        return (incoming(self.engine)[-1].explanation or {}).get("guard")

    def claim(self) -> Claimed:
        """Let the last message be on its way."""
        lane = outgoing(self.engine)[-1].lane
        taken = claim(self.engine, lane, free=9, per_device=9, now=self.now).messages
        mark_sending(self.engine, taken, now=self.now)
        return taken[-1]

    def record(self, claimed: Claimed, external_id: str | None, **values: Any) -> None:
        outcome = Outcome(**{"status": MessageStatus.SENT, "external_id": external_id, **values})
        attempt = Attempt(claimed=claimed, number=1, outcome=outcome)
        record_outcomes(self.engine, [attempt], now=self.now)

    def sends(self, external_id: str | None = "OUT", **values: Any) -> None:
        """Let the last message go out."""
        self.record(self.claim(), external_id, **values)

    def conversation(self) -> Conversation:
        """Return the customer's conversation."""
        with reading(self.engine) as session:
            return session.query(Conversation).order_by(Conversation.id).first()  # type: ignore[return-value] # there is one

    def change(self, **values: Any) -> None:
        """Change all outgoing messages in the database."""
        with writing(self.engine) as session:
            session.execute(update(Message).where(Message.direction == "out").values(**values))

    def _arrivals(self, case: str, text: str, **values: Any) -> list[Arrival]:
        self.now += SECOND
        self._count += 1
        given: dict[str, Any] = {
            "message_id": f"M{self._count}",
            "text": text,
            "now": self.now,
        } | values
        return arrivals(self.gateway, case, **given)
