"""flask up."""

import click


@click.command()
def up() -> None:
    """Not yet."""
