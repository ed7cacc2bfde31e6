"""flask send: whatever a message may say, refused in words before it is queued if it cannot go."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine, select

from bot.content import (
    Buttons,
    Card,
    Choice,
    Contacts,
    Content,
    Listing,
    Location,
    Media,
    Reaction,
    Section,
    Template,
    Text,
    from_json,
)
from bot.simulator.files import MP4, PDF, picture
from models import Device, reading, writing
from models import Media as MediaRow
from tests.cli.conftest import Flask
from tests.conftest import Valkey
from tests.peers import Script, once, peer
from tests.web import CONFIGURED, Web, web_process

TO = "6281200000044"
PUBLIC = {"PUBLIC_URL": "https://balas.contoh.id"}
SENDERS = {**CONFIGURED, "WHATSGATE_WHATSAPP_ID": "19a4c07e512"}


@pytest.fixture
def web(
    sqlite_engine: Engine, shared_valkey: Valkey, redis: Redis, tmp_path: Path
) -> Iterator[Web]:
    environ = {**SENDERS, "MEDIA_STORE": str(tmp_path / "media")}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as running:
        yield running


def queued(web: Web) -> list[Content]:
    """Return what the messages in the outbox say."""
    return [
        from_json(message.content) if message.content else Text(text=message.text)
        for message in web.messages()
    ]


BUTTONS = ["--button", "btn_harga=Harga", "--button", "btn_cs=Chat CS"]


@pytest.mark.parametrize(
    ("arguments", "content"),
    [
        (["Halo"], Text(text="Halo")),
        (
            ["Pilih", *BUTTONS, "--footer", "Buka 09-17"],
            Buttons(
                text="Pilih",
                buttons=(
                    Choice(id="btn_harga", title="Harga"),
                    Choice(id="btn_cs", title="Chat CS"),
                ),
                footer="Buka 09-17",
            ),
        ),
        (
            ["Pilih", "--list", "Lihat", "--row", "gayo=Gayo=250 g", "--row", "Lampung"],
            Listing(
                text="Pilih",
                label="Lihat",
                sections=(
                    Section(
                        rows=(
                            Choice(id="gayo", title="Gayo", description="250 g"),
                            Choice(id="Lampung", title="Lampung"),
                        )
                    ),
                ),
            ),
        ),
        (
            ["Promo", "--image", "https://toko.contoh.id/promo.jpg"],
            Media(kind="image", text="Promo", link="https://toko.contoh.id/promo.jpg"),
        ),
        (
            ["--template", "pesanan:siap:id", "--parameter", "Siti", "--parameter", "A-17"],
            Template(name="pesanan:siap", language="id", parameters=("Siti", "A-17")),
        ),
        (
            ["--location", "-6.2,106.8,Toko Melati, Jakarta"],
            Location(latitude=-6.2, longitude=106.8, name="Toko Melati, Jakarta"),
        ),
        (
            ["--contact", "Siti:0812-0000-0001", "--contact", "Budi:0812-0000-0002"],
            Contacts(
                cards=(
                    Card(name="Siti", phones=("0812-0000-0001",)),
                    Card(name="Budi", phones=("0812-0000-0002",)),
                )
            ),
        ),
        (["--react", "wamid.a:b:👍"], Reaction(message_id="wamid.a:b", emoji="👍")),
        (["--react", "wamid.a:"], Reaction(message_id="wamid.a")),
    ],
)
def test_queues_what_was_written(
    web: Web, flask: Flask, arguments: list[str], content: Content
) -> None:
    output = flask("send", "meta", TO, *arguments).stdout

    assert queued(web) == [content]
    assert output == "queued as 1: `flask messages show 1`\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "nothing to send"),
        ([" "], "nothing to send"),
        (["--button", "a=A"], "nothing to send: write a text"),
        (["x", "--button", "=A"], "write it as id=title"),
        (["x", "--button", "a="], "write it as id=title"),
        (["x", "--list", "Lihat"], "a list needs rows"),
        (["x", *BUTTONS, "--image", "https://toko.contoh.id/a.jpg"], "cannot be image and buttons"),
        (["--image", "ftp://toko.contoh.id/a.jpg"], "a link must begin with https://"),
        (["--image", "/tidak/ada.jpg"], "cannot be read"),
        (["--template", "promo"], "write it as name:language"),
        (["--location", "sini"], "write it as latitude,longitude"),
        (["--location", "106.8,-6.2"], "write it as latitude,longitude"),
        (["--location", "nan,1"], "write it as latitude,longitude"),
        (["x", "--location", "-6.2,106.8"], "a location has no place for TEXT"),
        (["--contact", "Siti"], "write it as name:number"),
        (["--react", "👍"], "write it as message-id:emoji"),
        (["x", "--filename", "a.pdf"], "a text has no place for --filename"),
        (["x", "--parameter", "a"], "a text has no place for --parameter"),
        (["x", "--footer", "a"], "a text has no place for --footer"),
    ],
)
def test_refuses_what_makes_no_sense(web: Web, arguments: list[str], problem: str) -> None:
    result = web.app.test_cli_runner().invoke(args=["send", "meta", TO, *arguments])

    assert result.exit_code in (1, 2)
    assert problem in result.output
    assert web.messages() == []


@pytest.mark.parametrize(
    ("gateway", "arguments", "problem"),
    [
        ("wagate", ["--template", "promo:id"], "WAGate cannot send a template"),
        ("whatsgate", ["--react", "A:👍"], "cannot send a reaction"),
        ("wagate", ["x", "--reply-to", "A"], "WAGate cannot quote: leave out --reply-to"),
        ("wagate", ["x", "--check"], "has no way to check a number"),
    ],
)
def test_tells_what_a_gateway_cannot_do_before_it_is_queued(
    web: Web, flask: Flask, gateway: str, arguments: list[str], problem: str
) -> None:
    assert problem in flask("send", gateway, TO, *arguments, code=1).output
    assert web.messages() == []


@pytest.mark.parametrize(
    ("gateway", "arguments", "problem"),
    [
        (
            "wagate",
            ["--image", "promo.png"],
            "sessions take texts only: unset WAGATE_SESSION_ID to send image; give a link instead",
        ),
        ("csku", ["--document", "menu.pdf"], "set CSKU_SEND_MEDIA_BODY to send document"),
        ("csku", ["--react", "A:👍"], "CSKU cannot send a reaction"),
        ("rijan", ["--image", "promo.png"], "no private address: PUBLIC_URL is http://127.0.0.1"),
        ("rijan", ["--image", "https://10.0.0.7/a.jpg"], "no private address"),
    ],
)
def test_says_which_setting_is_in_the_way(
    sqlite_engine: Engine,
    shared_valkey: Valkey,
    gateway: str,
    arguments: list[str],
    problem: str,
) -> None:
    environ = {
        **CONFIGURED,
        "WAGATE_SESSION_ID": "wa-1",
        "PUBLIC_URL": "http://127.0.0.1:8000",
    }
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        command = ["send", gateway, TO, "--device", "1", *arguments]
        result = web.app.test_cli_runner().invoke(args=command)
        messages = web.messages()

    assert result.exit_code == 1
    assert problem in result.output
    assert messages == []


@pytest.mark.parametrize(
    ("gateway", "setting"),
    [
        ("meta", ", or set META_PHONE_NUMBER_ID"),
        ("rijan", "(`flask devices` lists them)\n"),
        ("whatsgate", ", or set WHATSGATE_WHATSAPP_ID"),
    ],
)
def test_asks_for_the_device_where_none_is_known(
    sqlite_engine: Engine, shared_valkey: Valkey, gateway: str, setting: str
) -> None:
    environ = {name: value for name, value in CONFIGURED.items() if not name.endswith("NUMBER_ID")}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        result = web.app.test_cli_runner().invoke(args=["send", gateway, TO, "hai"])
        messages = web.messages()

    assert result.exit_code == 1
    assert "name one with --device" in result.output
    assert setting in result.output
    assert messages == []


def test_sends_from_the_only_device_that_is_known(web: Web, flask: Flask) -> None:
    with writing(web.engine) as session:
        session.add(Device(gateway="rijan", device="device_mawar"))
        session.add(Device(gateway="meta", device="lain"))
    flask("send", "rijan", TO, "hai")

    with writing(web.engine) as session:
        session.add(Device(gateway="rijan", device="device_melati"))
    flask("send", "rijan", TO, "hai", code=1)

    assert [message.device for message in web.messages()] == ["device_mawar"]


def test_puts_a_menu_in_words_where_there_are_no_buttons(web: Web, flask: Flask) -> None:
    output = flask("send", "wagate", TO, "Pilih", *BUTTONS).output

    assert web.messages()[0].text == "Pilih\n\n1. Harga\n2. Chat CS\n\nKetik 1 / 2"
    assert "WAGate takes this as a text with numbers" in output


def test_sends_a_long_text_in_parts_and_quotes_with_the_first(web: Web, flask: Flask) -> None:
    output = flask("send", "meta", TO, "kata " * 1000, "--reply-to", "wamid.A").output

    assert "takes this as a text, then a text" in output
    assert "queued as 1 and 2: `flask messages show 2`" in output
    assert [message.position for message in web.messages()] == [0, 1]
    assert [message.details for message in web.messages()] == [{"quoted_id": "wamid.A"}, None]


def test_keeps_a_local_file_and_sends_it(web: Web, flask: Flask, tmp_path: Path) -> None:
    file = tmp_path / "Promo Maret.png"
    file.write_bytes(picture())
    sha256 = hashlib.sha256(picture()).hexdigest()

    flask("send", "whatsgate", TO, "Promo", "--image", str(file))

    assert queued(web) == [
        Media(kind="image", text="Promo", stored=sha256, filename="Promo Maret.png")
    ]
    with reading(web.engine) as session:
        row = session.scalars(select(MediaRow)).one()
    assert (row.sha256, row.size, row.mimetype) == (sha256, len(picture()), "image/png")
    assert web.messages()[0].media_id == row.id
    assert web.runtime.media_store is not None
    assert web.runtime.media_store.read(sha256) == picture()


def test_sends_the_same_file_twice_and_keeps_it_once(
    web: Web, flask: Flask, tmp_path: Path
) -> None:
    file = tmp_path / "menu.pdf"
    file.write_bytes(PDF)

    for _ in range(2):
        flask("send", "whatsgate", TO, "--document", str(file), "--filename", "Menu.pdf")

    assert [message.media_id for message in web.messages()] == [1, 1]
    assert queued(web)[0] == Media(
        kind="document", stored=hashlib.sha256(PDF).hexdigest(), filename="Menu.pdf"
    )


@pytest.mark.parametrize(
    ("gateway", "option", "content", "problem"),
    [
        ("meta", "--image", PDF, "the content is application/pdf, not of the kind image"),
        ("meta", "--video", b"", "is empty"),
        ("meta", "--image", picture() + bytes(5 * 2**20), "is larger than the 5 MB allowed here"),
        ("wagate", "--video", MP4, "takes files by address only: set PUBLIC_URL, or give a link"),
        ("wagate", "--sticker", MP4, "takes files by address only"),
    ],
)
def test_refuses_a_file_that_cannot_be_sent(
    web: Web,
    flask: Flask,
    tmp_path: Path,
    gateway: str,
    option: str,
    content: bytes,
    problem: str,
) -> None:
    file = tmp_path / "berkas"
    file.write_bytes(content)

    assert problem in flask("send", gateway, TO, option, str(file), code=1).output
    assert web.messages() == []


def test_sends_a_file_by_address_where_we_can_be_reached(
    sqlite_engine: Engine, shared_valkey: Valkey, tmp_path: Path
) -> None:
    file = tmp_path / "menu.pdf"
    file.write_bytes(PDF)
    environ = {**CONFIGURED, **PUBLIC, "MEDIA_STORE": str(tmp_path / "media")}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        command = ["send", "wagate", TO, "--document", str(file)]
        result = web.app.test_cli_runner().invoke(args=command)
        found = queued(web)

    assert result.exit_code == 0, result.output
    assert found[0].kind == "document"


def test_says_that_the_media_store_is_off(
    sqlite_engine: Engine, shared_valkey: Valkey, tmp_path: Path
) -> None:
    file = tmp_path / "menu.pdf"
    file.write_bytes(PDF)
    environ = {**SENDERS, "MEDIA_STORE": "off"}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        command = ["send", "whatsgate", TO, "--document", str(file)]
        result = web.app.test_cli_runner().invoke(args=command)

    assert result.exit_code == 1
    assert "MEDIA_STORE is off" in result.output


def whatsgate_answers(body: bytes, status: bytes = b"200 OK") -> Script:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: "
    return once(head + str(len(body)).encode() + b"\r\n\r\n" + body)


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (b'{"result":"OK","data":true}', 0, "queued"),
        (b'{"result":"OK","data":false}', 1, "not on WhatsApp: nothing was queued"),
        (b'{"name":"Unauthorized","message":"x","code":0}', 1, "the number was not checked"),
    ],
)
def test_asks_first_whether_a_number_is_on_whatsapp(
    sqlite_engine: Engine, shared_valkey: Valkey, answer: bytes, code: int, said: str
) -> None:
    status = b"500 Error" if b"Unauthorized" in answer else b"200 OK"
    with peer(whatsgate_answers(answer, status)) as gateway:
        environ = {
            **CONFIGURED,
            "WHATSGATE_API_URL": gateway.url,
            "WHATSGATE_WHATSAPP_ID": "19a4c07e512",
        }
        with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
            command = ["send", "whatsgate", "0812-0000-0044", "halo", "--check"]
            result = web.app.test_cli_runner().invoke(args=command)
            found = web.messages()

    assert (result.exit_code, len(found)) == (code, 1 - code), result.output
    assert said in result.output
    assert b"6281200000044" in gateway.requests[0]


def test_asks_nobody_about_what_is_no_number(web: Web, flask: Flask) -> None:
    output = flask("send", "whatsgate", "120363020000000001@g.us", "x", "--check", code=1).output

    assert "phone numbers" in output
    assert web.messages() == []
