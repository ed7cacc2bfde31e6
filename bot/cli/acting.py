"""Which gateways a command acts on: those configured here, else those that `make run` simulates.

The secrets of simulated gateways are in no file. The simulator tells them, to this machine alone.
"""

from collections.abc import Mapping

import click
import requests
from flask import g
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.common import DatabaseProblem, runtime
from bot.cli.customer import TIMEOUT_SECONDS, current_run
from bot.gateway_settings import secret_variable
from bot.gateways import GATEWAYS
from bot.gateways.accounts import Account
from bot.gateways.base import Gateway
from bot.local_run import LocalRun
from bot.runtime import Runtime
from models import Device, reading

HINT = "set it up, or start `make run`, which simulates gateways where none is configured"


def gateways() -> Mapping[str, Gateway]:
    """Return the gateways to act on, by name."""
    return acting_runtime().gateways


def gateway_named(name: str) -> Gateway:
    """Return one of them, or raise ClickException that says what to set."""
    found = gateways().get(name)
    if found is None:
        variable = secret_variable(name)
        raise click.ClickException(f"{name} is not configured here: set {variable} ({HINT})")
    return found


def simulating_run() -> LocalRun | None:
    """Return the `make run` whose simulated gateways a command acts on."""
    run = None if runtime().gateways else current_run()
    return run if run and run.simulator_url else None


def acting_runtime() -> Runtime:
    """Return the runtime of the current app, with the gateways and the URL that it acts on."""
    if "balas_runtime" not in g:
        g.balas_runtime = _acting_runtime()
    found: Runtime = g.balas_runtime
    return found


def known_devices(gateway: Gateway, account: Account) -> list[str]:
    """Return the devices that an account serves, as far as they are written down."""
    try:
        with reading(runtime().engine) as session:
            known = session.scalars(
                select(Device.device).where(Device.gateway == gateway.name, Device.device != "")
            ).all()
    except SQLAlchemyError as error:
        raise DatabaseProblem(error) from None
    return sorted(each for each in known if gateway.account(each) is account)


def _acting_runtime() -> Runtime:
    own, run = runtime(), simulating_run()
    if run is None:
        return own
    try:
        answer = requests.get(f"{run.simulator_url}/_simulator/accounts", timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except requests.RequestException:
        return own
    simulated = {
        name: GATEWAYS[name]([GATEWAYS[name].account_type.model_validate(each) for each in told])
        for name, told in answer.json().items()
    }
    public_url = own.settings.public_url or run.web_url
    acting = Runtime(
        settings=own.settings.model_copy(update={"public_url": public_url}), gateways=simulated
    )
    # One pool of connections for one command.
    acting.__dict__["engine"] = own.engine
    return acting
