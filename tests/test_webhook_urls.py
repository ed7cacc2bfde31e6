"""The URL of a webhook is put together, recognised, and shown without its secret."""

import pytest

from bot.webhook_urls import is_local, leads_here, masked, webhook_url
from tests.making import gateways
from tests.teluk import NAME, teluk

PUBLIC = "https://balas.example.com"


@pytest.mark.parametrize(
    ("gateway", "changes", "url"),
    [
        ("meta", {}, f"{PUBLIC}/webhook/meta"),
        ("wagate", {}, f"{PUBLIC}/webhook/wagate"),
        ("csku", {}, f"{PUBLIC}/webhook/csku"),
        ("rijan", {}, f"{PUBLIC}/webhook/rijan"),
        ("rijan", {"RIJAN_WEBHOOK_TOKEN": "a/b c"}, f"{PUBLIC}/webhook/rijan/a%2Fb%20c"),
        ("whatsgate", {}, f"{PUBLIC}/webhook/whatsgate/whatsgate-token"),
        (
            "whatsgate",
            {"WHATSGATE_WEBHOOK_TOKEN": "satu,dua"},
            f"{PUBLIC}/webhook/whatsgate/satu",
        ),
    ],
)
def test_each_gateway_has_its_url(gateway: str, changes: dict[str, str], url: str) -> None:
    found = gateways(**changes)[gateway]

    assert webhook_url(PUBLIC, found, found.accounts[0]) == url


def test_a_path_in_front_stays() -> None:
    [account] = (gateway := teluk()).accounts

    assert webhook_url(f"{PUBLIC}/bot/", gateway, account) == f"{PUBLIC}/bot/webhook/{NAME}"


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        (f"{PUBLIC}/webhook/csku", True),
        (f"{PUBLIC}/webhook/csku/", True),
        ("HTTPS://Balas.Example.com/webhook/csku", True),
        (f"{PUBLIC}/webhook/csku/lain", False),
        (f"{PUBLIC}/webhook/CSKU", False),
        ("https://balas.example.com.lain.example/webhook/csku", False),
        ("http://balas.example.com/webhook/csku", False),
        ("", False),
    ],
)
def test_recognises_what_leads_here(url: str, leads: bool) -> None:
    assert leads_here(url, f"{PUBLIC}/webhook/csku", teluk().accounts[0]) == leads


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"{PUBLIC}/webhook/csku", f"{PUBLIC}/webhook/csku"),
        (f"{PUBLIC}/webhook/csku/rahasia", f"{PUBLIC}/webhook/csku/…"),
        (f"{PUBLIC}/webhook/csku?token=rahasia", f"{PUBLIC}/webhook/csku?…"),
        ("https://a:rahasia@balas.example.com/webhook/csku", f"{PUBLIC}/webhook/csku"),
        ("https://lain.example/kait/rahasia", "https://lain.example/…"),
        ("https://lain.example/webhook/rahasia", "https://lain.example/…"),
        ("https://lain.example:8443/?rahasia", "https://lain.example:8443/…"),
        ("https://lain.example", "https://lain.example"),
        ("https://[::1/rahasia", "…"),
        ("https://lain.example:rahasia/", "…"),
        ("", "-"),
    ],
)
def test_shows_a_url_without_its_secret(url: str, shown: str) -> None:
    assert masked(url, f"{PUBLIC}/webhook/csku/rahasia") == shown


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("http://localhost", True),
        ("http://rijan.localhost", True),
        ("http://192.168.1.2", False),
        ("https://localhost.example.com", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_knows_what_is_on_this_machine(url: str, local: bool) -> None:
    assert is_local(url) == local
