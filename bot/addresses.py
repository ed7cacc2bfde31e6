"""Which addresses files may be fetched from, and connections that keep to that.

What a webhook or a link names may lead anywhere: into our own network, to a cloud's metadata, to
whoever collects tokens. A host that our gateway's API lives on is trusted, because the operator
wrote it down. Any other must be named by the gateway, and is connected to only at an address that
the whole world can reach. That is looked at when the connection is made, at the very address that
it is made to: a name may lead elsewhere a moment later.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from bot.deadlines import PlainConnection, TlsConnection, WatchedAdapter

# So strict that no two parsers can disagree on where the host ends.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?([/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_PORTS = {"http": 80, "https": 443}
# Names that only a network of one's own knows.
_HOME = ("localhost", "local", "internal", "lan", "arpa")
_LAST_IS_NUMBER = re.compile(r"(.*\.)?(\d+|0x[0-9a-f]*)")

# The part of IPv6 in which the world's addresses lie. Outside it, and in the blocks below, are
# those that carry an IPv4 address, which a router may turn into a private one.
WORLD = ipaddress.ip_network("2000::/3")
NOT_THE_WORLD = tuple(
    ipaddress.ip_network(block)
    for block in (
        "2001::/23",  # Teredo and other protocols' own
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
        "192.0.0.0/24",  # protocols' own, Oracle's metadata among them
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's own services, whose address looks public
    )
)


class NotAllowed(ValueError):
    """Nothing may be fetched from this address. The text names no more than the reason."""


class Way(StrEnum):
    """How an address may be connected to."""

    TRUSTED = "trusted"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an exchange may fetch from: the API's own origin, hosts of the gateway's, or anybody.

    `hosts` are asked over https only; a name that begins with a dot stands for every host below
    it. `largest` is how many bytes a file may have.
    """

    largest: int
    api_url: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    anywhere: bool = False

    def way(self, url: str) -> Way:
        """Return how a file may be fetched from a URL. Raises NotAllowed."""
        scheme, host, port = _parts(url)
        if self.api_url and (scheme, host, port) == _parts(self.api_url):
            return Way.TRUSTED
        if not self.anywhere:
            self._check_host(scheme, host, port)
        check_name(host)
        return Way.PUBLIC

    def _check_host(self, scheme: str, host: str, port: int) -> None:
        if not any(_is_named(host, name.lower()) for name in self.hosts):
            raise NotAllowed("the file lies on a host that is none of the gateway's")
        if scheme != "https" or port != _PORTS["https"]:
            raise NotAllowed("a file is fetched from the gateway's hosts over https only")


def check_name(host: str) -> None:
    """Refuse what shows without a look-up that it is nobody's public name. Raises NotAllowed.

    Behind a proxy, which looks names up by itself, this is all that can be known.
    """
    literal = _literal(host)
    name = host.rstrip(".")
    is_home = "." not in name or name.rpartition(".")[2] in _HOME
    if literal is None and (is_home or _LAST_IS_NUMBER.fullmatch(name)):
        raise NotAllowed("the file lies on a host without a public name")
    if literal is not None and not is_public(literal):
        raise NotAllowed("the file lies at an address that is not public")


def is_public(address: str) -> bool:
    """Return whether an IP address is one that the whole world can reach."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found not in WORLD:
        return False
    is_odd = found.is_multicast or found.is_reserved or found.is_unspecified
    return found.is_global and not is_odd and not any(found in block for block in NOT_THE_WORLD)


class NotPublic(NewConnectionError):
    """A name leads to an address that is not public."""


class PublicAdapter(WatchedAdapter):
    """Makes connections to public addresses only.

    A proxy is connected to wherever it is, and looks names up by itself.
    """

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Prepare the pools of direct connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _PublicHttp(PlainConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _PublicHttps(TlsConnection):
    def _new_conn(self) -> socket.socket:
        return _connect(self)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _PublicHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHttps


def _connect(connection: HTTPConnection) -> socket.socket:
    """Connect to the first address that answers, if all that the name leads to are public."""
    host, port = connection.host.strip("[]"), int(connection.port or 0)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(is_public(address) for address in addresses):
        raise NotPublic(connection, "the name leads to an address that is not public")
    failure: OSError = OSError("the name leads nowhere")
    for address in addresses:
        try:
            # An address in figures is not looked up again.
            return create_connection(
                (address, port), connection.timeout, socket_options=connection.socket_options
            )
        except OSError as error:
            failure = error
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "the connection timed out") from failure
    raise NewConnectionError(connection, "no connection") from failure


def _parts(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL. Raises NotAllowed for one that is odd in any way."""
    match = _URL.fullmatch(url)
    if match is None:
        raise NotAllowed("the file has no plain https:// or http:// address")
    scheme = match["scheme"].lower()
    return scheme, match["host"].lower(), int(match["port"] or _PORTS[scheme])


def _is_named(host: str, name: str) -> bool:
    return host.endswith(name) and len(host) > len(name) if name.startswith(".") else host == name


def _literal(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return None
