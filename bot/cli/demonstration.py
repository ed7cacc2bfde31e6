"""Send one "halo" through each simulated gateway and print the conversations."""

import time

import click
import requests

from bot.simulator.compose import gateways

START_SECONDS = 30.0
REPLY_SECONDS = 15.0
POLL_SECONDS = 0.01
# Not the customer of `flask chat`, whom the cooldowns would then keep waiting.
CUSTOMER = {"sender": "6281200000042", "name": "Ani"}


def demonstrate(web_url: str, simulator_url: str) -> None:
    """Wait until the bot is ready, talk to it through every gateway, and say what comes next."""
    if not _is_ready(web_url) or not _is_ready(simulator_url, "/_simulator/health"):
        click.secho("Balas did not become ready: see the lines above.", fg="red", err=True)
        return
    answered = sum(_talk(simulator_url, name) for name in gateways())
    click.echo()
    if answered == len(gateways()):
        click.secho(f"✓ Balas runs on {web_url} with {answered} simulated gateways.", fg="green")
    else:
        click.secho(f"{answered} of {len(gateways())} simulated gateways were answered.", fg="red")
    click.echo("  In a second terminal, try:  make chat")
    click.echo("  Ctrl-C stops everything.")


def _is_ready(url: str, path: str = "/ready") -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            if requests.get(url + path, timeout=2).ok:
                return True
        except requests.RequestException:
            pass
        time.sleep(0.1)
    return False


def _talk(simulator_url: str, gateway: str) -> bool:
    text = "halo"
    seen = len(_sent(simulator_url, 0))
    started = time.monotonic()
    requests.post(
        simulator_url + "/_simulator/webhooks",
        json={"gateway": gateway, "case": "text", "text": text, **CUSTOMER},
        timeout=REPLY_SECONDS,
    ).raise_for_status()
    while time.monotonic() < started + REPLY_SECONDS:
        replies = [sent for sent in _sent(simulator_url, seen) if sent["gateway"] == gateway]
        if replies:
            took = (time.monotonic() - started) * 1000
            click.echo(f"\n{click.style(gateway, bold=True)}  ({took:.0f} ms)")
            click.echo(f"  Ani:   {text}")
            click.echo("  Balas: " + replies[0]["text"].replace("\n", "\n         "))
            return True
        time.sleep(POLL_SECONDS)
    click.secho(f"\n{gateway}: no reply within {REPLY_SECONDS:.0f} s", fg="red", err=True)
    return False


def _sent(simulator_url: str, since: int) -> list[dict[str, str]]:
    answer = requests.get(
        simulator_url + "/_simulator/sent", params={"since": since}, timeout=REPLY_SECONDS
    )
    found: list[dict[str, str]] = answer.json()
    return found
