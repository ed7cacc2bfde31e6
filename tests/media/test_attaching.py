"""Media go out in the form that their gateway takes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text, update

from bot.client import Client
from bot.content import Media
from bot.events import Event
from bot.gateways.accounts import Account, Accounts
from bot.gateways.base import (
    Acknowledgement,
    Attachment,
    Capabilities,
    Exchange,
    Gateway,
    MediaBy,
    OutgoingMessage,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import NotSupported, Rejected, SendError, TransientError
from bot.media import MediaStore, rows
from bot.media.attaching import MediaAttacher
from bot.media.files import Files
from bot.media.types import type_of
from bot.simulator.files import OGG, PDF, picture
from models import Media as MediaRow
from models import Upload, reading, writing
from tests.peers import once, peer
from tests.world import PUBLIC, lead

LINK, BYTES = MediaBy.LINK, MediaBy.BYTES
LIMIT = 10_000
PUBLIC_URL = "https://balas.contoh.id"


class Bawa(Gateway):
    """A gateway that takes media in the ways, and up to the sizes, that a test wants."""

    name = "bawa"
    title = "Bawa"

    def __init__(self, *ways: MediaBy, limits: Mapping[str, int] | None = None) -> None:
        super().__init__([Account()])
        self.taken = Capabilities(media_by=ways, media_limits=limits or {})

    def abilities(self, device: str) -> Capabilities:
        return self.taken

    def verify(self, request: WebhookRequest) -> Accounts:
        return self.accounts

    def parse(self, request: WebhookRequest) -> list[Event]:
        return []

    def acknowledge(self, request: WebhookRequest, *, duplicate: bool) -> Acknowledgement:
        return Acknowledgement(body=b"")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        return SentMessage()
        yield


class Shop:
    """A database, a media store, and a folder of files of our own."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.store = MediaStore(str(folder / "media"), largest=LIMIT)
        self.folder = folder / "toko"
        self.folder.mkdir()
        (self.folder / "katalog.pdf").write_bytes(PDF)
        (self.folder / "harga.csv").write_bytes(b"kode,harga\nM1,15000\n")

    def attacher(self, *, url: str = PUBLIC_URL, keeps: bool = True) -> MediaAttacher:
        return MediaAttacher(
            self.engine,
            Client(),
            self.store if keeps else None,
            files=Files(folder=self.folder, largest=LIMIT),
            public_url=url,
        )

    def attach(self, gateway: Gateway, media: Media, **options: Any) -> Attachment:
        return self.attacher(**options).attach(gateway, "toko", media)

    def refusal(self, gateway: Gateway, media: Media, **options: Any) -> SendError:
        with pytest.raises(SendError) as caught:
            self.attach(gateway, media, **options)
        return caught.value

    def keep(self, content: bytes) -> str:
        """Put media into the store, as those that came with a message."""
        sha256 = self.store.put(content)
        with writing(self.engine) as session:
            rows.register(
                session,
                sha256,
                size=len(content),
                mimetype=type_of(content),
                now=datetime.now(UTC),
            )
        return sha256

    def shared_media(self) -> list[MediaRow]:
        with reading(self.engine) as session:
            return list(session.scalars(select(MediaRow).where(MediaRow.token.is_not(None))))


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    return Shop(engine, tmp_path)


def link(url: str = "https://gambar.contoh.id/katalog%20baru.pdf", **more: Any) -> Media:
    return Media(kind="document", link=url, **more)


CATALOGUE = Media(kind="document", file="katalog.pdf")


@pytest.mark.parametrize("ways", [(LINK,), (LINK, BYTES), (BYTES, LINK)], ids=str)
def test_a_link_goes_as_it_is_to_whoever_takes_links(shop: Shop, ways: tuple[MediaBy, ...]) -> None:
    attached = shop.attach(Bawa(*ways), link())

    assert attached == Attachment(
        link="https://gambar.contoh.id/katalog%20baru.pdf", filename="katalog baru.pdf"
    )


@pytest.mark.parametrize("url", ["ftp://gambar.contoh.id/a", "file:///etc/passwd", "katalog.pdf"])
def test_a_link_that_is_none_is_refused(shop: Shop, url: str) -> None:
    assert isinstance(shop.refusal(Bawa(LINK), link(url)), Rejected)


