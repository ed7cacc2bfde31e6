"""The table of what each gateway can do is true: each cell is tried on the strict simulator."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.client import Client
from bot.content import (
    KINDS,
    MEDIA_KINDS,
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
)
from bot.events import MediaReference
from bot.gateways import GATEWAYS
from bot.gateways.base import (
    Attachment,
    Exchange,
    Gateway,
    MediaBy,
    OutgoingMessage,
    SentMessage,
)
from bot.gateways.errors import NotSupported, Rejected, SendError
from bot.matrix import METHODS, markdown
from bot.outbox.adapt import adapt
from bot.simulator.calls import Sent
from bot.simulator.compose import DEVICES, SENDER, address_of
from bot.simulator.files import sample
from bot.simulator.server import Simulator
from tests.gateways.received import told_by
from tests.simulator.gateways import SENDING, account_of, gateway_of

PAGE = Path(__file__).parents[2] / "docs" / "gateways.md"
MARKS = ("<!-- made by flask gateways --markdown -->\n\n", "\n<!-- until here -->")
NAMES = list(GATEWAYS)
LINK = "https://toko-melati.example/katalog"
HARGA, ORDER = Choice(id="harga", title="Harga"), Choice(id="order", title="Order")
CONTENTS: dict[str, Content] = {
    "text": Text(text="Pesanan siap"),
    **{
        kind: Media(kind=kind, text="" if kind in ("audio", "voice", "sticker") else "Ini kak")
        for kind in MEDIA_KINDS
    },
    "location": Location(latitude=-6.2, longitude=106.8, name="Toko Melati", address="Jl. Melati"),
    "contacts": Contacts(cards=(Card(name="Bu Sari", phones=("6281200000042",)),)),
    "buttons": Buttons(text="Mau apa?", buttons=(HARGA, ORDER)),
    "list": Listing(text="Mau apa?", label="Menu", sections=(Section(rows=(HARGA, ORDER)),)),
    "template": Template(name="pesanan_siap", language="id", parameters=("Sari",)),
    "reaction": Reaction(message_id="wamid.HBgNNjI4MTIwMDAwMDAwMQ==", emoji="👍"),
}
# How a gateway may call what it sends: a voice note is a sound to some, a sticker a picture.
ALSO = {
    "voice": {"audio"},
    "sticker": {"image"},
    "video": {"document"},
    "audio": {"document", "voice"},
}
ARGUMENTS: dict[str, Callable[[Gateway, str], Exchange[Any]]] = {
    "fetch_media": lambda gateway, device: gateway.fetch_media(
        device, MediaReference(id="1", url=None)
    ),
    "mark_read": lambda gateway, device: gateway.mark_read(device, _address(gateway), "wamid.A"),
    "show_typing": lambda gateway, device: gateway.show_typing(
        device, _address(gateway), "wamid.A"
    ),
    "check_number": lambda gateway, device: gateway.check_number(device, SENDER),
    "call_human": lambda gateway, device: gateway.call_human(device, _address(gateway)),
    "look_up": lambda gateway, device: gateway.look_up(device, "msg_1"),
    "device_report": lambda gateway, device: gateway.device_report(device),
    "restart_device": lambda gateway, device: gateway.restart_device(device),
    "register_webhook": lambda gateway, device: gateway.register_webhook(
        device, "https://balas.example/webhook"
    ),
    "list_webhooks": lambda gateway, device: gateway.list_webhooks(device),
    "update_webhook": lambda gateway, device: gateway.update_webhook(
        device, "1", url="https://balas.example/webhook"
    ),
    "delete_webhook": lambda gateway, device: gateway.delete_webhook(device, "1"),
    "test_webhook": lambda gateway, device: gateway.test_webhook(device, "1"),
    "failed_webhooks": lambda gateway, device: gateway.failed_webhooks(device),
    "retry_webhook": lambda gateway, device: gateway.retry_webhook(device, "1"),
    "missed_webhooks": lambda gateway, device: gateway.missed_webhooks(
        device, since=datetime.now(UTC) - timedelta(hours=1)
    ),
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    accounts = {name: [account_of(name, **EXTRA.get(name, {}))] for name in SENDING}
    with Simulator.for_accounts(accounts) as running:
        yield running


# What an account needs besides, to be able to do all that its gateway can.
EXTRA: dict[str, dict[str, Any]] = {
    "csku": {
        "send_media_body": '{"conversation_id": {conversation_id}, "content":'
        ' {"type": {type}, "attachments": [{"url": {url}}], "text": {caption}}}',
    },
    "meta": {"business_account_id": "900100200300400", "verify_token": "kata-rahasia"},
}


def _address(gateway: Gateway) -> str:
    return address_of(gateway.name, SENDER)


def configured(simulator: Simulator, name: str) -> Gateway:
    return gateway_of(name, api_url=simulator.api_urls[name], **EXTRA.get(name, {}))


def attachment(gateway: Gateway, content: Content) -> Attachment | None:
    if not isinstance(content, Media):
        return None
    mimetype, body = sample(content.kind)
    preferred = gateway.abilities(DEVICES[gateway.name]).media_by[:1]
    if preferred == (MediaBy.BYTES,):
        return Attachment(content=body, mimetype=mimetype, filename="katalog.bin")
    return Attachment(link=LINK, mimetype=mimetype, filename="katalog.bin")


def send(gateway: Gateway, content: Content, **fields: Any) -> SentMessage:
    message = OutgoingMessage(
        device=DEVICES[gateway.name],
        address=_address(gateway),
        content=content,
        reference="1:kunci",
        idempotency_key="kunci",
        attachment=attachment(gateway, content),
        **fields,
    )
    return Client().perform(gateway.send(message))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_sends_exactly_the_kinds_that_it_says(name: str, kind: str, simulator: Simulator) -> None:
    gateway = configured(simulator, name)
    if kind in gateway.abilities(DEVICES[name]).sends:
        send(gateway, CONTENTS[kind])

        [sent] = simulator.sent
        assert sent.kind in {kind, *ALSO.get(kind, ())}
        assert SENDER in sent.to
    else:
        with pytest.raises(NotSupported):
            send(gateway, CONTENTS[kind])

        assert simulator.sent == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("template", "reaction")])
@pytest.mark.parametrize("name", NAMES)
def test_what_it_does_not_send_is_said_in_other_words(
    name: str, kind: str, simulator: Simulator
) -> None:
    gateway = configured(simulator, name)
    content = CONTENTS[kind]
    if isinstance(content, Media):
        content = Media(kind=content.kind, text=content.text, link=LINK)

    for part in adapt(content, gateway.abilities(DEVICES[name])):
        send(gateway, part)

    assert simulator.sent
    told = " ".join(said(sent) for sent in simulator.sent)
    words = {"buttons": "Harga", "list": "Harga", "location": "Melati", "contacts": "Sari"}
    assert words.get(kind, "") in told


def said(sent: Sent) -> str:
    return f"{sent.text} {sent.media} {sent.details}"


@pytest.mark.parametrize("name", NAMES)
def test_quotes_if_it_says_so(name: str, simulator: Simulator) -> None:
    gateway = configured(simulator, name)
    send(gateway, Text(text="Siap"), quoted_id="3EB0AA11")

    [sent] = simulator.sent
    quotes = gateway.abilities(DEVICES[name]).quotes
    assert ("3EB0AA11" in sent.quoted_id) == quotes


@pytest.mark.parametrize("method", ARGUMENTS)
@pytest.mark.parametrize("name", NAMES)
def test_has_exactly_what_it_says(name: str, method: str, simulator: Simulator) -> None:
    gateway = configured(simulator, name)
    exchange = ARGUMENTS[method](gateway, DEVICES[name])
    refused = ""
    try:
        Client().perform(exchange)
    except NotSupported as error:
        refused = str(error)
    except SendError:
        # To be told that there is no such message, webhook or number is an answer, too.
        assert gateway.has(method)

    if method not in gateway.caveats:
        assert gateway.has(method) == (not refused), refused
    assert gateway.has(method) or refused.startswith(gateway.title)


# What a gateway tells by its payload files although no document of its promises it.
UNPROMISED = {("wagate", "echoes"), ("rijan", "echoes")}


@pytest.mark.parametrize(
    ("flag", "kinds"),
    [
        ("statuses", {"message.status"}),
        ("echoes", {"message.echo"}),
        ("calls", {"call.received"}),
        ("device_events", {"device.connected", "device.disconnected"}),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_tells_exactly_what_it_says(name: str, flag: str, kinds: set[str]) -> None:
    is_told = kinds <= set(told_by(name))

    assert getattr(GATEWAYS[name].capabilities, flag) == (
        is_told and (name, flag) not in UNPROMISED
    )


@pytest.mark.parametrize("name", NAMES)
def test_takes_texts_up_to_its_limit_and_no_longer_ones(name: str, simulator: Simulator) -> None:
    gateway = configured(simulator, name)
    limit = gateway.abilities(DEVICES[name]).text_limit
    send(gateway, Text(text="x" * limit))

    with pytest.raises(Rejected):
        send(gateway, Text(text="x" * (limit + 1)))

    assert [len(sent.text) for sent in simulator.sent] == [limit]


@pytest.mark.parametrize("name", NAMES)
def test_carries_a_repeated_request_out_once_if_it_says_so(name: str, simulator: Simulator) -> None:
    gateway = configured(simulator, name)
    for _ in range(2):
        send(gateway, Text(text="Siap"))

    assert len(simulator.sent) == (1 if gateway.capabilities.idempotency else 2)


def test_tries_every_method_of_the_table() -> None:
    tried = {*ARGUMENTS, "quota", "inspect", "inline_media"}

    assert set(METHODS.values()) == tried


@pytest.mark.parametrize("name", NAMES)
def test_tells_its_quota_if_it_says_so(name: str, simulator: Simulator) -> None:
    gateway = configured(simulator, name)

    quota = Client().perform(gateway.quota(DEVICES[name]))

    assert (quota is not None) == gateway.has("quota") == gateway.capabilities.quota


def test_the_page_shows_the_tables_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = page.partition(MARKS[0])[2].partition(MARKS[1])[0]

    assert shown == markdown(GATEWAYS)
