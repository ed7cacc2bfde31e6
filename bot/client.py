"""Performs the HTTP exchanges of gateways: the only place from which HTTP leaves.

What matters is to know whether a request may have reached the gateway. A refused connection never
did (`Unreachable`: try again); a break after that may have (`OutcomeUnknown`). requests raises the
same class for both, so urllib3's reason underneath is what counts.

Files (`HttpRequest.media`) come from addresses that others name. They are fetched only where the
`Reach` of the exchange allows it, see bot.addresses.
"""

import ssl
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar

import requests
from requests.exceptions import (
    ConnectTimeout,
    InvalidHeader,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    RequestException,
)
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
)

from bot.addresses import NotAllowed, NotPublic, PublicAdapter, Reach, Way
from bot.deadlines import Deadlines, WatchedAdapter
from bot.gateways.base import Exchange, HttpRequest, HttpResponse
from bot.gateways.capabilities import MIB
from bot.gateways.errors import OutcomeUnknown, Rejected, SendError, TransientError, Unreachable
from bot.gateways.exchange import LARGEST_RESPONSE

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
# Some gateways get a file from the phone before they answer.
MEDIA_READ_SECONDS = 45.0
TOTAL_SECONDS = 15.0
# A gateway closes idle connections when it likes; a request on a closed one has an unknown outcome.
IDLE_SECONDS = 4.0
CHUNK = 64 * 1024
# A file inside JSON is base64, which is longer by a third, with some words around it.
JSON_EXTRA = 64 * 1024
# What TLS refuses before the request is written.
HANDSHAKE_REASONS = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "HTTP_REQUEST",
        "NO_PROTOCOLS_AVAILABLE",
        "PACKET_LENGTH_TOO_LONG",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)

T = TypeVar("T")


class Client:
    """Keep-alive sessions, one for each thread and way. `proxy` is the only way to set a proxy."""

    def __init__(self, *, proxy: str | None = None) -> None:
        self._proxy = proxy
        self._kept = _Kept()
        self._deadlines = Deadlines()

    def perform(
        self, exchange: Exchange[T], *, seconds: float | None = None, reach: Reach | None = None
    ) -> T:
        """Run an exchange to its end. Raises SendError, or whatever the exchange raises.

        `seconds` is how long all of it may take, `reach` what it may fetch files from.
        """
        try:
            request = next(exchange)
            with self._deadlines.within(seconds or TOTAL_SECONDS) as watch:
                while True:
                    response = self._request(request, reach)
                    if watch.is_over:
                        self._drop_sessions()
                        raise _broken(request, "the exchange takes too long")
                    request = exchange.send(response)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            exchange.close()

    def _request(self, request: HttpRequest, reach: Reach | None) -> HttpResponse:
        way = _way(request, reach)
        patience = max(request.patience, MEDIA_READ_SECONDS if request.media else READ_SECONDS)
        try:
            with self._session(way).request(
                request.method,
                request.url,
                data=request.body or None,
                headers=dict(request.headers),
                timeout=(CONNECT_SECONDS, patience),
                # A redirected POST comes back as a GET, whose 200 looks like success.
                allow_redirects=False,
                stream=True,
            ) as response:
                if request.media and 300 <= response.status_code < 400:
                    raise Rejected("a redirect stands in place of the file, and is not followed")
                return HttpResponse(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=_read(request, response, reach),
                )
        except RequestException as error:
            self._drop_sessions()
            raise _judge(request, error) from None
        except UnicodeError:
            self._drop_sessions()
            raise Rejected("a header or the API URL holds signs that cannot be sent") from None
        except HTTPError as error:
            self._drop_sessions()
            raise _broken(request, f"the response broke off ({type(error).__name__})") from None

    def _session(self, way: Way) -> requests.Session:
        kept = self._kept.sessions[way]
        if kept.session is None or time.monotonic() - kept.used_at > IDLE_SECONDS:
            if kept.session is not None:
                kept.session.close()
            kept.session = self._new_session(way)
        kept.used_at = time.monotonic()
        return kept.session

    def _new_session(self, way: Way) -> requests.Session:
        session = _Session()
        # What a gateway sets for one account must not come with another account's token.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.trust_env = False  # a .netrc entry would replace our Authorization header
        session.headers["User-Agent"] = "balas"
        session.headers["Accept-Encoding"] = "identity"
        adapter_type = PublicAdapter if way is Way.PUBLIC else WatchedAdapter
        adapter = adapter_type(pool_connections=4, pool_maxsize=1, max_retries=0)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        if self._proxy:
            session.proxies = {"http": self._proxy, "https": self._proxy}
        return session

    def _drop_sessions(self) -> None:
        for kept in self._kept.sessions.values():
            if kept.session is not None:
                kept.session.close()
        self._kept.sessions.clear()


