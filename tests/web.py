"""A web process inside the test: the real app with all five gateways, and somebody who signs."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.test import TestResponse

from app import create_app
from bot.gateways import GATEWAYS
from bot.gateways.accounts import Account
from bot.inbox.fold import Responder
from bot.inbox.process import process
from bot.lanes import LANES
from bot.receiver import Receiver
from bot.rules import Book
from bot.runtime import Runtime
from bot.simulator.compose import SENDER, text_message
from bot.simulator.signers import SIGNERS, SignedWebhook
from models import Event, Message, reading

NAMES = tuple(GATEWAYS)

# Nobody listens there: a test that sends by accident fails at once.
NOWHERE = "http://127.0.0.1:9"

CONFIGURED = {
    "META_APP_SECRET": "rahasia-meta",
    "META_VERIFY_TOKEN": "sandi-meta",
    "META_ACCESS_TOKEN": "kunci-meta",
    "META_PHONE_NUMBER_ID": "100200300400500",
    "META_API_URL": NOWHERE,
    "WAGATE_WEBHOOK_SECRET": "rahasia-wagate",
    "WAGATE_API_TOKEN": "kunci-wagate",
    "WAGATE_API_URL": NOWHERE,
    "RIJAN_WEBHOOK_SECRET": "rahasia-rijan",
    "RIJAN_API_KEY": "kunci-rijan",
    "RIJAN_API_URL": NOWHERE,
    "CSKU_WEBHOOK_SECRET": "rahasia-csku",
    "CSKU_API_KEY": "kunci-csku",
    "CSKU_BUSINESS_ID": "biz_melati",
    "CSKU_SEND_PATH": "/v1/message/send",
    "CSKU_API_URL": NOWHERE,
    "WHATSGATE_WEBHOOK_TOKEN": "rahasia-whatsgate",
    "WHATSGATE_API_KEY": "kunci-whatsgate",
    "WHATSGATE_API_URL": NOWHERE,
}

# How each gateway is told that its webhook is kept, and kept already.
KEPT = {
    "meta": b"OK",
    "wagate": b'{"success":true}',
    "rijan": b'{"received":true}',
    "csku": b"OK",
}
REPEATED = {**KEPT, "rijan": b'{"received":true,"duplicate":true}'}


@dataclass(frozen=True, slots=True)
class Web:
    """The app under test."""

    app: Flask
    client: FlaskClient

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.extensions["balas"]
        return found

    @property
    def receiver(self) -> Receiver:
        found: Receiver = self.app.extensions["balas.receiver"]
        return found

    @property
    def engine(self) -> Engine:
        return self.runtime.engine

    def account(self, name: str, device: str = "") -> Account:
        """Return the account of a gateway that serves a device."""
        account = self.runtime.gateways[name].account(device)
        assert account is not None
        return account

    def sign(self, name: str, body: bytes) -> SignedWebhook:
        """Return a body as its gateway would sign it."""
        return SIGNERS[name](self.account(name), body)

    def post(self, webhook: SignedWebhook, *, slash: bool = False) -> TestResponse:
        """Post a signed webhook, with a slash at the end of its path if so wanted."""
        path, _, query = webhook.path.partition("?")
        return self.client.post(
            path + "/" * slash, query_string=query, data=webhook.body, headers=webhook.headers
        )

    def post_text(self, name: str, *, sender: str = SENDER, text: str = "halo") -> TestResponse:
        """Post a fresh text message, properly signed."""
        return self.post(self.sign(name, text_body(name, sender=sender, text=text)))

    def events(self) -> Sequence[Event]:
        """Return every stored event."""
        with reading(self.engine) as session:
            return session.scalars(select(Event).order_by(Event.id)).all()

    def messages(self) -> Sequence[Message]:
        """Return every message, in and out."""
        with reading(self.engine) as session:
            return session.scalars(select(Message).order_by(Message.id)).all()

    def process(self, book: Book, *, now: datetime | None = None) -> int:
        """Process what is due in every lane, as the worker does; return how many events."""
        responder = Responder(book=book, gateways=self.runtime.gateways)
        count = 0
        for lane in range(LANES):
            is_left = True
            while is_left:
                done = process(self.engine, lane, responder, now=now or datetime.now(UTC))
                count, is_left = count + done.count, done.is_left
        return count


@contextmanager
def web_process(
    database_url: str, redis_url: str, environ: Mapping[str, str] | None = None
) -> Iterator[Web]:
    """Give the app on a migrated database, with all five gateways or with what `environ` says."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    app = create_app(
        {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            **(CONFIGURED if environ is None else environ),
        }
    )
    web = Web(app, app.test_client())
    try:
        yield web
    finally:
        web.receiver.sightings.stop()
        web.runtime.counts.stop()
        _let_writer_finish(web)
        web.engine.dispose()
        root.handlers[:], root.level = before


def _let_writer_finish(web: Web) -> None:
    """Wait for what a test left under way: its connection could not be closed any more."""
    end = time.monotonic() + 10
    while web.receiver.inbox._writer.waiting() and time.monotonic() < end:
        time.sleep(0.01)


def text_body(name: str, *, device: str = "", sender: str = SENDER, text: str = "halo") -> bytes:
    """Return a text message that comes now, with a fresh id."""
    return text_message(name, device, now=datetime.now(UTC), sender=sender, text=text)


def payload_files(name: str) -> list[Path]:
    """Return the payload files of a gateway."""
    files = sorted((Path(__file__).parent / "payloads" / name).glob("*.json"))
    return [file for file in files if not file.name.endswith(".expected.json")]
