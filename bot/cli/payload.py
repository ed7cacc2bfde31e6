"""flask payload: print a ready, signed curl command."""

import random
import shlex

import click
from flask.cli import with_appcontext

from bot.cli.customer import signed, web_url
from bot.gateways import GATEWAYS
from bot.simulator.compose import NAME, cases, gateways


@click.command()
@click.argument("gateway", type=click.Choice(list(GATEWAYS)))
@click.argument("case", default="text")
@click.option("--text", default="halo", show_default=True, help="What the customer writes.")
@click.option("--from", "sender", help="The customer's number; a new one each time by default.")
@click.option("--name", default=NAME, show_default=True, help="The customer's name.")
@click.option("--url", help="Where to post it, instead of this machine's Balas.")
@click.option("--real", is_flag=True, help="Sign with the secret of a configured gateway.")
@with_appcontext
def payload(
    gateway: str,
    case: str,
    *,
    text: str,
    sender: str | None,
    name: str,
    url: str | None,
    real: bool,
) -> None:
    """Print a curl command that posts CASE as GATEWAY would: stamped now, with a fresh id.

    Pipe it into a shell to run it: flask payload wagate | sh
    """
    if gateway not in gateways():
        raise click.ClickException(f"{gateway} has no sample webhooks yet")
    if case not in cases(gateway):
        raise click.ClickException(f"{gateway} has these cases: {', '.join(cases(gateway))}")
    # A known contact could be on a cooldown, and get no reply.
    customer = sender or f"62812{random.randrange(10**8):08}"  # noqa: S311 - not a secret
    webhook = signed(gateway, case, real=real, sender=customer, name=name, text=text)
    address = (url or web_url()).rstrip("/") + webhook.path
    parts = ["curl", "-sS", "-X", "POST", address]
    for header, value in {"Content-Type": "application/json", **webhook.headers}.items():
        parts += ["-H", f"{header}: {value}"]
    parts += ["-w", "\\n", "--data-binary", webhook.body.decode()]
    click.echo(" ".join(shlex.quote(part) for part in parts))
