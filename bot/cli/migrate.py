"""flask migrate: bring the database's tables up to date."""

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.common import DatabaseProblem, runtime
from models.migrate import upgrade


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database's tables up to date."""
    try:
        upgrade(runtime().engine)
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    click.echo("the database is up to date")
