"""The usual design with a queue: verify, drop repeats with SET NX, enqueue one RQ job per message.

The job writes the message, sends the reply with requests and writes that too. Nothing here guards
against a job that dies half way, or one that RQ runs twice.
"""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Flask, Response, jsonify, request
from redis import Redis
from rq import Queue
from sqlalchemy import DateTime, Engine, String, Text, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bench.peers.replies import is_signed, reply_to, send

SEEN_SECONDS = 86_400
QUEUE = "messages"


class Base(DeclarativeBase):
    """The declarative base."""


class Message(Base):
    """One message, in or out."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[str] = mapped_column(String(3))
    contact: Mapped[str] = mapped_column(String(32), index=True)
    external_id: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@cache
def engine() -> Engine:
    """Return the engine of this process. SQLite gets the mode in which it is quickest."""
    made = create_engine(os.environ["DATABASE_URL"])
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", lambda each, _: each.execute("PRAGMA journal_mode=WAL"))
    return made


def create_app() -> Flask:
    """Return the app."""
    app = Flask("queueing")
    redis = Redis.from_url(os.environ["REDIS_URL"])
    queue = Queue(QUEUE, connection=redis)

    @app.post("/webhook/wagate")
    def receive() -> Response | tuple[Response, int]:
        if not is_signed(request.headers.get("X-Webhook-Signature", ""), request.get_data()):
            return jsonify(error="unauthorised"), 401
        webhook = request.get_json()
        if webhook["event"] == "message":
            message = webhook["data"]
            if redis.set(f"seen:{message['message_id']}", 1, nx=True, ex=SEEN_SECONDS):
                queue.enqueue(answer, message)
        return jsonify(success=True)

    return app


def answer(message: dict[str, Any]) -> None:
    """Write a message, send its reply, and write that."""
    with Session(engine()) as session:
        session.add(_row("in", message["from"], message["message_id"], message["message"]))
        session.commit()
        reply = reply_to(message["message"])
        if reply:
            message_id = send(message["from"], reply)
            session.add(_row("out", message["from"], message_id, reply))
            session.commit()


def _row(direction: str, contact: str, external_id: str, text: str) -> Message:
    return Message(
        direction=direction,
        contact=contact,
        external_id=external_id,
        text=text,
        created_at=datetime.now(UTC),
    )
