"""WAGate refuses with a status, and tells quota and device."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.addresses import Reach
from bot.client import Client
from bot.events import MediaReference
from bot.gateways import GATEWAYS
from bot.simulator.files import sample
from bot.simulator.server import Simulator
from tests.simulator.calls import TOKENS, WAGATE, WAGATE_QUOTA, WAGATE_SESSION, ApiCall
from tests.simulator.gateways import account_of

Make = Callable[[ApiCall], requests.Response]


LONG = "a" * 5001
LINK = "https://toko-melati.example/kebaya.png"
WAGATE_WRONG = {
    "no token": (WAGATE.with_headers(Authorization=None), 401),
    "another token": (WAGATE.with_headers(Authorization="Bearer x"), 401),
    "unknown address": (replace(WAGATE, path="/wagate/api/v1/send"), 404),
    "another session": (replace(WAGATE_SESSION, path="/wagate/api/webhook/send/wa-x"), 404),
    "GET": (replace(WAGATE, method="GET"), 404),
    "no JSON": (replace(WAGATE, body=b"halo"), 422),
    "a form": (WAGATE.with_headers(Content_Type="application/x-www-form-urlencoded"), 422),
    "no recipient": (WAGATE.with_fields(recipient=None), 422),
    "a plus sign": (WAGATE.with_fields(recipient="+6281200000001"), 422),
    "a number of home": (WAGATE.with_fields(recipient="081200000001"), 422),
    "the other API's field": (WAGATE_SESSION.with_fields(to=None, recipient="62812000001"), 422),
    "no message": (WAGATE.with_fields(message=""), 422),
    "long message": (WAGATE.with_fields(message=LONG), 422),
    "a blank message": (WAGATE.with_fields(message=" "), 422),
    "an unknown field": (WAGATE.with_fields(caption="x"), 422),
    "media without a type": (WAGATE.with_fields(media_url=LINK), 422),
    "media without an address": (WAGATE.with_fields(media_type="image"), 422),
    "media of another type": (WAGATE.with_fields(media_url=LINK, media_type="voice"), 422),
    "media that are no address": (WAGATE.with_fields(media_url="a.png", media_type="image"), 422),
    "media without a message": (
        WAGATE.with_fields(media_url=LINK, media_type="image", message=""),
        422,
    ),
    "media through a session": (
        WAGATE_SESSION.with_fields(media_url=LINK, media_type="image"),
        422,
    ),
    "typing that is no boolean": (WAGATE.with_fields(show_typing="ya"), 422),
    "typing through a session": (WAGATE_SESSION.with_fields(show_typing=True), 422),
}


@pytest.mark.parametrize("case", WAGATE_WRONG)
def test_wagate_refuses_with_a_status(case: str, simulator: Simulator, make: Make) -> None:
    call, status = WAGATE_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["success"]) == (status, False)
    assert simulator.sent == []


def test_wagate_names_the_field_that_is_wrong(make: Make) -> None:
    response = make(WAGATE.with_fields(recipient="08120"))

    assert list(response.json()["errors"]) == ["recipient"]


def test_wagate_tells_no_id_unless_asked_to_show_typing(simulator: Simulator, make: Make) -> None:
    older = make(WAGATE).json()["data"]
    newer = make(WAGATE.with_fields(show_typing=True)).json()["data"]

    assert "message_id" not in older
    assert newer["message_id"] == simulator.sent[1].external_id


def test_wagate_refuses_an_empty_quota_differently_at_its_two_addresses(
    simulator: Simulator, make: Make
) -> None:
    simulator.quota.limit = 0

    direct, session = make(WAGATE), make(WAGATE_SESSION)

    assert (direct.status_code, direct.json()["remaining_quota"]) == (403, 0)
    assert session.status_code == 429


def test_wagate_counts_what_was_sent_and_received(simulator: Simulator, make: Make) -> None:
    simulator.quota.limit = 10
    simulator.quota.received = 3
    make(WAGATE)
    make(WAGATE_SESSION)

    told = make(WAGATE_QUOTA).json()["data"]

    assert (told["quota_limit"], told["quota_used"], told["quota_remaining"]) == (10, 5, 5)
    assert (told["quota_sent"], told["quota_received"]) == (2, 3)


def test_wagate_says_when_the_device_is_not_connected(simulator: Simulator, make: Make) -> None:
    simulator.set_offline("wagate", "wa-melati")

    response = make(WAGATE)

    assert response.status_code == 403
    assert response.json()["device_status"] == "disconnected"


@pytest.mark.parametrize("media_type", ["image", "video", "document", "audio"])
def test_wagate_takes_media_by_their_address(
    media_type: str, simulator: Simulator, make: Make
) -> None:
    response = make(WAGATE.with_fields(media_url=LINK, media_type=media_type))

    assert response.status_code == 200
    [sent] = simulator.sent
    assert (sent.kind, sent.media, sent.text) == (media_type, LINK, "Pesanan siap")


def test_wagate_remembers_that_typing_was_to_be_shown(simulator: Simulator, make: Make) -> None:
    make(WAGATE.with_fields(show_typing=True))

    assert simulator.sent[0].details == {"show_typing": True}


@pytest.mark.parametrize("offline", [False, True])
def test_wagate_tells_how_the_device_is(simulator: Simulator, make: Make, *, offline: bool) -> None:
    simulator.set_offline("wagate", "wa-melati", offline=offline)

    told = make(replace(WAGATE_QUOTA, path="/wagate/api/v1/device")).json()["data"]

    assert (told["id"], told["status"]) == (
        "wa-melati",
        "disconnected" if offline else "connected",
    )


def test_wagate_gives_files_to_its_customers_only(make: Make) -> None:
    call = replace(WAGATE_QUOTA, path="/wagate/api/v1/files/image")

    file, refused = make(call), make(call.with_headers(Authorization=None))

    assert file.headers["Content-Type"] == "image/png"
    assert file.content.startswith(b"\x89PNG")
    assert refused.status_code == 401


def test_wagate_s_module_fetches_the_file_that_a_webhook_names(simulator: Simulator) -> None:
    api_url = simulator.api_urls["wagate"]
    gateway = GATEWAYS["wagate"](
        [account_of("wagate", device="wa-melati", api_url=api_url, api_token=TOKENS["wagate"])]
    )
    reference = MediaReference(url=f"{api_url}/v1/files/image")
    reach = Reach(largest=10_000, api_url=api_url)

    file = Client().perform(gateway.fetch_media("wa-melati", reference), reach=reach)

    assert (file.mimetype, file.content) == sample("image")


def test_wagate_s_module_looks_at_the_device_and_its_quota(simulator: Simulator) -> None:
    simulator.quota.limit = 10
    simulator.set_offline("wagate", "wa-melati")
    api_url = simulator.api_urls["wagate"]
    gateway = GATEWAYS["wagate"](
        [account_of("wagate", device="wa-melati", api_url=api_url, api_token=TOKENS["wagate"])]
    )

    found = Client().perform(gateway.inspect("wa-melati"))

    assert [(each.ok, each.what) for each in found] == [
        (False, "the device is disconnected"),
        (True, "10 of 10 messages are left"),
    ]
