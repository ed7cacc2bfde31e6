"""All that we ask of Rijan, asked of the strict simulated one with our own client."""

import time
from collections.abc import Iterator
from typing import get_args

import pytest

from bot import content
from bot.addresses import Reach
from bot.client import Client
from bot.content import Content
from bot.events import DeviceState, MediaReference
from bot.gateways.base import MIB, Attachment, Gateway, LookedUp, OutgoingMessage, SentMessage
from bot.gateways.errors import DeviceOffline, NotSupported, Rejected
from bot.simulator.compose import DEVICES, OWN_NUMBER
from bot.simulator.faults import Fault, FaultKind
from bot.simulator.files import sample
from bot.simulator.server import Simulator
from tests.simulator.gateways import SECRETS, account_of, gateway_of

DEVICE = DEVICES["rijan"]
TO = "6281200000001@s.whatsapp.net"
HOOK = "https://toko.contoh.invalid/webhook/rijan"
LINK = "https://toko.contoh.invalid/berkas"
# Longer than the moment that WhatsApp takes there.
A_MOMENT = 0.15
CONTENTS: dict[str, Content] = {
    "text": content.Text(text="Pesanan siap 🎉"),
    **{
        kind: content.Media(kind=kind, link=LINK, text="Menu")
        for kind in get_args(content.MediaKind)
    },
    "location": content.Location(latitude=-6, longitude=106.8, name="Toko"),
    "contacts": content.Contacts(cards=(content.Card(name="Sari", phones=("081200000042",)),)),
    "reaction": content.Reaction(message_id="3EB0A1", emoji="👍"),
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator.for_accounts({"rijan": [account_of("rijan")]}) as running:
        yield running


@pytest.fixture
def gateway(simulator: Simulator) -> Gateway:
    return gateway_of("rijan", api_url=simulator.api_urls["rijan"])


@pytest.fixture
def client() -> Client:
    return Client()


def send(client: Client, gateway: Gateway, what: Content, *, key: str = "kunci-1") -> SentMessage:
    attachment = None
    if isinstance(what, content.Media):
        attachment = Attachment(link=LINK, mimetype=sample(what.kind)[0], filename="berkas")
    message = OutgoingMessage(
        device=DEVICE,
        address=TO,
        content=what,
        reference="1:x",
        idempotency_key=key,
        attachment=attachment,
    )
    return client.perform(gateway.send(message))


@pytest.mark.parametrize("kind", sorted(set(CONTENTS) - {"sticker"}))
def test_rijan_takes_every_kind_that_we_say_it_takes(
    kind: str, client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    assert kind in gateway.abilities(DEVICE).sends

    result = send(client, gateway, CONTENTS[kind])

    [sent] = simulator.sent
    assert (sent.kind, sent.to) == (kind, TO)
    assert (result.ticket or "") == sent.external_id
    assert result.external_id is None


def test_sends_nothing_that_we_say_it_does_not_take(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    assert gateway.abilities(DEVICE).sends == set(CONTENTS) - {"sticker"}
    with pytest.raises(NotSupported):
        send(client, gateway, CONTENTS["sticker"])
    assert simulator.sent == []


def test_learns_the_id_that_statuses_will_carry(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    ticket = send(client, gateway, CONTENTS["text"]).ticket or ""

    at_once = client.perform(gateway.look_up(DEVICE, ticket))
    time.sleep(A_MOMENT)
    later = client.perform(gateway.look_up(DEVICE, ticket))

    assert at_once == LookedUp()
    assert later == LookedUp(external_id=simulator.sent[0].whatsapp_id)


def test_notices_a_lost_message_and_sends_it_with_another_key(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    simulator.plan("rijan", Fault(kind=FaultKind.LOST))
    lost = send(client, gateway, CONTENTS["text"])
    time.sleep(A_MOMENT)

    assert client.perform(gateway.look_up(DEVICE, lost.ticket or "")) == LookedUp(is_lost=True)
    assert send(client, gateway, CONTENTS["text"]) == lost
    assert simulator.sent == []
    assert send(client, gateway, CONTENTS["text"], key="kunci-2") != lost
    assert len(simulator.sent) == 1


def test_gives_up_a_ticket_of_another_rijan(client: Client, gateway: Gateway) -> None:
    with pytest.raises(Rejected):
        client.perform(gateway.look_up(DEVICE, "msg_0"))


def test_shows_contacts_what_happens(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    client.perform(gateway.mark_read(DEVICE, TO, "3EB0A1"))
    client.perform(gateway.show_typing(DEVICE, TO, "3EB0A1"))

    memory = simulator.memory("rijan")
    assert memory["read"] == memory["typing"] == [(DEVICE, TO)]


def test_shows_contacts_nothing_from_a_device_that_is_offline(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    simulator.set_offline("rijan", DEVICE)
    with pytest.raises(DeviceOffline):
        client.perform(gateway.show_typing(DEVICE, TO, "3EB0A1"))


def test_asks_how_a_device_is_and_starts_it(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    simulator.set_offline("rijan", DEVICE)
    client.perform(gateway.restart_device(DEVICE))
    report = client.perform(gateway.device_report(DEVICE))

    assert simulator.memory("rijan")["started"] == [DEVICE]
    assert (report.state, report.phone) == (DeviceState.DISCONNECTED, OWN_NUMBER)


def test_knows_no_device_of_somebody_else(client: Client, simulator: Simulator) -> None:
    gateway = gateway_of("rijan", device="device_lain", api_url=simulator.api_urls["rijan"])
    with pytest.raises(Rejected):
        client.perform(gateway.device_report("device_lain"))


def test_fetches_a_file_from_rijan_itself(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    mimetype, body = sample("image")
    simulator.memory("rijan")["files"] = {"menu.png": (mimetype, body)}
    url = f"{simulator.api_urls['rijan']}/v1/devices/{DEVICE}/media/menu.png"

    reach = Reach(largest=MIB, api_url=simulator.api_urls["rijan"])
    fetched = client.perform(gateway.fetch_media(DEVICE, MediaReference(url=url)), reach=reach)

    assert (fetched.mimetype, fetched.content) == (mimetype, body)


@pytest.mark.parametrize("guide", [False, True])
def test_keeps_webhooks_at_either_version_of_rijan(
    guide: bool, client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    simulator.memory("rijan")["guide"] = guide
    registered = client.perform(gateway.register_webhook(DEVICE, HOOK))
    again = client.perform(gateway.register_webhook(DEVICE, HOOK, ["message.received"]))
    listed = client.perform(gateway.list_webhooks(DEVICE))
    [kept] = simulator.memory("rijan")["webhooks"].values()

    assert registered.active
    assert registered.url == HOOK
    assert [webhook.id for webhook in listed] == [again.id] == [registered.id]
    assert listed[0].events == ("message.received",)
    assert kept["secret"] == SECRETS["rijan"]["webhook_secret"]

    changed = client.perform(gateway.update_webhook(DEVICE, registered.id, active=False))
    assert changed.active is False
    client.perform(gateway.delete_webhook(DEVICE, registered.id))
    assert simulator.memory("rijan")["webhooks"] == {}


def test_says_what_the_program_does_not_have(client: Client, gateway: Gateway) -> None:
    webhook = client.perform(gateway.register_webhook(DEVICE, HOOK))
    with pytest.raises(NotSupported):
        client.perform(gateway.test_webhook(DEVICE, webhook.id))
    with pytest.raises(NotSupported):
        client.perform(gateway.failed_webhooks(DEVICE))
    with pytest.raises(NotSupported):
        client.perform(gateway.retry_webhook(DEVICE, "evt_1"))


def test_uses_what_only_the_older_guide_has(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    failed = {"event_id": "evt_1", "event": "message.received", "attempts": 3, "error": "timeout"}
    memory = simulator.memory("rijan")
    memory |= {"guide": True, "failed": [failed]}
    webhook = client.perform(gateway.register_webhook(DEVICE, HOOK))

    client.perform(gateway.test_webhook(DEVICE, webhook.id))
    [found] = client.perform(gateway.failed_webhooks(DEVICE))
    client.perform(gateway.retry_webhook(DEVICE, found.id))

    assert (found.event, found.attempts) == ("message.received", 3)
    assert (memory["tested"], memory["retried"]) == ([webhook.id], ["evt_1"])
    with pytest.raises(Rejected):
        client.perform(gateway.retry_webhook(DEVICE, "evt_2"))


def test_finds_its_own_webhook_among_others(
    client: Client, gateway: Gateway, simulator: Simulator
) -> None:
    client.perform(gateway.register_webhook(DEVICE, HOOK))
    other = gateway_of("rijan", api_url=simulator.api_urls["rijan"], webhook_secret="lain")
    client.perform(other.register_webhook(DEVICE, f"{HOOK}/lain"))

    findings = client.perform(gateway.inspect(DEVICE))

    assert [finding.ok for finding in findings] == [True, True]
