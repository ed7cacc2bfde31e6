"""flask webhooks, devices and doctor against the simulated gateways: their real modules agree."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from bot.gateway_settings import read_gateways
from bot.simulator.compose import text_message
from bot.simulator.server import Simulator
from tests.conftest import Valkey
from tests.web import CONFIGURED, Web, web_process

PUBLIC = "https://balas.example.com"
DEVICE = "19a4c07e512"
SETTINGS = {
    **{name: value for name, value in CONFIGURED.items() if not name.endswith("API_URL")},
    "META_BUSINESS_ACCOUNT_ID": "400500600700800",
    "WHATSGATE_WHATSAPP_ID": DEVICE,
    "PUBLIC_URL": PUBLIC,
}

Run = Callable[..., str]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    accounts = {name: gateway.accounts for name, gateway in read_gateways(SETTINGS).items()}
    with Simulator.for_accounts(accounts) as running:
        yield running


@pytest.fixture
def web(
    sqlite_engine: object, simulator: Simulator, redis: Redis, shared_valkey: Valkey
) -> Iterator[Web]:
    urls = {f"{name}_API_URL".upper(): url for name, url in simulator.api_urls.items()}
    url = sqlite_engine.url.render_as_string()  # type: ignore[attr-defined] # an Engine
    with web_process(url, shared_valkey.url, {**SETTINGS, **urls}) as running:
        yield running


@pytest.fixture
def run(web: Web) -> Run:
    def run_command(*arguments: str, code: int = 0) -> str:
        result = web.app.test_cli_runner().invoke(args=list(arguments))
        assert result.exit_code == code, result.output
        return result.output

    return run_command


@pytest.mark.parametrize("gateway", ["meta", "rijan", "whatsgate"])
def test_what_is_registered_is_listed_as_ours_and_can_be_deleted(run: Run, gateway: str) -> None:
    run("webhooks", "register", gateway)
    run("webhooks", "register", gateway)

    [line] = run("webhooks", "list", gateway).splitlines()[1:]
    assert f"{PUBLIC}/webhook/{gateway}" in line
    assert line.endswith("yes")
    assert CONFIGURED["WHATSGATE_WEBHOOK_TOKEN"] not in line

    run("webhooks", "delete", gateway, "--yes")
    assert run("webhooks", "list", gateway) == "nothing\n"


def test_what_whatsgate_remembers_is_recovered_once(
    web: Web, run: Run, simulator: Simulator
) -> None:
    now = datetime.now(UTC)
    simulator.memory("whatsgate")["posted"] = [
        text_message("whatsgate", DEVICE, now=now, message_id=f"3EB0{number}")
        for number in range(3)
    ]

    first = run("webhooks", "recover", "whatsgate", "--since", "2h")
    second = run("webhooks", "recover", "whatsgate", "--since", "2h")

    assert "3 new, 0 known" in first
    assert "0 new, 3 known" in second
    assert [event.kind for event in web.events()] == ["message.received"] * 3


def test_rijan_says_plainly_what_it_does_not_have(run: Run) -> None:
    assert "this Rijan shows no failed webhooks" in run("webhooks", "failed", "rijan", code=1)


def test_the_devices_are_asked_about(run: Run) -> None:
    output = run("devices", "--ask")

    for gateway in ("meta", "wagate", "whatsgate"):
        [line] = [line for line in output.splitlines() if line.startswith(gateway)]
        assert "connected" in line


def test_the_doctor_finds_webhooks_that_are_not_registered(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.doctor.workers.SWEEP_SECONDS", 0.2)
    before = run("doctor", code=1)
    run("webhooks", "register")
    after = run("doctor", code=1)

    for gateway in ("rijan", "whatsgate"):
        assert before.count(f"flask webhooks register {gateway}") == 1
        assert f"flask webhooks register {gateway}" not in after
