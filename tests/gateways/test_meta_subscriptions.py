"""The app's subscription to a business account, as a webhook."""

import json
from typing import Any

import pytest

from bot.gateways.base import HttpResponse, Webhook
from bot.gateways.errors import (
    NotAuthorised,
    NotSupported,
    Rejected,
    SendError,
    TransientError,
)
from tests.gateways.contract import answer
from tests.gateways.test_meta_management import (
    ACCOUNT,
    APP,
    DONE,
    FOREIGN,
    HOOK,
    OURS,
    URL,
    meta_of,
    refusal,
    told,
)


def test_subscribes_to_be_posted_to_our_url() -> None:
    result, (request,) = told(meta_of().register_webhook("", HOOK), DONE)

    assert result == Webhook(url=HOOK, active=True)
    assert (request.method, request.url) == ("POST", f"{URL}/{ACCOUNT}/subscribed_apps")
    assert json.loads(request.body) == {
        "override_callback_uri": HOOK,
        "verify_token": "kata-sandi",
    }


def test_subscribes_without_a_url_to_be_posted_to_the_dashboard_s() -> None:
    _, (request,) = told(meta_of(verify_token=None).register_webhook("", ""), DONE)

    assert json.loads(request.body) == {}


def test_lists_the_apps_that_are_subscribed() -> None:
    rows = {"data": [{**APP, "override_callback_uri": HOOK}, {}, 7, FOREIGN]}
    result, _ = told(meta_of().list_webhooks(""), answer(200, rows), OURS)

    assert result == [
        Webhook(id="67001", url=HOOK, active=True),
        Webhook(active=True, ours=None),
        Webhook(id="22001", active=True, ours=False),
    ]


def test_changes_the_url_of_the_subscription() -> None:
    result, _ = told(meta_of().update_webhook("", "67001", url=HOOK), DONE)

    assert result == Webhook(url=HOOK, active=True)


def test_ends_the_subscription() -> None:
    result, (request,) = told(meta_of().delete_webhook("", "67001"), DONE)

    assert result is None
    assert (request.method, request.is_safe) == ("DELETE", True)


@pytest.mark.parametrize(
    ("method", "arguments", "fields", "named"),
    [
        ("register_webhook", (HOOK,), {"business_account_id": ""}, "META_BUSINESS_ACCOUNT_ID"),
        ("list_webhooks", (), {"business_account_id": ""}, "META_BUSINESS_ACCOUNT_ID"),
        ("delete_webhook", ("1",), {"business_account_id": ""}, "META_BUSINESS_ACCOUNT_ID"),
        ("register_webhook", (HOOK,), {"verify_token": ""}, "META_VERIFY_TOKEN"),
        ("register_webhook", (HOOK, ("messages",)), {}, "dashboard"),
    ],
)
def test_says_what_is_missing_to_look_after_the_subscription(
    method: str, arguments: tuple[Any, ...], fields: dict[str, str], named: str
) -> None:
    with pytest.raises(NotSupported, match=named):
        next(getattr(meta_of(**fields), method)("", *arguments))


@pytest.mark.parametrize("changes", [{}, {"active": False}, {"url": HOOK, "events": ("messages",)}])
def test_changes_nothing_but_the_url(changes: dict[str, Any]) -> None:
    with pytest.raises(NotSupported):
        next(meta_of().update_webhook("", "67001", **changes))


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refusal(190), NotAuthorised),
        (refusal(100, error_subcode=33), NotAuthorised),
        (refusal(100), Rejected),
        (answer(503, b""), TransientError),
        (answer(200, {}), TransientError),
    ],
)
def test_says_why_a_subscription_is_refused(response: HttpResponse, error: type[SendError]) -> None:
    result, _ = told(meta_of().register_webhook("", HOOK), response)

    assert type(result) is error


def test_refuses_a_url_that_meta_would_refuse() -> None:
    result, requests = told(meta_of().register_webhook("", HOOK + "/" + "a" * 200))

    assert isinstance(result, Rejected)
    assert requests == []


def test_names_the_account_that_does_not_exist() -> None:
    result, _ = told(meta_of().list_webhooks(""), refusal(100, error_subcode=33))

    assert "META_BUSINESS_ACCOUNT_ID" in str(result)
