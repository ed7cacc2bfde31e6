"""What else CSKU is asked and told: people, files, channels, versions."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.events import MediaReference, MessageReceived
from bot.gateways.base import FetchedMedia, Finding, HttpResponse, WebhookRequest
from bot.gateways.csku import Account, Csku
from bot.gateways.errors import (
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    SendError,
    TransientError,
)
from bot.simulator.compose import compose
from tests.gateways.contract import account_of, answer, drive
from tests.making import NOW

DEVICE = "kanal_kopi"
DONE = answer(200, {"status": 1, "message": "Sukses"})


def csku(**fields: Any) -> Csku:
    settings = {"api_key": "kunci-api", "business_id": "bisnis_kopi", "send_path": "/v1/kirim"}
    return Csku([account_of("csku", "rahasia", **{**settings, **fields})])


def call_human(response: HttpResponse, **fields: Any) -> Any:
    return drive(csku(**fields).call_human(DEVICE, "percakapan_88"), [response])


def test_tells_its_people_that_a_conversation_needs_one_of_them() -> None:
    result, (request,) = call_human(DONE, send_path="")

    assert result is None
    assert (request.method, request.url) == (
        "POST",
        "https://api.csku.ai/v1/conversation/need-human",
    )
    assert json.loads(request.body) == {"conversation_id": "percakapan_88"}
    assert (request.headers["Business"], request.headers["Secret"]) == ("bisnis_kopi", "kunci-api")


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(200, {"status": 0, "rc": 404, "error_msg": "tidak ada"}), Rejected),
        (answer(429, {"status": 0, "rc": 429}), RateLimited),
        (answer(401, {"status": 0, "rc": 401}), NotAuthorised),
        (answer(200, b"OK"), OutcomeUnknown),
    ],
)
def test_says_why_nobody_was_called(response: HttpResponse, error: type[SendError]) -> None:
    result, _ = call_human(response)

    assert type(result) is error


def fetch(url: str | None, *, hosts: str, response: HttpResponse | None = None) -> Any:
    reference = MediaReference(url=url, filename="a.jpg")
    exchange = csku(media_hosts=hosts).fetch_media(DEVICE, reference)
    return drive(exchange, [response or answer(200, b"\xff\xd8\xff", content_type="image/jpeg")])


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://berkas.csku.example/a.jpg", "berkas.csku.example"),
        ("https://BERKAS.csku.example/a.jpg", "lain.example, https://Berkas.csku.example/x"),
        ("https://a.b.csku.example/a.jpg", ".csku.example"),
    ],
)
def test_fetches_a_file_from_a_host_that_the_account_names(url: str, hosts: str) -> None:
    file, (request,) = fetch(url, hosts=hosts)

    assert file == FetchedMedia(content=b"\xff\xd8\xff", mimetype="image/jpeg", filename="a.jpg")
    assert (request.url, request.media) == (url, True)
    assert not request.headers


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://berkas.csku.example/a.jpg", ""),
        ("https://api.csku.ai/a.jpg", ""),
        ("https://csku.example/a.jpg", ".csku.example"),
        ("https://jahatcsku.example/a.jpg", "csku.example"),
        ("https://csku.example@jahat.example/a.jpg", "csku.example"),
        ("https://[", "csku.example"),
    ],
)
def test_names_the_setting_without_which_it_fetches_nothing(url: str, hosts: str) -> None:
    with pytest.raises(NotSupported, match="CSKU_MEDIA_HOSTS"):
        fetch(url, hosts=hosts)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(404, b""), Rejected),
        (answer(200, b""), Rejected),
        (answer(403, b""), NotAuthorised),
        (answer(302, b""), TransientError),
        (answer(500, b""), TransientError),
        (answer(429, b""), RateLimited),
    ],
)
def test_says_why_a_file_cannot_be_had(response: HttpResponse, error: type[SendError]) -> None:
    result, _ = fetch("https://a.example/1", hosts="a.example", response=response)

    assert type(result) is error


def received(engine: str | None) -> MessageReceived:
    (event,) = csku().parse(WebhookRequest(body=compose("csku", "text", now=NOW)))
    assert isinstance(event, MessageReceived)
    assert event.details["engine"] == "wa"
    return replace(event, details={"engine": engine} if engine else {})


@pytest.mark.parametrize(
    ("engines", "engine", "is_answered"),
    [
        ("", "wa", True),
        ("", "WA", True),
        ("", None, True),
        ("", "telegram", False),
        ("wa, Instagram", "instagram", True),
        ("wa, Instagram", "telegram", False),
        ("telegram", "wa", False),
    ],
)
def test_answers_the_channels_that_the_account_names(
    engines: str, engine: str | None, *, is_answered: bool
) -> None:
    gateway = csku(**({"engines": engines} if engines else {}))

    assert (gateway.not_answered(received(engine)) is None) is is_answered


def look(response: HttpResponse) -> Finding:
    result, (request,) = drive(csku().inspect(DEVICE), [response])
    assert request.url == "https://api.csku.ai/version"
    assert isinstance(result, list)
    (finding,) = result
    return finding


@pytest.mark.parametrize(
    ("response", "ok", "what", "advice"),
    [
        (answer(200, {"status": 1, "data": {"version": "v1.3"}}), True, "v1.3", ""),
        (answer(200, {"status": 1, "data": "v1.4"}), True, "v1.4", ""),
        (answer(200, {"status": 1}), True, "unknown", ""),
        (answer(401, {"status": 0, "rc": 401}), False, "credentials", "CSKU_API_KEY"),
        (answer(502, b"<html>"), False, "502", "CSKU_API_URL"),
        (answer(200, b"<html>"), False, "does not answer", "CSKU_API_URL"),
    ],
)
def test_finds_out_whether_the_credentials_are_known(
    response: HttpResponse, what: str, advice: str, *, ok: bool
) -> None:
    finding = look(response)

    assert finding.ok is ok
    assert what in finding.what
    assert advice in finding.advice


def test_an_account_reads_its_settings_from_an_entry_of_a_list() -> None:
    account = account_of("csku", "rahasia", engines=["wa", "waba"], media_hosts=["a.example"])

    assert isinstance(account, Account)
    assert (account.engines, account.media_hosts) == (("wa", "waba"), ("a.example",))
