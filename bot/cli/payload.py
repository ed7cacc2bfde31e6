"""flask payload."""

import click


@click.command()
def payload() -> None:
    """Not yet."""
