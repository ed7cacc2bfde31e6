"""flask chat."""

import click


@click.command()
def chat() -> None:
    """Not yet."""
