"""flask gateways: what each gateway can do."""

import click

from bot.cli.common import table
from bot.gateways import GATEWAYS
from bot.matrix import markdown, matrix


@click.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="As it stands in docs/gateways.md.")
def gateways(*, as_markdown: bool) -> None:
    """Show what each gateway tells, sends and can."""
    if as_markdown:
        click.echo(markdown(GATEWAYS), nl=False)
        return
    for heading, rows in matrix():
        click.secho(heading, bold=True)
        titles = [gateway.title for gateway in GATEWAYS.values()]
        cells = [(label, *(tell(each) for each in GATEWAYS.values())) for label, tell in rows]
        table(["", *titles], cells)
        click.echo()
