"""The media of messages are fetched, looked at, and kept beside the message."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from bot.client import Client
from bot.effects import EffectKind, NewEffect, add, claim
from bot.events import Event, MediaReference, MessageReceived, MessageType
from bot.gateways.accounts import Account, Accounts
from bot.gateways.base import (
    Acknowledgement,
    Exchange,
    FetchedMedia,
    Gateway,
    HttpRequest,
    OutgoingMessage,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import NotAuthorised, Rejected
from bot.gateways.reading import read_object
from bot.gateways.responses import judge_status
from bot.inbox.append import insert_large
from bot.inbox.arrivals import arrival
from bot.inbox.conversations import ensure_conversation
from bot.lanes import LANES
from bot.media import MediaStore
from bot.performing import Performer
from bot.performing.actions import ACTIONS
from bot.performing.desk import Desk
from bot.performing.performer import perform
from bot.simulator.files import PDF, picture
from models import Direction, Effect, EventPart, Media, Message, MessageStatus, reading, writing
from models import Event as EventRow
from tests.making import all_events, incoming
from tests.media.samples import HTML
from tests.peers import Connection, Peer, once, peer

LIMIT = 600_000
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


class KunciAccount(Account):
    api_url: str = ""
    secret_field = "secret"
    send_fields = ()


class Kunci(Gateway):
    """A gateway whose webhooks are the fields of a media reference, and a message's type."""

    name = "kunci"
    title = "Kunci"
    account_type = KunciAccount
    refuses = False

    def verify(self, request: WebhookRequest) -> Accounts:
        return self.accounts

    def parse(self, request: WebhookRequest) -> list[Event]:
        body = read_object(request.body)
        told = {name: body[name] for name in ("url", "mimetype", "sha256", "size") if name in body}
        return [
            MessageReceived(
                gateway=self.name,
                device="toko",
                key="m:1",
                address="6281200000021",
                external_id="1",
                raw=request.body,
                type=MessageType(body.get("type", "image")),
                media=MediaReference(inline="data" in body, **told),
            )
        ]

    def acknowledge(self, request: WebhookRequest, *, duplicate: bool) -> Acknowledgement:
        return Acknowledgement(body=b"OK")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        return SentMessage()
        yield

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        if self.refuses:
            raise NotAuthorised("the token has expired")
        response = yield HttpRequest(method="GET", url=reference.url or "", media=True)
        if response.status != 200:
            raise judge_status(self.title, response)
        return FetchedMedia(
            content=response.body,
            mimetype=response.headers.get("content-type"),
            filename="melati.png",
        )

    def inline_media(self, raw: bytes, reference: MediaReference) -> bytes:
        return base64.b64decode(read_object(raw)["data"], validate=True)

    def without_media(self, raw: bytes) -> bytes:
        return json.dumps({**read_object(raw), "data": ""}).encode()