def test_a_link_is_fetched_for_who_takes_bytes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    with peer(once(head % len(PDF) + PDF)) as host:
        lead(monkeypatch, host, gambar=[PUBLIC])
        attached = shop.attach(Bawa(BYTES), link("http://gambar.contoh.id/katalog.pdf"))

    assert attached == Attachment(content=PDF, mimetype="application/pdf", filename="katalog.pdf")


def test_a_link_into_our_own_network_is_not_fetched(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with peer(once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as private:
        lead(monkeypatch, private, gambar=["10.0.0.7"])
        assert isinstance(shop.refusal(Bawa(BYTES), link("http://gambar.contoh.id/a")), Rejected)
        assert isinstance(shop.refusal(Bawa(BYTES), link(private.url)), Rejected)

    assert private.requests == []


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("404 No", Rejected), ("302 There", Rejected), ("503 Away", TransientError)],
)
def test_a_link_that_leads_to_no_file_never_leaves_the_message_in_doubt(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, status: str, outcome: type[SendError]
) -> None:
    answer = f"HTTP/1.1 {status}\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    with peer(once(answer.encode())) as host:
        lead(monkeypatch, host, gambar=[PUBLIC])
        assert isinstance(shop.refusal(Bawa(BYTES), link("http://gambar.contoh.id/a")), outcome)


def test_what_a_link_leads_to_may_be_no_larger_than_the_gateway_takes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It announces more than it will send, so that it is known whether anybody waits for that.
    with peer(once(b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + PDF)) as host:
        lead(monkeypatch, host, gambar=[PUBLIC])
        gateway = Bawa(BYTES, limits={"document": len(PDF) - 1})
        assert "larger" in str(shop.refusal(gateway, link("http://gambar.contoh.id/a")))


def test_a_file_goes_as_bytes_with_the_type_that_its_content_shows(shop: Shop) -> None:
    named = Media(kind="document", file="katalog.pdf", mimetype="image/png", filename="Mei.pdf")

    assert shop.attach(Bawa(BYTES), CATALOGUE) == Attachment(
        content=PDF, mimetype="application/pdf", filename="katalog.pdf"
    )
    assert shop.attach(Bawa(BYTES), named) == Attachment(
        content=PDF, mimetype="application/pdf", filename="Mei.pdf"
    )


def test_a_file_whose_content_shows_little_goes_with_the_type_of_its_name(shop: Shop) -> None:
    attached = shop.attach(Bawa(BYTES), Media(kind="document", file="harga.csv"))

    assert attached.mimetype == "text/csv"


@pytest.mark.parametrize("name", ["tidak-ada.pdf", "../media", "/etc/passwd"])
def test_a_file_that_may_not_be_sent_is_refused(shop: Shop, name: str) -> None:
    assert isinstance(shop.refusal(Bawa(BYTES), Media(kind="document", file=name)), Rejected)


def test_stored_media_go_as_bytes(shop: Shop) -> None:
    sha256 = shop.keep(OGG)

    assert shop.attach(Bawa(BYTES), Media(kind="voice", stored=sha256)) == Attachment(
        content=OGG, mimetype="audio/ogg", filename="voice.oga"
    )


def test_media_that_are_not_stored_are_refused(shop: Shop) -> None:
    assert isinstance(shop.refusal(Bawa(BYTES), Media(kind="image", stored="a" * 64)), Rejected)


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "file"])
def test_a_file_goes_under_an_address_of_ours_to_who_takes_links(shop: Shop, stored: bool) -> None:
    media = Media(kind="document", stored=shop.keep(PDF), filename="kat/alog ☕.pdf")
    attached = shop.attach(Bawa(LINK), media if stored else CATALOGUE)

    [shared] = shop.shared_media()
    name = "kat%2Falog%20%E2%98%95.pdf" if stored else "katalog.pdf"
    assert attached.link == f"{PUBLIC_URL}/media/{shared.token}/{name}"
    assert attached.mimetype == "application/pdf"
    assert re.fullmatch(r"[\w-]{32}", shared.token or "")
    assert shared.shared_until is not None
    assert shared.shared_until - datetime.now(UTC) < timedelta(hours=1)
    assert shop.store.read(shared.sha256) == PDF


