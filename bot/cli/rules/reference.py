"""flask rules reference: every key of the language, as docs/rules-reference.md."""

import click

from bot.cli.rules.group import rules
from bot.gateways import GATEWAYS
from bot.rules.reference import page


@rules.command()
def reference() -> None:
    """Print the reference of rules.yaml, in Markdown."""
    click.echo(page(GATEWAYS), nl=False)
