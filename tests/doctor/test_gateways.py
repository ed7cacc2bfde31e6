"""What the gateways say of our set-up is judged."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.client import Client
from bot.config import read_settings
from bot.doctor.devices import judge_device
from bot.doctor.gateways import check_account, check_any, judge_quota, judge_webhooks
from bot.doctor.verdicts import Level, Scene, Verdict
from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Exchange, Finding, Quota, Webhook
from bot.gateways.errors import GatewayError, NotAuthorised, NotSupported, Unreachable
from bot.gateways.management import Management
from bot.runtime import Runtime
from models import Device
from tests.teluk import NAME, SECRET, Teluk, teluk

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
PUBLIC = "https://balas.example.com"
OURS = f"{PUBLIC}/webhook/{NAME}"


class Blind(Teluk):
    """The same without a way to look at more than the device."""

    inspect = Management.inspect


def look(gateway: Teluk, *, offline: bool = False, public_url: str = PUBLIC) -> list[Verdict]:
    settings = read_settings({"PUBLIC_URL": public_url})
    runtime = Runtime(settings=settings, gateways={NAME: gateway})
    scene = Scene(runtime=runtime, client=Client(), offline=offline)
    return list(check_account(scene, gateway=gateway, account=gateway.accounts[0]))


def judge(*kept: Webhook) -> list[Verdict]:
    return list(judge_webhooks(NAME, kept, teluk().accounts[0], OURS))


def test_a_webhook_that_leads_here_is_good() -> None:
    kept = Webhook(id="1", url=OURS, active=True, secret=SECRET)

    assert [verdict.level for verdict in judge(kept)] == [Level.GOOD]


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ([], "none of its webhooks leads here"),
        ([Webhook(id="1", url="https://lain.example/webhook/csku")], "none"),
        ([Webhook(id="1", url=OURS, active=False)], "switched off"),
        ([Webhook(id="1", url=OURS, secret="rahasia-orang-lain")], "another secret"),
    ],
)
def test_a_webhook_that_brings_us_nothing_is_told(kept: list[Webhook], words: str) -> None:
    [verdict] = judge(*kept)

    assert verdict.level is Level.BAD
    assert words in verdict.what
    assert "flask webhooks register csku" in verdict.advice
    assert "rahasia" not in str(verdict)


def test_a_subscription_without_a_url_is_on() -> None:
    assert [verdict.level for verdict in judge(Webhook(id="1"))] == [Level.GOOD]


@pytest.mark.parametrize(
    ("kept", "levels"),
    [
        ([Webhook(id="1", ours=False)], [Level.BAD]),
        ([Webhook(id="1", url=OURS, ours=False)], [Level.BAD]),
        ([Webhook(id="1", ours=False), Webhook(id="2")], [Level.GOOD]),
        ([Webhook(id="1", ours=None)], [Level.WARNING]),
        ([Webhook(id="1", url=OURS, ours=None)], [Level.GOOD]),
    ],
)
def test_a_webhook_of_somebody_else_is_not_taken_for_ours(
    kept: list[Webhook], levels: list[Level]
) -> None:
    assert [verdict.level for verdict in judge(*kept)] == levels


def test_what_the_gateway_finds_is_told() -> None:
    gateway = teluk()
    gateway.kept = [Webhook(url=OURS)]
    gateway.findings = [
        Finding(ok=True, what="the token is valid"),
        Finding(ok=False, what="the app is not subscribed", advice="subscribe it"),
    ]

    found = look(gateway)

    assert [verdict.level for verdict in found] == [Level.GOOD, Level.GOOD, Level.BAD]
    assert found[-1].advice == "subscribe it"


def test_asks_about_the_device_where_the_gateway_finds_nothing_by_itself() -> None:
    gateway = Blind(teluk({"device": "toko-1"}).accounts)
    gateway.kept = [Webhook(url=OURS)]
    gateway.states["toko-1"] = DeviceState.DISCONNECTED
    gateway.left = Quota(limit=100, remaining=0)

    found = look(gateway)

    assert [verdict.level for verdict in found] == [Level.GOOD, Level.BAD, Level.BAD]
    assert "not connected" in found[1].what


@pytest.mark.parametrize(
    ("refusal", "level"),
    [
        (NotAuthorised("the token is refused"), Level.BAD),
        (Unreachable("no connection to the gateway"), Level.WARNING),
        (NotSupported("set TELUK_NUMBER to look at more"), Level.WARNING),
    ],
)
def test_a_refusal_is_told_once(refusal: GatewayError, level: Level) -> None:
    gateway = teluk()
    gateway.refusal = refusal

    found = look(gateway)

    assert [verdict.level for verdict in found] == [level]


def test_one_cause_is_told_once_and_in_the_words_of_the_gateway() -> None:
    gateway = teluk()
    gateway.findings = [
        Finding(ok=True, what="the token is valid"),
        Finding(
            ok=False, what="no webhook is signed", advice=f"run `flask webhooks register {NAME}`"
        ),
    ]

    found = look(gateway)

    assert [verdict.what for verdict in found] == ["the token is valid", "no webhook is signed"]


def test_one_refusal_is_told_once_whatever_was_asked() -> None:
    gateway = teluk()
    gateway.kept = [Webhook(url=OURS)]
    gateway.findings = [
        Finding(ok=False, what="the device is not known: the token is refused", advice="look"),
        Finding(ok=False, what="the quota is not known: the token is refused", advice="look"),
    ]

    assert [verdict.level for verdict in look(gateway)] == [Level.GOOD, Level.BAD]


def test_two_devices_with_one_remedy_are_both_told() -> None:
    advice = f"run `flask webhooks register {NAME}`"
    gateway = teluk()
    gateway.kept = [Webhook(url=OURS)]
    gateway.findings = [
        Finding(ok=False, what=f"session {name} has no webhook", advice=advice)
        for name in ("satu", "dua")
    ]

    assert [verdict.level for verdict in look(gateway)] == [Level.GOOD, Level.BAD, Level.BAD]


def test_an_address_without_an_api_is_told() -> None:
    gateway = teluk()
    gateway.kept = [Webhook(url=OURS)]
    gateway.findings = [
        Finding(ok=False, what="no answer: Teluk refuses the request with 404", advice="look")
    ]

    *_, verdict = look(gateway)

    assert "look at CSKU_API_URL (default https://teluk.example)" in verdict.advice


def test_asks_nothing_offline() -> None:
    gateway = teluk()

    assert [verdict.level for verdict in look(gateway, offline=True)] == [Level.GOOD]
    assert gateway.told == []


def test_an_account_that_only_receives_is_told() -> None:
    gateway = teluk({"api_key": None})

    [verdict] = look(gateway)

    assert (verdict.level, gateway.told) == (Level.WARNING, [])
    assert "CSKU_API_KEY" in verdict.advice


def test_no_gateway_at_all_is_told() -> None:
    runtime = Runtime(settings=read_settings({"DATA_DIR": "/nonexistent"}), gateways={})

    [verdict] = check_any(Scene(runtime=runtime, client=Client()))

    assert verdict.level is Level.BAD


@pytest.mark.parametrize(
    ("limit", "remaining", "level"),
    [
        (100, 0, Level.BAD),
        (100, 9, Level.WARNING),
        (100, 10, Level.GOOD),
        (0, 5, Level.GOOD),
        (0, 0, Level.GOOD),
    ],
)
def test_quota_is_told_before_it_is_gone(limit: int, remaining: int, level: Level) -> None:
    assert judge_quota(NAME, Quota(limit=limit, remaining=remaining)).level is level


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "disconnected", "reason": "logout"}, "not connected (logout)"),
        ({"state": "qr"}, "QR code"),
        ({"paused_until": NOW + timedelta(hours=1), "pause_reason": "QuotaExhausted"}, "rests"),
        ({"forged_at": NOW - timedelta(hours=1)}, "wrong signature"),
        ({"webhook_at": NOW - timedelta(days=3)}, "no webhook came"),
        ({"problem": "status 500", "problem_at": NOW - timedelta(hours=1)}, "status 500"),
        ({"quota_limit": 100, "quota_remaining": 9}, "9 of 100 messages are left"),
    ],
)
def test_what_is_wrong_with_a_device_is_told(values: dict[str, object], words: str) -> None:
    row = Device(gateway=NAME, device="toko-1", **values)

    [verdict] = judge_device(row, low_percent=10, now=NOW)

    assert verdict.level is not Level.GOOD
    assert words in verdict.what
    assert verdict.advice


def test_a_device_whose_troubles_are_over_is_left_alone() -> None:
    row = Device(
        gateway=NAME,
        device="toko-1",
        state="connected",
        paused_until=NOW - timedelta(seconds=1),
        forged_at=NOW - timedelta(days=2),
        webhook_at=NOW - timedelta(hours=5),
        problem="status 500",
        problem_at=NOW - timedelta(days=2),
        quota_limit=100,
        quota_remaining=9,
        quota_resets_at=NOW,
    )

    assert list(judge_device(row, low_percent=10, now=NOW)) == []


def test_a_report_of_a_gateway_that_breaks_is_no_answer() -> None:
    class Broken(Blind):
        def device_report(self, device: str) -> Exchange[DeviceReport]:
            raise NotAuthorised("the token is refused")
            yield

    gateway = Broken(teluk().accounts)
    gateway.kept = [Webhook(url=OURS)]

    assert [verdict.level for verdict in look(gateway)] == [Level.GOOD, Level.BAD]