def test_an_address_that_still_counts_is_given_again_for_longer(shop: Shop) -> None:
    first = shop.attach(Bawa(LINK), CATALOGUE)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    with writing(shop.engine) as session:
        session.execute(update(MediaRow).values(shared_until=soon))

    assert shop.attach(Bawa(LINK), CATALOGUE).link == first.link
    [shared] = shop.shared_media()
    assert shared.shared_until is not None
    assert shared.shared_until > soon + timedelta(minutes=30)


def test_an_address_that_has_run_out_is_not_given_again(shop: Shop) -> None:
    first = shop.attach(Bawa(LINK), CATALOGUE)
    with writing(shop.engine) as session:
        session.execute(update(MediaRow).values(shared_until=datetime.now(UTC)))

    assert shop.attach(Bawa(LINK), CATALOGUE).link != first.link


def test_without_an_address_of_ours_a_file_cannot_go_to_who_takes_links_only(shop: Shop) -> None:
    assert "PUBLIC_URL" in str(shop.refusal(Bawa(LINK), CATALOGUE, url=""))
    assert "MEDIA_STORE" in str(shop.refusal(Bawa(LINK), CATALOGUE, keeps=False))


@pytest.mark.parametrize("options", [{"url": ""}, {"keeps": False}], ids=str)
def test_without_an_address_of_ours_a_file_goes_as_bytes_where_it_can(
    shop: Shop, options: dict[str, Any]
) -> None:
    assert shop.attach(Bawa(LINK, BYTES), CATALOGUE, **options).content == PDF


def test_a_file_goes_the_way_that_the_gateway_prefers(shop: Shop) -> None:
    assert shop.attach(Bawa(LINK, BYTES), CATALOGUE).link
    assert shop.attach(Bawa(BYTES, LINK), CATALOGUE).content == PDF


def test_without_a_store_a_file_goes_as_bytes(shop: Shop) -> None:
    assert shop.attach(Bawa(BYTES), CATALOGUE, keeps=False).content == PDF
    stored = Media(kind="document", stored=shop.keep(PDF))
    assert isinstance(shop.refusal(Bawa(BYTES), stored, keeps=False), Rejected)


@pytest.mark.parametrize("way", MediaBy)
@pytest.mark.parametrize("stored", [True, False], ids=["stored", "file"])
def test_what_is_larger_than_the_gateway_takes_is_refused(
    shop: Shop, way: MediaBy, stored: bool
) -> None:
    gateway = Bawa(way, limits={"document": len(PDF) - 1, "image": len(PDF)})
    media = Media(kind="document", stored=shop.keep(PDF)) if stored else CATALOGUE

    assert "larger" in str(shop.refusal(gateway, media))
    fitting = Bawa(way, limits={"document": len(PDF)})
    assert shop.attach(fitting, media)


def test_an_empty_file_is_refused(shop: Shop) -> None:
    (shop.folder / "katalog.pdf").write_bytes(b"")
    for way in MediaBy:
        assert "empty" in str(shop.refusal(Bawa(way), CATALOGUE))


def test_what_was_uploaded_goes_by_its_id_until_that_runs_out(shop: Shop) -> None:
    gateway = Bawa(BYTES)
    for media in (CATALOGUE, Media(kind="image", stored=shop.keep(picture()))):
        shop.attach(gateway, media)
        shop.attacher().remember(gateway, "toko", media, f"unggah-{media.kind}")
        again = shop.attach(gateway, media)
        assert (again.uploaded, again.content) == (f"unggah-{media.kind}", None)

    with writing(shop.engine) as session:
        session.execute(update(Upload).values(expires_at=datetime.now(UTC)))
    assert shop.attach(gateway, CATALOGUE).content == PDF


def test_an_upload_counts_for_its_own_device_and_content_only(shop: Shop) -> None:
    gateway = Bawa(BYTES)
    shop.attach(gateway, CATALOGUE)
    shop.attacher().remember(gateway, "toko", CATALOGUE, "unggah-1")

    assert shop.attacher().attach(gateway, "toko-2", CATALOGUE).content == PDF
    (shop.folder / "katalog.pdf").write_bytes(PDF + b"lagi")
    assert shop.attach(gateway, CATALOGUE).content == PDF + b"lagi"


