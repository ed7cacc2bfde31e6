"""Be a customer: compose a webhook as a gateway would post it now, and sign it.

Against a `make run` with simulated gateways the simulator signs, which alone knows the secrets.
Against a configured gateway we sign with its real secret, and only if asked to.
"""

import base64
from datetime import UTC, datetime

import click
import requests

from bot import local_run
from bot.cli.common import runtime
from bot.local_run import LocalRun
from bot.simulator.compose import compose
from bot.simulator.signers import SIGNERS, SignedWebhook

TIMEOUT_SECONDS = 15.0


def current_run() -> LocalRun | None:
    """Return the `make run` that uses our data folder, if there is one."""
    return local_run.read(runtime().settings.data_dir)


def web_url() -> str:
    """Return where the web process of this machine listens."""
    run = current_run()
    return run.web_url if run else f"http://127.0.0.1:{runtime().settings.port}"


def simulator_url(gateway: str) -> str:
    """Return the address of the simulator that plays a gateway, or explain how to get one."""
    run = current_run()
    if run is None or run.simulator_url is None:
        raise click.ClickException(
            f"{gateway} is not configured here, and no simulated gateway runs: "
            "start `make run` without a configured gateway, or set up a real one"
        )
    return run.simulator_url


def signed(
    gateway: str, case: str, *, real: bool, sender: str, name: str, text: str, button: str = "pesan"
) -> SignedWebhook:
    """Return a webhook of a sample case, stamped now, with a fresh id. Raises ClickException."""
    configured = runtime().gateways.get(gateway)
    if configured is not None:
        if not real:
            raise click.ClickException(
                f"{gateway} is configured: a reply would go out through the real gateway; "
                "add --real if you want that"
            )
        account = configured.accounts[-1]
        body = compose(
            gateway,
            case,
            now=datetime.now(UTC),
            device=account.sends_from,
            sender=sender,
            name=name,
            text=text,
            button=button,
        )
        return SIGNERS[gateway](account, body)
    answer = requests.post(
        simulator_url(gateway) + "/_simulator/signed",
        json={
            "gateway": gateway,
            "case": case,
            "sender": sender,
            "name": name,
            "text": text,
            "button": button,
        },
        timeout=TIMEOUT_SECONDS,
    )
    if not answer.ok:
        raise click.ClickException(f"the simulator refuses: {answer.json().get('error')}")
    found = answer.json()
    return SignedWebhook(found["path"], found["headers"], base64.b64decode(found["body"]))
