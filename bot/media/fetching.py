"""Fetch files over HTTP: what a gateway has for us, and what a link of ours leads to."""

from bot.addresses import Reach
from bot.client import Client
from bot.events import MediaReference
from bot.gateways.base import Exchange, FetchedMedia, Gateway, HttpRequest
from bot.gateways.errors import Rejected, TransientError

# What a gateway may take to get a file from a phone and hand it over.
GATEWAY_SECONDS = 120.0
LINK_SECONDS = 30.0
LATER = frozenset({408, 425, 429})


def fetch_from_gateway(
    client: Client, gateway: Gateway, device: str, reference: MediaReference, *, largest: int
) -> FetchedMedia:
    """Fetch the file of a message. Raises a GatewayError."""
    account = gateway.account(device)
    reach = Reach(
        largest=largest,
        api_url=getattr(account, "api_url", ""),
        hosts=gateway.media_hosts(device),
    )
    exchange = gateway.fetch_media(device, reference)
    return client.perform(exchange, seconds=GATEWAY_SECONDS, reach=reach)


def fetch_link(client: Client, link: str, *, largest: int) -> bytes:
    """Fetch a file that anybody may read, from anywhere in the world. Raises a SendError."""
    reach = Reach(largest=largest, anywhere=True)
    return client.perform(_get(link), seconds=LINK_SECONDS, reach=reach)


def _get(link: str) -> Exchange[bytes]:
    response = yield HttpRequest(method="GET", url=link, is_safe=True, media=True)
    if response.status == 200:
        return response.body
    if response.status in LATER or response.status >= 500:
        raise TransientError(f"the host of the link answers {response.status}")
    raise Rejected(f"the link leads to no file: its host answers {response.status}")
