"""flask up: everything on this machine, for trying and developing. `make run` calls it."""

import os
import secrets
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import click
from flask.cli import with_appcontext
from sqlalchemy import Engine, delete, tuple_
from sqlalchemy.exc import SQLAlchemyError

from bot import local_run, rules
from bot.cli.demonstration import announce, demonstrate
from bot.config import ROOT, ConfigError, Settings, environment, read_settings
from bot.embedded import free_port, valkey_arguments
from bot.extend import beside
from bot.gateway_settings import read_gateways
from bot.gateways import GATEWAYS
from bot.local_run import LocalRun
from bot.simulator.compose import ACCOUNTS, DEVICES
from bot.supervisor import Command, Supervisor
from models import Device, make_engine, writing
from models.migrate import upgrade

# What the simulated gateways need: a secret to sign with and a token to send with.
SIMULATED = {
    "META_APP_SECRET": "",
    "META_VERIFY_TOKEN": "",
    "META_ACCESS_TOKEN": "",
    "META_PHONE_NUMBER_ID": f"={DEVICES['meta']}",
    "META_BUSINESS_ACCOUNT_ID": f"={ACCOUNTS['meta']}",
    "META_API_URL": "/meta/v23.0",
    "WAGATE_WEBHOOK_SECRET": "",
    "WAGATE_API_TOKEN": "",
    "WAGATE_API_URL": "/wagate/api",
    # Its answers then hold the id by which statuses find their message.
    "WAGATE_SHOW_TYPING": "=true",
    "RIJAN_WEBHOOK_SECRET": "",
    "RIJAN_API_KEY": "",
    "RIJAN_API_URL": "/rijan",
    "CSKU_WEBHOOK_SECRET": "",
    "CSKU_API_KEY": "",
    "CSKU_BUSINESS_ID": f"={ACCOUNTS['csku']}",
    "CSKU_API_URL": "/csku",
    "CSKU_SEND_PATH": "=/v1/message/send",
    "CSKU_SEND_MEDIA_BODY": '={"conversation_id": {conversation_id}, "content": {"type": {type}, '
    '"text": {caption}, "attachments": [{"url": {url}, "filename": {filename}}]}}',
    "WHATSGATE_WEBHOOK_TOKEN": "",
    "WHATSGATE_API_KEY": "",
    "WHATSGATE_WHATSAPP_ID": f"={DEVICES['whatsgate']}",
    "WHATSGATE_API_URL": "/whatsgate/api/v1",
}


@click.command()
@click.option("--quiet", is_flag=True, help="Do not send a message through each gateway.")
@with_appcontext
def up(*, quiet: bool) -> None:
    """Run web, workers and, where nothing is configured, Valkey and simulated gateways."""
    os.umask(0o077)  # what the data folder holds is nobody else's on this machine
    environ = {"BIND": "127.0.0.1", "LOG_LEVEL": "warning", **environment()}
    try:
        settings = read_settings(environ)
        gateways = read_gateways(environ)
        path = settings.rules_file
        rules.load(path, gateways=GATEWAYS, extend=beside(path))
    except (ConfigError, rules.RulesError) as error:
        raise click.ClickException(str(error)) from None
    lock = _take_folder(settings.data_dir)
    _require_free(settings)
    commands, run, added = _plan(settings, environ, is_simulated=not gateways)
    _migrate(settings, forget_simulated=bool(gateways))
    supervisor = Supervisor(commands, in_order=True)
    supervisor.listen()
    local_run.write(settings.data_dir, run)
    click.echo(f"starting {', '.join(command.name for command in commands)} …")
    if run.simulator_url and not quiet:
        arguments = (run.web_url, run.simulator_url)
        threading.Thread(target=demonstrate, args=arguments, daemon=True).start()
    elif not quiet:
        places = (run.web_url, settings.public_url, list(gateways.values()))
        threading.Thread(target=announce, args=places, daemon=True).start()
    os.environ.update(added)
    try:
        supervisor.run()
    finally:
        local_run.forget(settings.data_dir)
        lock.close()
    click.echo("Balas has stopped.")


def _plan(
    settings: Settings, environ: Mapping[str, str], *, is_simulated: bool
) -> tuple[list[Command], LocalRun, dict[str, str]]:
    """Return the processes to run, where they listen, and what their environment needs besides."""
    web_url = f"http://127.0.0.1:{settings.port}"
    added = {"BIND": settings.bind, "LOG_LEVEL": settings.log_level}
    commands = []
    redis_url = environ.get("REDIS_URL")
    if not redis_url:
        port = free_port()
        password = secrets.token_hex(16)
        redis_url = f"redis://:{password}@127.0.0.1:{port}/0"
        arguments = valkey_arguments(settings.data_dir / "valkey", port, password=password)
        commands.append(Command(name="valkey", arguments=arguments))
    added["REDIS_URL"] = redis_url
    simulator_url = None
    if is_simulated:
        port = free_port()
        simulator_url = f"http://127.0.0.1:{port}"
        added |= _simulated(simulator_url)
        # Where the simulated gateways read the files that they take by address.
        added["PUBLIC_URL"] = settings.public_url or web_url
        arguments = [sys.executable, "-m", "bot.simulator", "--port", str(port)]
        arguments += ["--webhook-url", web_url]
        commands.append(Command(name="simulator", arguments=arguments, is_silent=True))
    worker = [sys.executable, str(ROOT / "worker.py")]
    commands.append(Command(name="worker", arguments=worker))
    commands.append(Command(name="web", arguments=[sys.executable, "-m", "bot.serve"]))
    run = LocalRun(
        pid=os.getpid(), web_url=web_url, redis_url=redis_url, simulator_url=simulator_url
    )
    return commands, run, added


def _simulated(url: str) -> dict[str, str]:
    """Return settings for all gateways: secrets that exist only in these processes."""
    values = {}
    for name, value in SIMULATED.items():
        if value.startswith("/"):
            values[name] = url + value
        else:
            values[name] = value.removeprefix("=") or secrets.token_hex(16)
    return values


def _take_folder(directory: Path) -> IO[str]:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return local_run.hold(directory)
    except BlockingIOError:
        raise click.ClickException(
            f"another Balas runs in {directory}: stop it, or set DATA_DIR to another folder"
        ) from None
    except OSError as error:
        raise click.ClickException(
            f"the data folder {directory} cannot be used ({error.strerror}): "
            "set DATA_DIR to another one"
        ) from None


def _require_free(settings: Settings) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.bind, settings.port))
        except OSError as error:
            raise click.ClickException(
                f"port {settings.port} is not free ({error.strerror}): set PORT to another one"
            ) from None


def _migrate(settings: Settings, *, forget_simulated: bool) -> None:
    engine = make_engine(settings.database)
    try:
        upgrade(engine)
        if forget_simulated:
            _forget_simulated_devices(engine)
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"the database does not answer ({type(error).__name__}): check DATABASE_URL"
        ) from None
    finally:
        engine.dispose()


def _forget_simulated_devices(engine: Engine) -> None:
    """Forget the devices of an earlier run without gateways: they would pass for real ones."""
    with writing(engine) as session:
        simulated = tuple_(Device.gateway, Device.device).in_(DEVICES.items())
        session.execute(delete(Device).where(simulated))
