import pytest

from bot.gateways import GATEWAYS
from bot.gateways.errors import Scope
from bot.gateways.rates import Rate, read_rates
from tests.making import gateways


@pytest.mark.parametrize(
    ("written", "rates"),
    [
        ("20/second", [(20, 1)]),
        ("60 per minute", [(60, 60)]),
        (" 45/270 Seconds ", [(45, 270)]),
        ("80/second, 1000/hour", [(80, 1), (1000, 3600)]),
        ("off", []),
    ],
)
def test_reads_what_a_person_writes(written: str, rates: list[tuple[int, int]]) -> None:
    found = read_rates(written, scope=Scope.DEVICE)

    assert [(rate.times, rate.seconds) for rate in found] == rates


@pytest.mark.parametrize(
    "written", ["", "fast", "0/second", "5/0 seconds", "5/", "5/fortnight", "5/2 days", "-1/second"]
)
def test_refuses_what_is_no_rate(written: str) -> None:
    with pytest.raises(ValueError, match="expected a rate"):
        read_rates(written, scope=Scope.DEVICE)


def test_every_gateway_says_how_many_messages_it_takes() -> None:
    for name, gateway in gateways().items():
        assert gateway.rates("apa-saja"), name


def test_an_account_replaces_the_rates_of_its_scope_alone() -> None:
    meta = gateways(META_RATE="1000/second")["meta"]

    assert set(meta.rates("1")) == {
        Rate(times=1000, seconds=1),
        Rate(times=45, seconds=270, scope=Scope.RECIPIENT),
    }


def test_an_account_turns_a_rate_off() -> None:
    assert gateways(RIJAN_RATE="off")["rijan"].rates("melati") == ()


def test_a_rate_of_a_kind_names_only_what_can_be_sent() -> None:
    for name, gateway in GATEWAYS.items():
        for rate in gateway.capabilities.rates:
            assert rate.kinds is None or rate.kinds & gateway.capabilities.sends, name
