"""The customers of the simulated gateways are the holders of the accounts."""

from bot.simulator.calls import Customer
from bot.simulator.customers import customers_in, customers_of
from tests.simulator.gateways import account_of


def test_two_devices_with_one_key_are_one_customer() -> None:
    accounts = [account_of("rijan", device=device) for device in ("device_a", "device_b")]

    [customer] = customers_of({"rijan": accounts})["rijan"]

    assert customer.owns("device_a")
    assert customer.owns("device_b")
    assert not customer.owns("device_c")


def test_an_account_without_a_device_may_use_any() -> None:
    accounts = [account_of("rijan", device=device) for device in ("device_a", "")]

    [customer] = customers_of({"rijan": accounts})["rijan"]

    assert customer.owns("device_c")


def test_an_account_that_only_receives_is_no_customer() -> None:
    assert customers_of({"meta": [account_of("meta", access_token=None)]}) == {"meta": []}


def test_tokens_are_read_from_the_environment() -> None:
    environ = {
        "WAGATE_API_TOKEN": "satu",
        "WAGATE_ACCOUNTS": '[{"device": "wa-2", "api_token": "dua"}, 7]',
        "CSKU_API_KEY": "tiga",
        "CSKU_BUSINESS_ID": "biz_1",
        "META_APP_SECRET": "empat",
    }

    customers = customers_in(environ)

    assert customers["wagate"] == [Customer(token="dua", devices=("wa-2",)), Customer(token="satu")]
    assert customers["csku"] == [Customer(token="tiga", business_id="biz_1")]
    assert customers["meta"] == []


def test_a_token_is_not_in_what_is_printed() -> None:
    assert "rahasia" not in repr(Customer(token="rahasia"))