def test_a_later_upload_takes_the_place_of_an_earlier_one(shop: Shop) -> None:
    gateway = Bawa(BYTES)
    shop.attach(gateway, CATALOGUE)
    for number in (1, 2):
        shop.attacher().remember(gateway, "toko", CATALOGUE, f"unggah-{number}")

    assert shop.attach(gateway, CATALOGUE).uploaded == "unggah-2"


def test_an_upload_is_kept_for_less_long_than_meta_keeps_it(shop: Shop) -> None:
    gateway = Bawa(BYTES)
    shop.attach(gateway, CATALOGUE)
    shop.attacher().remember(gateway, "toko", CATALOGUE, "unggah-1")
    with reading(shop.engine) as session:
        expires_at = session.scalars(select(Upload.expires_at)).one()

    assert timedelta(days=28) < expires_at - datetime.now(UTC) < timedelta(days=30)


def test_forgetting_an_upload_is_no_reason_to_raise(shop: Shop) -> None:
    gateway, attacher = Bawa(BYTES), shop.attacher()
    attacher.remember(gateway, "toko", Media(kind="image", stored="b" * 64), "unggah-1")
    attacher.remember(gateway, "toko", Media(kind="image", file="tidak-ada"), "unggah-1")
    attacher.remember(gateway, "toko", link(), "unggah-1")
    shop.attach(gateway, CATALOGUE)
    attacher.remember(gateway, "toko", CATALOGUE, "x" * 300)

    assert shop.attach(gateway, CATALOGUE).content == PDF


def test_a_gateway_without_media_takes_none(shop: Shop) -> None:
    with pytest.raises(NotSupported):
        shop.attach(Bawa(), CATALOGUE)


def test_a_store_that_is_away_leaves_no_message_in_doubt(shop: Shop, tmp_path: Path) -> None:
    sha256 = shop.keep(PDF)
    shop.store = MediaStore(str(tmp_path / "toko" / "katalog.pdf"), largest=LIMIT)
    for media in (CATALOGUE, Media(kind="document", stored=sha256)):
        assert isinstance(shop.refusal(Bawa(BYTES), media), TransientError)


def test_a_database_that_is_away_leaves_no_message_in_doubt(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    shop = Shop(sqlite_engine, tmp_path)
    with sqlite_engine.begin() as connection:
        connection.execute(text("DROP TABLE uploads"))
        connection.execute(text("ALTER TABLE media RENAME TO elsewhere"))

    assert isinstance(shop.refusal(Bawa(BYTES), CATALOGUE), TransientError)
    shop.attacher().remember(Bawa(BYTES), "toko", CATALOGUE, "unggah-1")


def test_nothing_is_sent_that_is_larger_than_our_own_limit(shop: Shop) -> None:
    media = Media(kind="document", stored=shop.keep(b"x" * (LIMIT + 1)))
    for limits in ({}, {"document": LIMIT * 2}):
        assert "larger" in str(shop.refusal(Bawa(BYTES, limits=limits), media))


@pytest.mark.parametrize(
    ("ways", "media", "weight"),
    [
        ((LINK,), link(), 0),
        ((BYTES,), link(), LIMIT),
        ((LINK,), CATALOGUE, 0),
        ((BYTES,), CATALOGUE, len(PDF)),
        ((), CATALOGUE, 0),
        ((BYTES,), Media(kind="document", file="tidak-ada"), 0),
        ((BYTES,), Media(kind="image", stored="b" * 64), 0),
    ],
    ids=str,
)
def test_knows_what_a_file_weighs_before_it_is_read(
    shop: Shop, ways: tuple[MediaBy, ...], media: Media, weight: int
) -> None:
    assert shop.attacher().weight(Bawa(*ways), "toko", media) == weight


def test_a_stored_file_weighs_its_size(shop: Shop) -> None:
    media = Media(kind="document", stored=shop.keep(PDF))

    assert shop.attacher().weight(Bawa(BYTES), "toko", media) == len(PDF)


def test_an_upload_that_was_refused_goes_once_more_as_bytes(shop: Shop) -> None:
    gateway, attacher = Bawa(BYTES), shop.attacher()
    shop.attach(gateway, CATALOGUE)
    attacher.remember(gateway, "toko", CATALOGUE, "unggah-1")

    assert attacher.forget(gateway, "toko", "unggah-1")
    assert not attacher.forget(gateway, "toko", "unggah-1")
    assert shop.attach(gateway, CATALOGUE).content == PDF
