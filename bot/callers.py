"""Who may post webhooks: the addresses that ALLOWED_IPS and <GATEWAY>_ALLOWED_IPS name.

Behind a proxy the connection is the proxy's, and the caller stands in X-Forwarded-For. Every proxy
adds the address that it was called from at the right end, so only that many entries from the right
are to be believed as there are proxies of one's own: whatever stands further left, anybody wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Annotated

from pydantic import BeforeValidator

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# An IPv4 address inside IPv6 (::ffff:192.0.2.1), as a socket that serves both kinds tells it.
MAPPED_BITS = 96


class NotAllowed(Exception):
    """A webhook came from an address that may not post."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Which networks may post to one gateway by its name, to all others by "". None: everybody."""

    networks: Mapping[str, tuple[Network, ...]] = field(default_factory=dict)
    proxies: int = 0

    def admit(self, gateway: str | None, *, peer: str | None, forwarded: str) -> None:
        """Raise NotAllowed for who may not post to a gateway; None: not known yet which one.

        `peer` is the address of the connection, `forwarded` the whole X-Forwarded-For.
        """
        networks = self.networks.get(gateway or "") or self.networks.get("")
        if not networks:
            return
        address = self._caller(peer or "", forwarded)
        if not any(address in network for network in networks):
            raise NotAllowed(f"{address} is not among the addresses that may post here")

    def _caller(self, peer: str, forwarded: str) -> Address:
        if not self.proxies:
            return _address(peer, "the connection has no address")
        entries = forwarded.split(",")
        if len(entries) < self.proxies:
            raise NotAllowed("X-Forwarded-For has fewer entries than there are trusted proxies")
        entry = entries[-self.proxies].strip()
        return _address(entry, "X-Forwarded-For has no address where the trusted proxy writes it")


def _address(text: str, problem: str) -> Address:
    try:
        address = ip_address(text)
    except ValueError:
        raise NotAllowed(problem) from None
    return getattr(address, "ipv4_mapped", None) or address


def _networks(text: object) -> object:
    """Read addresses and networks with commas between them. Raises ValueError."""
    if not isinstance(text, str):
        return text
    networks = tuple(_network(part.strip()) for part in text.split(",") if part.strip())
    if not networks:
        # An empty list would let everybody in.
        raise ValueError("it names no address")
    return networks


def _network(text: str) -> Network:
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.prefixlen >= MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - MAPPED_BITS))
    return network


Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks)]