class Shop:
    """A database, a media store, and a gateway that has media."""

    def __init__(self, engine: Engine, folder: Path, url: str = "http://127.0.0.1:9") -> None:
        self.engine = engine
        self.store: MediaStore | None = MediaStore(str(folder), largest=LIMIT)
        self.gateway = Kunci([KunciAccount(device="toko", api_url=url)])

    def receive(self, key: str = "m:1", /, **body: object) -> None:
        """Take a message in as the inbox does; its media are not fetched yet."""
        [event] = self.gateway.parse(WebhookRequest(body=json.dumps(body).encode()))
        row = arrival(replace(event, key=key), received_at=NOW)
        insert_large(self.engine, [row])
        place = (event.gateway, event.device, event.address or "")
        with writing(self.engine) as session:
            [event_id] = session.scalars(select(EventRow.id).where(EventRow.key == key))
            message = Message(
                event_id=event_id,
                conversation_id=ensure_conversation(session, place, now=NOW),
                gateway=event.gateway,
                device=event.device,
                lane=row.lane,
                direction=Direction.IN,
                kind=str(body.get("type", "image")),
                details={"media": {"mimetype": body["mimetype"]}} if "mimetype" in body else None,
                status=MessageStatus.RECEIVED,
                created_at=NOW,
            )
            session.add(message)
            effect = NewEffect(
                kind=EffectKind.FETCH_MEDIA,
                key=str(event_id),
                gateway=event.gateway,
                device=event.device,
                event_id=event_id,
            )
            add(session, [effect], now=datetime.now(UTC))

    def desk(self, *, wake: Callable[..., None] = lambda *_, **__: None) -> Desk:
        return Desk(
            engine=self.engine,
            client=Client(),
            gateways={self.gateway.name: self.gateway},
            wake=wake,
            media=self.store,
        )

    def fetch(self, *, now: datetime | None = None) -> int:
        """Perform what is due; return how much that was."""
        desk = self.desk()
        taken = [
            effect
            for lane in range(LANES)
            for effect in claim(self.engine, lane, limit=9, now=now or datetime.now(UTC))
        ]
        for effect in taken:
            perform(effect, desk)
        return len(taken)

    @property
    def message(self) -> Message:
        [message] = incoming(self.engine)
        return message

    @property
    def files(self) -> list[Media]:
        with reading(self.engine) as session:
            return list(session.scalars(select(Media).order_by(Media.id)))

    @property
    def effect(self) -> Effect:
        with reading(self.engine) as session:
            return session.scalars(select(Effect)).one()

    def content(self) -> bytes:
        """Return what is kept of the message's media."""
        [file] = self.files
        assert self.message.media_id == file.id
        assert self.store is not None
        return self.store.read(file.sha256)


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    return Shop(engine, tmp_path / "media")


def answer(content: bytes, mimetype: str = "image/png") -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {mimetype}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@pytest.fixture
def served(engine: Engine, tmp_path: Path) -> Iterator[tuple[Shop, Peer]]:
    """Give a shop whose gateway serves a picture."""
    with peer(once(answer(picture()))) as gateway:
        yield Shop(engine, tmp_path / "media", gateway.url), gateway


