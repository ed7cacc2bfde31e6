"""flask rules schema: print the JSON Schema of a rules file."""

import json

import click

from bot.cli.rules.group import rules
from bot.rules.json_schema import json_schema


@rules.command()
def schema() -> None:
    """Print the JSON Schema of a rules file, by which an editor completes and underlines."""
    click.echo(json.dumps(json_schema(), ensure_ascii=False, indent=2))
