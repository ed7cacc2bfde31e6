"""Post to addresses of the user's own.

Unlike a file that a gateway names, such an address may lie inside the user's own network: whoever
sets it runs the service there.
"""

from bot.client import Client
from bot.gateways.base import Exchange, HttpRequest, HttpResponse
from bot.gateways.errors import Rejected, SendError, TransientError
from bot.gateways.reading import read_retry_after

BUSY = frozenset({408, 425, 429})


def post(
    client: Client, request: HttpRequest, *, name: str, seconds: float | None = None
) -> HttpResponse:
    """Return a response that is good. Raises a SendError, which calls the address `name`.

    An address may hold a secret, so it stands in no error.
    """
    try:
        return client.perform(_posting(request, name), seconds=seconds)
    except SendError as error:
        # The client knows of gateways only.
        for words in ("the API URL of the gateway", "the gateway"):
            error.reason = error.reason.replace(words, "the address")
        raise


def _posting(request: HttpRequest, name: str) -> Exchange[HttpResponse]:
    response: HttpResponse = yield request
    if 200 <= response.status < 300:
        return response
    if response.status in BUSY or response.status >= 500:
        wait = read_retry_after(response.headers)
        raise TransientError(f"{name} answers {response.status}", retry_after=wait)
    raise Rejected(f"{name} answers {response.status}")
