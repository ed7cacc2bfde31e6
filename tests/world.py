"""The internet as a test wants it: names lead where it says, and one peer answers everywhere."""

import socket
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from urllib3.util.connection import create_connection

from tests.peers import Peer

# An address that anybody could have.
PUBLIC = "93.184.216.34"

_look_up = socket.getaddrinfo


class World:
    """Name servers as a test wants them, and one peer behind every address."""

    def __init__(self, peer: Peer, names: Mapping[str, Sequence[str]]) -> None:
        self.port = int(peer.url.rpartition(":")[2])
        self.names = dict(names)
        self.unreachable: set[str] = set()
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def look_up(self, host: str, port: int, *arguments: Any, **options: Any) -> list[Any]:
        if _is_figures(host):
            return _look_up(host, port, *arguments, **options)
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        found = self.names[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]

    def connect(self, address: tuple[str, int], *rest: Any, **options: Any) -> socket.socket:
        assert _is_figures(address[0])
        self.connected.append(address)
        if address[0] in self.unreachable:
            raise OSError("no route")
        return create_connection(("127.0.0.1", self.port), *rest, **options)


def _is_figures(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def lead(monkeypatch: pytest.MonkeyPatch, to: Peer, **names: Sequence[str]) -> World:
    """Let `<name>.contoh.id` lead to addresses, and all addresses to a peer."""
    world = World(to, {f"{name}.contoh.id": found for name, found in names.items()})
    monkeypatch.setattr(socket, "getaddrinfo", world.look_up)
    monkeypatch.setattr("bot.addresses.create_connection", world.connect)
    return world
