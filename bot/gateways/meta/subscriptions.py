"""The app's subscription to the business account, without which Meta posts nothing.

A subscription may lead elsewhere than to the URL in the app's dashboard; which fields are posted
is chosen in the dashboard alone. Other apps may be subscribed as well, Meta's own for tests among
them, and each is posted to for itself.
https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
"""

from typing import Annotated

from pydantic import Field

from bot.gateways.base import Exchange, HttpResponse, JsonObject, Webhook
from bot.gateways.errors import NotSupported, PermanentError, Rejected, TransientError
from bot.gateways.meta.errors import REFUSALS, Refusal
from bot.gateways.meta.graph import Graph, read_safe
from bot.gateways.reading import OBJECTS, Payload, Text

EDGE = "subscribed_apps"
# The app that a token was made for: https://developers.facebook.com/docs/graph-api/reference/application/
OUR_APP = "app"
LONGEST_URL = 200
UNKNOWN_ACCOUNT = Refusal(
    REFUSALS[33].error, "META_BUSINESS_ACCOUNT_ID names no account of this token"
)


class App(Payload):
    """An app as Meta names it."""

    id: Text = None
    name: Text = None


class Subscription(Payload):
    """An app's subscription to an account."""

    app: App = Field(App(), alias="whatsapp_business_api_data")
    override_callback_uri: Text = None

    def is_of(self, app: str | None) -> bool | None:
        """Return whether it is the subscription of an app, None where that cannot be told."""
        return self.app.id == app if self.app.id and app else None


class Subscriptions(Payload):
    """All of them."""

    data: Annotated[tuple[Subscription, ...], OBJECTS] = ()


def subscriptions(graph: Graph) -> Exchange[tuple[Subscription, ...]]:
    """Ask which apps are subscribed."""
    response = yield graph.get(_account(graph), EDGE)
    told = read_safe(response, missing=UNKNOWN_ACCOUNT)
    return Subscriptions.model_validate(told).data


def our_app(graph: Graph) -> Exchange[str | None]:
    """Ask which app our token belongs to, None where Meta does not say."""
    response = yield graph.get(OUR_APP, fields="id")
    try:
        return App.model_validate(read_safe(response)).id
    except PermanentError:
        return None


def subscribe(graph: Graph, url: str) -> Exchange[Webhook]:
    """Subscribe our app, to be posted to `url`, or to the dashboard's URL where it is empty."""
    body = _override(graph, url) if url else {}
    response = yield graph.post(_account(graph), EDGE, body=body, is_safe=True)
    _succeed(response)
    return Webhook(url=url, active=True)


def unsubscribe(graph: Graph) -> Exchange[None]:
    """End our app's subscription."""
    response = yield graph.delete(_account(graph), EDGE)
    _succeed(response)


def webhooks(graph: Graph) -> Exchange[list[Webhook]]:
    """Return the subscriptions as webhooks; one without a URL leads to its app's own."""
    rows = yield from subscriptions(graph)
    app = (yield from our_app(graph)) if rows else None
    return [
        Webhook(
            id=row.app.id or "",
            url=row.override_callback_uri or "",
            active=True,
            ours=row.is_of(app),
        )
        for row in rows
    ]


def _override(graph: Graph, url: str) -> JsonObject:
    token = graph.account.verify_token
    if token is None or not token.get_secret_value():
        raise NotSupported("set META_VERIFY_TOKEN: Meta asks for it before it posts to a URL")
    if len(url) > LONGEST_URL:
        raise Rejected(f"the URL has {len(url)} characters; Meta takes up to {LONGEST_URL}")
    return {"override_callback_uri": url, "verify_token": token.get_secret_value()}


def _account(graph: Graph) -> str:
    account = graph.account.business_account_id
    if not account:
        raise NotSupported("set META_BUSINESS_ACCOUNT_ID to look after the app's subscription")
    return account


def _succeed(response: HttpResponse) -> None:
    if read_safe(response, missing=UNKNOWN_ACCOUNT).get("success") is not True:
        raise TransientError(f"status {response.status} without success")
