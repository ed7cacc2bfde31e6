"""Send one "halo" through each simulated gateway and print the conversations."""

import random
import time
from collections.abc import Iterable, Iterator

import click
import requests

from bot.gateways.base import Gateway, JsonObject
from bot.simulator.compose import DEVICES
from bot.webhook_urls import NoPublicUrl, masked, webhook_url

START_SECONDS = 30.0
REPLY_SECONDS = 10.0
POLL_SECONDS = 0.01
TEXT = "halo"


def demonstrate(web_url: str, simulator_url: str) -> None:
    """Wait until the bot is ready, talk to it through every gateway, and say what comes next."""
    try:
        if not is_ready(web_url) or not is_ready(simulator_url, "/_simulator/health"):
            click.secho("Balas did not become ready: see the lines above.", fg="red", err=True)
            return
        _talk_to_all(simulator_url)
    except requests.RequestException:
        return  # everything is being stopped
    click.secho(f"\n✓ Balas runs on {web_url} with simulated gateways.", fg="green")
    click.echo("  In a second terminal, try:  make chat")
    click.echo("  Ctrl-C stops everything.")


def announce(web_url: str, public_url: str | None, gateways: Iterable[Gateway]) -> None:
    """Wait until the bot is ready for real gateways, and say where it takes their webhooks."""
    if not is_ready(web_url):
        click.secho("Balas did not become ready: see the lines above.", fg="red", err=True)
        return
    click.secho(f"✓ Balas runs on {web_url}. Ctrl-C stops it.", fg="green")
    for line in places(web_url, public_url, gateways):
        click.echo(f"  {line}")


def places(web_url: str, public_url: str | None, gateways: Iterable[Gateway]) -> Iterator[str]:
    """Yield where each account posts to, its token not shown; or what is in the way of that."""
    for gateway in gateways:
        for account in gateway.accounts:
            part = f"{gateway.name} {account.sends_from}".strip()
            here = f"{web_url}/webhook/{gateway.name}" + ("/…" if account.url_token else "")
            try:
                url = webhook_url(public_url, gateway, account)
            except NoPublicUrl as problem:
                yield f"{part}: webhooks at {here}, on this machine alone ({problem})"
            else:
                yield f"{part}: webhooks at {masked(url, url)}"


def is_ready(url: str, path: str = "/ready") -> bool:
    """Return whether a process answers within its time to start."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            if requests.get(url + path, timeout=2).ok:
                return True
        except requests.RequestException:
            pass
        time.sleep(0.1)
    return False


def _talk_to_all(simulator_url: str) -> None:
    # A new customer each time: the cooldowns of an earlier run would keep this one waiting.
    sender = f"62812{random.randrange(10**8):08}"  # noqa: S311 - nobody has to guess it
    end = time.monotonic() + REPLY_SECONDS
    silent = [name for name in DEVICES if not _talk(simulator_url, name, sender, end)]
    if silent:
        click.secho(f'\nno reply to "{TEXT}" through {", ".join(silent)}', fg="yellow", err=True)
        click.echo(f"  `flask rules explain {TEXT}` tells what the rules say to it", err=True)


def _talk(simulator_url: str, gateway: str, sender: str, end: float) -> bool:
    seen = len(_sent(simulator_url, 0))
    started = time.monotonic()
    requests.post(
        simulator_url + "/_simulator/webhooks",
        json={"gateway": gateway, "text": TEXT, "sender": sender, "name": "Ani"},
        timeout=REPLY_SECONDS,
    ).raise_for_status()
    while True:
        replies = [sent for sent in _sent(simulator_url, seen) if sent["gateway"] == gateway]
        if replies:
            took = (time.monotonic() - started) * 1000
            click.echo(f"\n{click.style(gateway, bold=True)}  ({took:.0f} ms)")
            click.echo(f"  Ani:   {TEXT}")
            lines = [*str(replies[0]["text"]).splitlines(), *_choices(replies[0])]
            click.echo("  Balas: " + "\n         ".join(lines))
            return True
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)


def _choices(sent: JsonObject) -> Iterator[str]:
    """Yield the buttons or rows of a message at Meta, as `flask chat` shows them."""
    action = sent["details"].get("action", {})
    buttons = [button["reply"] for button in action.get("buttons", ())]
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    for number, choice in enumerate([*buttons, *rows], start=1):
        yield f"[{number}] {choice['title']}"


def _sent(simulator_url: str, since: int) -> list[JsonObject]:
    answer = requests.get(
        simulator_url + "/_simulator/sent", params={"since": since}, timeout=REPLY_SECONDS
    )
    found: list[JsonObject] = answer.json()
    return found
