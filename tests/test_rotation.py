"""While a secret is being changed, the log says which of the two is in use."""

import pytest
import structlog
from sqlalchemy import Engine
from structlog.testing import LogCapture

from bot.gateway_settings import read_gateways, secret_variable
from bot.rotation import Rotation
from bot.simulator.signers import SIGNERS
from tests.conftest import Valkey
from tests.gateways.contract import account_of, signed_request
from tests.web import CONFIGURED, NAMES, text_body, web_process

OLD, NEW = "rahasia-lama", "rahasia-baru"

each_secret = pytest.mark.parametrize(("secret", "position"), [(OLD, 1), (NEW, 2)])


@each_secret
@pytest.mark.parametrize("name", NAMES)
def test_tells_which_of_two_secrets_matched(name: str, secret: str, position: int) -> None:
    gateways = read_gateways({secret_variable(name): f"{OLD},{NEW}"})
    webhook = signed_request(name, text_body(name), secret)

    accounts = gateways[name].verify(webhook)

    assert Rotation(gateways).position(name, accounts, webhook) == position


def test_has_nothing_to_tell_where_there_is_one_secret() -> None:
    gateways = read_gateways({secret_variable("wagate"): OLD})
    webhook = signed_request("wagate", text_body("wagate"), OLD)

    assert Rotation(gateways).position("wagate", gateways["wagate"].accounts, webhook) is None


@each_secret
def test_logs_the_position_and_no_secret(
    sqlite_engine: Engine,
    shared_valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
    position: int,
) -> None:
    seen = LogCapture()
    monkeypatch.setattr("bot.receiver.logger", structlog.wrap_logger(None, processors=[seen]))
    environ = {**CONFIGURED, "WAGATE_WEBHOOK_SECRET": f"{OLD},{NEW}"}
    with web_process(str(sqlite_engine.url), shared_valkey.url, environ) as web:
        web.post(SIGNERS["wagate"](account_of("wagate", secret), text_body("wagate")))

    [line] = seen.entries
    assert (line["event"], line["secret"]) == ("webhook kept", position)
    assert not {OLD, NEW}.intersection(map(str, line.values()))