def inline(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_keeps_what_the_gateway_has(served: tuple[Shop, Peer]) -> None:
    shop, gateway = served
    shop.receive(url=f"{gateway.url}/berkas/1")
    assert shop.fetch() == 1

    assert shop.content() == picture()
    [file] = shop.files
    assert (file.size, file.mimetype) == (len(picture()), "image/png")
    assert shop.message.media_problem is None
    assert shop.effect.done_at is not None


def test_notes_the_name_that_only_the_answer_tells(served: tuple[Shop, Peer]) -> None:
    shop, gateway = served
    shop.receive(url=f"{gateway.url}/berkas/1", mimetype="image/png")
    shop.fetch()

    assert shop.message.details == {"media": {"mimetype": "image/png", "filename": "melati.png"}}


def test_moves_what_lies_in_the_webhook_out_of_it(shop: Shop) -> None:
    shop.receive(data=inline(picture()), mimetype="image/png")
    [before] = all_events(shop.engine)
    assert inline(picture()).encode() in before.payload
    shop.fetch()

    assert shop.content() == picture()
    [event] = all_events(shop.engine)
    assert json.loads(event.payload) == {"data": "", "mimetype": "image/png"}


def test_moves_a_large_file_out_of_the_parts_of_its_webhook(shop: Shop) -> None:
    content = picture() + bytes(500_000)
    shop.receive(data=inline(content))
    shop.fetch()

    assert shop.content() == content
    with reading(shop.engine) as session:
        assert session.scalars(select(EventPart.number)).first() is not None
        row = session.scalars(select(EventRow)).one()
    assert (row.body_id, json.loads(row.payload)) == (None, {"data": ""})


def test_broken_base64_loses_the_media_alone(shop: Shop) -> None:
    shop.receive(data="@@@ bukan base64 @@@", type="image")
    shop.fetch()

    assert shop.files == []
    assert shop.message.kind == "image"
    assert "base64" in (shop.message.media_problem or "")
    [event] = all_events(shop.engine)
    assert b"bukan base64" in event.payload


def test_the_same_content_is_kept_once_for_many_messages(shop: Shop) -> None:
    shop.receive("m:1", data=inline(picture()))
    shop.receive("m:2", data=inline(picture()))
    assert shop.fetch() == 2

    [file] = shop.files
    assert [message.media_id for message in incoming(shop.engine)] == [file.id, file.id]


def test_does_nothing_when_it_was_done_before(served: tuple[Shop, Peer]) -> None:
    """A worker that dies between its commit and its end leaves a claim that runs out."""
    shop, gateway = served
    shop.receive(url=f"{gateway.url}/berkas/1")
    shop.fetch()
    with shop.engine.begin() as connection:
        connection.execute(update(Effect).values(done_at=None, claimed_at=None))
    assert shop.fetch() == 1

    assert len(gateway.requests) == 1
    assert shop.content() == picture()


@pytest.mark.parametrize(
    ("kind", "content", "kept_as"),
    [
        ("image", HTML, "application/octet-stream"),
        ("image", b"\x7fELF\x02\x01\x01" + bytes(90), "application/octet-stream"),
        ("image", PDF, "application/pdf"),
        ("video", picture(), "image/png"),
        ("voice", b"bukan suara", "text/plain"),
    ],
)
def test_what_is_not_as_claimed_is_kept_with_the_reason(
    shop: Shop, kind: str, content: bytes, kept_as: str
) -> None:
    shop.receive(data=inline(content), type=kind)
    shop.fetch()

    assert shop.content() == content
    assert [file.mimetype for file in shop.files] == [kept_as]
    assert kind in (shop.message.media_problem or "")


def test_a_document_that_pretends_to_be_a_pdf_is_kept_with_the_reason(shop: Shop) -> None:
    shop.receive(data=inline(HTML), type="document", mimetype="application/pdf")
    shop.fetch()

    assert shop.content() == HTML
    assert "text/html" in (shop.message.media_problem or "")


def test_other_content_than_the_gateway_told_of_is_kept_with_the_reason(shop: Shop) -> None:
    shop.receive(data=inline(picture()), sha256=hashlib.sha256(b"lain").hexdigest())
    shop.fetch()

    assert shop.content() == picture()
    assert "SHA-256" in (shop.message.media_problem or "")


def test_the_sha256_that_the_gateway_told_of_may_be_in_capitals(shop: Shop) -> None:
    shop.receive(data=inline(picture()), sha256=hashlib.sha256(picture()).hexdigest().upper())
    shop.fetch()

    assert shop.message.media_problem is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"data": inline(bytes(LIMIT + 1))}, "larger"),
        ({"data": inline(b"")}, "empty"),
        ({"url": "http://169.254.169.254/latest/meta-data"}, "none of the gateway's"),
        ({"url": "file:///etc/passwd"}, "address"),
    ],
    ids=["large", "empty", "metadata", "no http"],
)
def test_what_cannot_be_fetched_leaves_the_message_with_the_reason(
    shop: Shop, body: dict[str, object], reason: str
) -> None:
    shop.receive(**body)
    shop.fetch()

    assert shop.files == []
    assert shop.message.media_id is None
    assert reason in (shop.message.media_problem or "")
    assert shop.effect.done_at is not None


def test_what_announces_itself_as_too_large_is_not_asked_for(served: tuple[Shop, Peer]) -> None:
    shop, gateway = served
    shop.receive(url=f"{gateway.url}/berkas/1", size=LIMIT + 1)
    shop.fetch()

    assert gateway.requests == []
    assert "larger" in (shop.message.media_problem or "")


def test_an_empty_file_is_no_file(engine: Engine, tmp_path: Path) -> None:
    with peer(once(answer(b""))) as gateway:
        shop = Shop(engine, tmp_path, gateway.url)
        shop.receive(url=f"{gateway.url}/berkas/1")
        shop.fetch()

    assert "empty" in (shop.message.media_problem or "")