@dataclass(slots=True)
class _KeptSession:
    session: requests.Session | None = None
    used_at: float = 0.0


class _Kept(threading.local):
    """The sessions of one thread."""

    def __init__(self) -> None:
        self.sessions: defaultdict[Way, _KeptSession] = defaultdict(_KeptSession)


class _Session(requests.Session):
    """A session that follows no redirect and does not look at one: it would read its whole body."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002 - requests' name
        return None


def _way(request: HttpRequest, reach: Reach | None) -> Way:
    """Return how to connect. Raises Rejected where no file may be fetched from."""
    if not request.media:
        return Way.TRUSTED
    if reach is None:
        raise Rejected("no file may be fetched here")
    try:
        return reach.way(request.url)
    except NotAllowed as error:
        raise Rejected(str(error)) from None


def _read(request: HttpRequest, response: requests.Response, reach: Reach | None) -> bytes:
    largest, excess = LARGEST_RESPONSE, _broken(request, "the response is too large")
    if request.media and reach is not None and response.ok:
        largest = _largest(response, reach)
        excess = Rejected(f"the file is larger than {reach.largest // MIB} MB")
        if _announced(response) > largest:
            raise excess
    body = bytearray()
    # Not iter_content, which waits for a whole chunk however slowly it drips.
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > largest:
            raise excess
    return bytes(body)


def _largest(response: requests.Response, reach: Reach) -> int:
    is_json = "json" in response.headers.get("Content-Type", "").lower()
    return reach.largest * 4 // 3 + JSON_EXTRA if is_json else reach.largest


def _announced(response: requests.Response) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length) if len(length) < 20 and length.isascii() and length.isdigit() else 0


def _broken(request: HttpRequest, what: str) -> SendError:
    """Return what a break after the request may have left means."""
    if request.is_safe or request.method == "GET":
        return TransientError(what)
    return OutcomeUnknown(what)


def _judge(request: HttpRequest, error: RequestException) -> SendError:
    if isinstance(error, MissingSchema | InvalidSchema | InvalidURL):
        where = "the address of the file" if request.media else "the API URL of the gateway"
        return Rejected(f"{where} is not usable")
    if isinstance(error, InvalidHeader):
        return Rejected("a header holds signs that cannot be sent: look at the token")
    if isinstance(_cause(error), NotPublic):
        return Rejected("the host leads to an address that is not public")
    if isinstance(error, ConnectTimeout) or _never_connected(error):
        where = "the host of the file" if request.media else "the gateway"
        return Unreachable(f"no connection to {where} ({_name(error)})")
    what = f"the connection broke after the request may have left ({_name(error)})"
    return _broken(request, what)


def _cause(error: RequestException) -> object:
    cause: object = error.args[0] if error.args else None
    return cause.reason if isinstance(cause, MaxRetryError) else cause


def _never_connected(error: RequestException) -> bool:
    cause = _cause(error)
    original = getattr(cause, "original_error", None)  # what a ProxyError hides
    never = (NewConnectionError, ConnectTimeoutError, NameResolutionError)
    if isinstance(cause, never) or isinstance(original, never):
        return True
    return any(
        isinstance(part, ssl.SSLError) and part.reason in HANDSHAKE_REASONS
        for part in getattr(cause, "args", ())
    )


def _name(error: RequestException) -> str:
    cause = _cause(error)
    return type(cause if isinstance(cause, Exception) else error).__name__
