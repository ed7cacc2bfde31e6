"""Several devices and several secrets: who may speak for whom."""

import json
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from sqlalchemy import Engine

from bot.simulator.signers import SIGNERS, SignedWebhook
from tests.conftest import Valkey
from tests.web import Web, text_body, web_process

MELATI, MAWAR = "wa-melati-1700000001", "wa-mawar-1700000002"

ENVIRON = {
    "WAGATE_ACCOUNTS": json.dumps(
        [
            {"device": MELATI, "webhook_secret": "rahasia-melati"},
            {"device": MAWAR, "webhook_secret": "rahasia-mawar, rahasia-mawar-baru"},
        ]
    ),
    "META_ACCOUNTS": json.dumps(
        [
            {"device": "100200300400501", "app_secret": "rahasia-satu"},
            {"device": "100200300400502", "app_secret": "rahasia-dua"},
        ]
    ),
    "META_APP_SECRET": "rahasia-lama,rahasia-baru",
}


@pytest.fixture
def web(sqlite_engine: Engine, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(str(sqlite_engine.url), shared_valkey.url, ENVIRON) as running:
        yield running


def signed_for(web: Web, name: str, device: str, *, secret_of: str) -> SignedWebhook:
    """Return a message at `device`, signed with the secret of another."""
    return SIGNERS[name](web.account(name, secret_of), text_body(name, device=device))


@pytest.mark.parametrize("device", [MELATI, MAWAR])
def test_each_device_signs_with_its_own_secret(web: Web, device: str) -> None:
    answer = web.post(signed_for(web, "wagate", device, secret_of=device))

    assert answer.status_code == HTTPStatus.OK
    assert [event.device for event in web.events()] == [device]


@pytest.mark.parametrize(
    ("name", "device", "signer"),
    [
        ("wagate", MELATI, MAWAR),
        ("wagate", MAWAR, MELATI),
        ("meta", "100200300400501", "100200300400502"),
        ("meta", "100200300400501", "100200300400599"),
    ],
)
def test_refuses_an_event_signed_with_another_devices_secret(
    web: Web, name: str, device: str, signer: str
) -> None:
    answer = web.post(signed_for(web, name, device, secret_of=signer))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert not web.events()


def test_refuses_a_device_that_nobody_configured_where_each_has_a_secret(web: Web) -> None:
    answer = web.post(signed_for(web, "wagate", "wa-asing-1700000009", secret_of=MELATI))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_an_unsigned_header_routes_nothing(web: Web) -> None:
    webhook = signed_for(web, "wagate", MELATI, secret_of=MAWAR)
    headers = {**webhook.headers, "X-Device-Id": MELATI}

    answer = web.post(SignedWebhook(webhook.path, headers, webhook.body))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_keeps_a_device_that_nobody_names_with_the_account_for_all(web: Web) -> None:
    answer = web.post(signed_for(web, "meta", "100200300400599", secret_of=""))

    assert answer.status_code == HTTPStatus.OK
    assert [event.device for event in web.events()] == ["100200300400599"]


def test_one_foreign_event_refuses_the_whole_body(web: Web) -> None:
    own = json.loads(text_body("meta", device="100200300400501"))
    foreign = json.loads(text_body("meta", device="100200300400502"))
    own["entry"] += foreign["entry"]

    answer = web.post(
        SIGNERS["meta"](web.account("meta", "100200300400501"), json.dumps(own).encode())
    )

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert not web.events()


@pytest.mark.parametrize("secret", ["rahasia-lama", "rahasia-baru"])
def test_takes_the_old_and_the_new_secret_during_a_rotation(web: Web, secret: str) -> None:
    account = type(web.account("meta", "x")).model_validate({"app_secret": secret})

    answer = web.post(SIGNERS["meta"](account, text_body("meta", device="100200300400599")))

    assert answer.status_code == HTTPStatus.OK


def test_a_secret_of_a_list_is_not_the_list(web: Web) -> None:
    account = type(web.account("meta", "x")).model_validate(
        {"app_secret": ["rahasia-lama,rahasia-baru"]}
    )

    answer = web.post(SIGNERS["meta"](account, text_body("meta", device="100200300400599")))

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
