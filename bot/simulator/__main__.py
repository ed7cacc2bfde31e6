"""Run the simulator as a process: `python -m bot.simulator --port 9000`.

Tokens and secrets come from the same environment variables as the bot's, never from `.env`, so
that nothing meets the simulator that was not given to it.
"""

import argparse
import ipaddress
import os
import signal
import sys
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.config import ConfigError
from bot.gateway_settings import read_gateways, secret_variable
from bot.gateways import GATEWAYS
from bot.gateways.accounts import Account
from bot.simulator.customers import customers_in
from bot.simulator.server import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Serve until asked to stop; return the exit status."""
    options = _read_options(arguments)
    refusal = reason_to_refuse(os.environ) or _webhook_url_problem(options.webhook_url)
    if refusal:
        return _fail(refusal)
    try:
        accounts = _accounts(os.environ)
        customers = customers_in(os.environ)
    except ConfigError as error:
        return _fail(str(error))
    simulator = Simulator(
        customers,
        accounts=accounts,
        webhook_url=options.webhook_url,
        scale=options.scale,
        port=options.port,
        window=options.window,
        strict_rates=options.strict_rates,
    )
    try:
        simulator.start()
    except OSError as error:
        return _fail(f"port {options.port} is not free: {error.strerror}")
    signals: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: signals.append(number))
    urls = [f"{name.upper()}_API_URL={url}\n" for name, url in simulator.api_urls.items()]
    sys.stdout.writelines([f"the simulator is ready on {simulator.url}\n", *urls])
    sys.stdout.flush()
    while not signals:
        time.sleep(0.1)
    simulator.stop()
    return 0


def reason_to_refuse(environ: Mapping[str, str]) -> str:
    """Return why the simulator must not run in this environment, "" when it may."""
    if environ.get("DYNO"):
        return "the simulator does not run on a dyno"
    for gateway in GATEWAYS:
        variable = f"{gateway.upper()}_API_URL"
        if environ.get(variable) and not _is_local(environ[variable]):
            return f"{variable} is a real gateway's: the simulator does not run beside its secrets"
    return ""


def _webhook_url_problem(url: str) -> str:
    return "" if not url or _is_local(url) else "--webhook-url must be on this machine"


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _accounts(environ: Mapping[str, str]) -> dict[str, tuple[Account, ...]]:
    """Return the accounts whose secrets sign. A gateway with a token alone needs none."""
    names = [
        name
        for name in GATEWAYS
        if environ.get(secret_variable(name)) or environ.get(f"{name.upper()}_ACCOUNTS")
    ]
    prefixes = tuple(f"{name.upper()}_" for name in names)
    own = {name: value for name, value in environ.items() if name.startswith(prefixes)}
    return {name: gateway.accounts for name, gateway in read_gateways(own).items()}


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bot.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument(
        "--webhook-url", default="", help="base URL of the bot: post it statuses and echoes"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="shortens every wait")
    parser.add_argument(
        "--window",
        action="store_true",
        help="Meta takes only templates for who has not written within 24 hours",
    )
    parser.add_argument(
        "--strict-rates", action="store_true", help="Meta and Rijan refuse what comes too fast"
    )
    return parser.parse_args(arguments)


def _fail(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
