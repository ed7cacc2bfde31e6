"""The Meta module and the strict double of Meta's API: each is the other's measure."""

from collections.abc import Iterator
from typing import Any

import pytest

from bot import content
from bot.addresses import Reach
from bot.client import Client
from bot.content import Choice, Section
from bot.events import DeviceState, MediaReference
from bot.gateways.base import MIB, Attachment, FetchedMedia, OutgoingMessage, SentMessage
from bot.gateways.errors import NotAuthorised, Rejected, TransientError
from bot.gateways.meta import Meta
from bot.simulator.apis.meta.accounts import META_S_APP
from bot.simulator.calls import Sent
from bot.simulator.compose import ACCOUNTS, DEVICES
from bot.simulator.faults import Fault, FaultKind, On
from bot.simulator.files import picture, sample
from bot.simulator.server import Simulator
from tests.simulator.gateways import account_of

DEVICE = DEVICES["meta"]
HOOK = "https://balas.example/webhook/meta"
FIELDS = {"business_account_id": ACCOUNTS["meta"], "verify_token": "kata-sandi"}
HARGA, ORDER = Choice(id="harga", title="Harga"), Choice(id="order", title="Order")
LINK = Attachment(link="https://toko.example/kopi.png", filename="kopi.png")
CONTENTS: dict[str, content.Content] = {
    "text": content.Text(text="Pesanan siap"),
    "location": content.Location(latitude=-6.2, longitude=106.8, name="Toko", address="Jl. Melati"),
    "contacts": content.Contacts(cards=(content.Card(name="Sari", phones=("0812-0000-0042",)),)),
    "buttons": content.Buttons(text="Apa?", buttons=(HARGA, ORDER), header="Toko", footer="Buka"),
    "list": content.Listing(text="Apa?", label="Menu", sections=(Section(rows=(HARGA, ORDER)),)),
    "template": content.Template(name="siap", language="id", parameters=("Sari",)),
    "reaction": content.Reaction(message_id="wamid.A", emoji="👍"),
    **{kind: content.Media(kind=kind) for kind in content.MEDIA_KINDS},
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator.for_accounts({"meta": [account_of("meta", **FIELDS)]}) as running:
        yield running


@pytest.fixture
def meta(simulator: Simulator) -> Meta:
    return Meta([account_of("meta", api_url=simulator.api_urls["meta"], **FIELDS)])


def send(meta: Meta, said: content.Content, **fields: Any) -> SentMessage:
    message = OutgoingMessage(
        device=DEVICE,
        address=fields.pop("address", "6281200000001"),
        content=said,
        reference="17:kunci",
        idempotency_key="kunci",
        **fields,
    )
    return Client().perform(meta.send(message))


def fetch(meta: Meta, media_id: str | None) -> FetchedMedia:
    account = meta.account(DEVICE)
    reach = Reach(largest=MIB, api_url=getattr(account, "api_url", ""))
    return Client().perform(meta.fetch_media(DEVICE, MediaReference(id=media_id)), reach=reach)


def only(simulator: Simulator) -> Sent:
    (sent,) = simulator.sent
    return sent


def test_the_table_of_contents_is_whole() -> None:
    assert set(CONTENTS) == set(content.KINDS) == set(Meta.capabilities.sends)


@pytest.mark.parametrize("kind", CONTENTS)
def test_meta_takes_every_kind(kind: str, meta: Meta, simulator: Simulator) -> None:
    attachment = LINK if kind in content.MEDIA_KINDS else None

    result = send(meta, CONTENTS[kind], attachment=attachment, quoted_id="wamid.LAMA")

    sent = only(simulator)
    assert (sent.kind, sent.external_id) == (kind, result.external_id)
    assert sent.reference == "17:kunci"
    assert sent.quoted_id == ("" if kind == "reaction" else "wamid.LAMA")
    assert sent.media == (LINK.link if attachment else "")


@pytest.mark.parametrize("kind", content.MEDIA_KINDS)
def test_meta_takes_every_kind_of_media_by_its_bytes(
    kind: Any, meta: Meta, simulator: Simulator
) -> None:
    mimetype, body = sample(kind)
    attachment = Attachment(content=body, mimetype=mimetype, filename="Kopi Gayo é.bin")

    result = send(meta, content.Media(kind=kind), attachment=attachment)

    assert only(simulator).media == result.uploaded
    assert simulator.memory("meta")["media"][result.uploaded]["content"] == body


def test_an_upload_is_sent_again_by_its_id(meta: Meta, simulator: Simulator) -> None:
    first = Attachment(content=picture(), mimetype="image/png", filename="kopi.png")
    uploaded = send(meta, content.Media(kind="image"), attachment=first).uploaded

    again = send(meta, content.Media(kind="image"), attachment=Attachment(uploaded=uploaded))

    assert again.uploaded is None
    assert [sent.media for sent in simulator.sent] == [uploaded, uploaded]


def test_an_upload_that_meta_does_not_know_is_refused(meta: Meta, simulator: Simulator) -> None:
    with pytest.raises(Rejected):
        send(meta, content.Media(kind="image"), attachment=Attachment(uploaded="7"))

    assert simulator.sent == []


def test_meta_takes_a_group_and_a_user_id(meta: Meta, simulator: Simulator) -> None:
    for address in ("Y2FwaV9ncm91cDoxMjM", "ID.13490000000002"):
        send(meta, CONTENTS["buttons"], address=address)

    assert [sent.to for sent in simulator.sent] == ["Y2FwaV9ncm91cDoxMjM", "ID.13490000000002"]


def test_what_was_uploaded_is_fetched_again(meta: Meta) -> None:
    attachment = Attachment(content=picture(), mimetype="image/png", filename="kopi.png")
    uploaded = send(meta, content.Media(kind="image"), attachment=attachment).uploaded

    fetched = fetch(meta, uploaded)

    assert (fetched.content, fetched.mimetype) == (picture(), "image/png")


@pytest.mark.parametrize(
    ("media_id", "kind"), [("900800700600501", "image"), ("900800700600502", "voice")]
)
def test_what_a_sample_webhook_refers_to_is_fetched(media_id: str, kind: str, meta: Meta) -> None:
    fetched = fetch(meta, media_id)

    assert (fetched.mimetype, fetched.content) == sample(kind)


def test_an_address_past_its_time_is_asked_for_once_more(meta: Meta, simulator: Simulator) -> None:
    simulator.memory("meta")["stale"] = 1

    assert fetch(meta, "900800700600501").content == picture()

    simulator.memory("meta")["stale"] = 2
    with pytest.raises(Rejected):
        fetch(meta, "900800700600501")


def test_media_that_are_gone_are_told_from_a_wrong_token(meta: Meta, simulator: Simulator) -> None:
    url = simulator.api_urls["meta"]
    stranger = Meta([account_of("meta", api_url=url, access_token="salah")])

    with pytest.raises(Rejected):
        fetch(meta, "1")
    with pytest.raises(NotAuthorised):
        fetch(stranger, "900800700600501")


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.HALF])
def test_a_break_while_fetching_is_worth_another_attempt(
    kind: FaultKind, meta: Meta, simulator: Simulator
) -> None:
    simulator.plan("meta", Fault(kind=kind, on=On.ASK))

    with pytest.raises(TransientError):
        fetch(meta, "900800700600501")