@pytest.mark.parametrize("status", [b"503 Away", b"429 Slow"])
def test_a_gateway_that_is_away_is_asked_again(
    engine: Engine, tmp_path: Path, status: bytes
) -> None:
    answers = [b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n", answer(picture())]

    def script(connection: Connection) -> None:
        connection.take()
        connection.give(answers.pop(0))

    with peer(script) as gateway:
        shop = Shop(engine, tmp_path, gateway.url)
        shop.receive(url=f"{gateway.url}/berkas/1")
        shop.fetch()
        assert shop.message.media_problem is None
        assert shop.effect.done_at is None
        shop.fetch(now=datetime.now(UTC) + timedelta(hours=1))

    assert shop.content() == picture()


def test_a_token_that_is_refused_may_be_replaced_before_the_media_are_gone(
    served: tuple[Shop, Peer],
) -> None:
    shop, gateway = served
    shop.gateway.refuses = True
    shop.receive(url=f"{gateway.url}/berkas/1")
    shop.fetch()
    assert shop.effect.done_at is None
    shop.gateway.refuses = False
    shop.fetch(now=datetime.now(UTC) + timedelta(hours=1))

    assert shop.content() == picture()


def test_a_store_that_is_away_is_tried_again(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("no folder")
    shop.receive(data=inline(picture()))
    shop.fetch()
    assert "media store is away" in (shop.effect.error or "")
    assert shop.effect.done_at is None
    (tmp_path / "media").unlink()
    shop.fetch(now=datetime.now(UTC) + timedelta(hours=1))

    assert shop.content() == picture()


def test_says_so_where_no_media_are_kept(shop: Shop) -> None:
    shop.store = None
    shop.receive(data=inline(picture()))
    shop.fetch()

    assert "MEDIA_STORE" in (shop.message.media_problem or "")
    [event] = all_events(shop.engine)
    assert inline(picture()).encode() in event.payload


def test_giving_up_takes_nothing_away_that_is_there(shop: Shop) -> None:
    shop.receive(data=inline(picture()))
    [effect] = [
        each
        for lane in range(LANES)
        for each in claim(shop.engine, lane, limit=1, now=datetime.now(UTC))
    ]
    with shop.engine.begin() as connection:
        connection.execute(update(Effect).values(claimed_at=None))
    shop.fetch()
    give_up = ACTIONS[effect.kind].give_up
    assert give_up is not None
    with reading(shop.engine) as session, session.begin():
        give_up(session, effect, str(Rejected("terlambat")))

    assert shop.message.media_problem is None


def test_slow_files_keep_no_other_effect_waiting(engine: Engine, tmp_path: Path) -> None:
    release = threading.Event()

    class Slow(Kunci):
        def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
            assert release.wait(20)
            raise Rejected("no such file")
            yield

    shop = Shop(engine, tmp_path)
    shop.gateway = Slow(list(shop.gateway.accounts))
    for number in range(12):
        shop.receive(f"m:{number}", type="image", media_id="1")
    woken: list[str] = []
    performer = Performer(shop.desk(wake=lambda names, **_: woken.extend(names)))
    for lane in range(LANES):
        performer.perform(lane)
    quick = NewEffect(kind=EffectKind.MARK_READ, key="q", gateway="kunci", device="toko")
    with writing(engine) as session:
        add(session, [quick], now=datetime.now(UTC))

    for lane in range(LANES):
        assert not performer.perform(lane)
    is_done = wait_until(lambda: state_of(engine, EffectKind.MARK_READ) == "done")

    assert is_done
    assert state_of(engine, EffectKind.FETCH_MEDIA) == "open"
    release.set()
    assert performer.finish(seconds=20)
    # Those that found no thread free are not forgotten.
    assert any(name.startswith("effects:") for name in woken)


def wait_until(holds: Callable[[], bool]) -> bool:
    for _ in range(400):
        if holds():
            return True
        time.sleep(0.02)
    return False


def state_of(engine: Engine, kind: EffectKind) -> str:
    with reading(engine) as session:
        rows = session.scalars(select(Effect).where(Effect.kind == kind)).all()
    return "done" if all(row.done_at for row in rows) else "open"