def test_marks_are_set(meta: Meta, simulator: Simulator) -> None:
    Client().perform(meta.mark_read(DEVICE, "6281200000001", "wamid.A"))
    Client().perform(meta.show_typing(DEVICE, "6281200000001", "wamid.B"))

    assert simulator.memory("meta")["read"] == ["wamid.A", "wamid.B"]
    assert simulator.memory("meta")["typing"] == ["wamid.B"]
    with pytest.raises(Rejected):
        Client().perform(meta.mark_read(DEVICE, "6281200000001", "3EB0AA"))


def test_a_phone_number_is_reported(meta: Meta, simulator: Simulator) -> None:
    report = Client().perform(meta.device_report(DEVICE))
    simulator.set_offline("meta", DEVICE)
    offline = Client().perform(meta.device_report(DEVICE))

    assert (report.phone, report.name) == ("6281200000099", "Toko Melati")
    assert (report.state, offline.state) == (DeviceState.CONNECTED, DeviceState.DISCONNECTED)


def test_a_subscription_is_made_shown_and_ended(meta: Meta) -> None:
    client = Client()
    before = client.perform(meta.inspect(DEVICE))
    client.perform(meta.register_webhook("", HOOK))
    after = client.perform(meta.inspect(DEVICE))
    kept = client.perform(meta.list_webhooks(""))
    client.perform(meta.delete_webhook("", kept[0].id))

    assert [finding.ok for finding in before] == [True, True, False]
    assert [finding.ok for finding in after] == [True, True, True]
    assert [webhook.url for webhook in kept] == [HOOK]
    assert client.perform(meta.list_webhooks("")) == []


def test_another_app_s_subscription_is_not_ours(meta: Meta, simulator: Simulator) -> None:
    client = Client()
    simulator.memory("meta")["other_apps"] = [META_S_APP]
    foreign = client.perform(meta.inspect(DEVICE))
    client.perform(meta.register_webhook("", HOOK))
    kept = client.perform(meta.list_webhooks(""))

    assert [finding.ok for finding in foreign] == [True, True, False]
    assert "only other apps" in foreign[-1].what
    assert [webhook.ours for webhook in kept] == [False, True]
    assert client.perform(meta.inspect(DEVICE))[-1].ok


def test_another_account_s_subscription_is_out_of_reach(simulator: Simulator) -> None:
    fields = {**FIELDS, "business_account_id": "1"}
    meta = Meta([account_of("meta", api_url=simulator.api_urls["meta"], **fields)])

    with pytest.raises(NotAuthorised):
        Client().perform(meta.list_webhooks(""))
