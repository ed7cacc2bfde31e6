"""Which address a webhook came from, and whether that one may post."""

import pytest

from bot.callers import Callers, NotAllowed
from bot.config import read_settings

OFFICE, STRANGER = "203.0.113.7", "198.51.100.9"


def callers(**environ: str) -> Callers:
    settings = read_settings(environ)
    return Callers(settings.allowed_ips, settings.proxies)


def is_admitted(
    found: Callers, peer: str | None = OFFICE, forwarded: str = "", gateway: str | None = "wagate"
) -> bool:
    try:
        found.admit(gateway, peer=peer, forwarded=forwarded)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("peer", [OFFICE, "2001:db8::1", None, "omong kosong"])
def test_everybody_may_post_where_nobody_is_named(peer: str | None) -> None:
    assert is_admitted(callers(), peer)


@pytest.mark.parametrize(
    ("allowed", "peer", "admitted"),
    [
        (OFFICE, OFFICE, True),
        (OFFICE, STRANGER, False),
        ("203.0.113.0/24", OFFICE, True),
        ("203.0.113.0/24", "203.0.114.7", False),
        (f"10.0.0.0/8 , {OFFICE}", OFFICE, True),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", OFFICE, False),
        (OFFICE, f"::ffff:{OFFICE}", True),
        (f"::ffff:{OFFICE}", OFFICE, True),
        ("::ffff:203.0.113.0/120", OFFICE, True),
        ("::ffff:203.0.113.0/120", STRANGER, False),
        ("0.0.0.0/0", "2001:db8::1", False),
        (OFFICE, None, False),
        (OFFICE, "", False),
        (OFFICE, "omong kosong", False),
        (OFFICE, f"{OFFICE}:443", False),
    ],
)
def test_a_named_address_may_post(allowed: str, peer: str | None, admitted: bool) -> None:
    assert is_admitted(callers(ALLOWED_IPS=allowed), peer) is admitted


def test_a_gateways_own_list_goes_before_the_general_one() -> None:
    found = callers(ALLOWED_IPS=OFFICE, RIJAN_ALLOWED_IPS=STRANGER)

    assert is_admitted(found, OFFICE, gateway="wagate")
    assert not is_admitted(found, OFFICE, gateway="rijan")
    assert is_admitted(found, STRANGER, gateway="rijan")
    assert not is_admitted(found, STRANGER, gateway=None)


def test_one_gateways_list_leaves_the_others_open() -> None:
    found = callers(RIJAN_ALLOWED_IPS=OFFICE)

    assert is_admitted(found, STRANGER, gateway="meta")
    assert not is_admitted(found, STRANGER, gateway="rijan")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "admitted"),
    [
        ("1", OFFICE, True),
        ("1", f"{STRANGER}, {OFFICE}", True),
        ("1", f"{OFFICE}, {STRANGER}", False),
        ("2", f"{OFFICE}, 10.0.0.1", True),
        ("2", f"{OFFICE},{STRANGER}, 10.0.0.1", False),
        ("2", OFFICE, False),
        ("1", "", False),
        ("1", "unknown", False),
        ("1", f"{OFFICE},", False),
        ("1", f"{OFFICE}, ", False),
        ("1", f"for={OFFICE}", False),
        ("1", f"::ffff:{OFFICE}", True),
    ],
)
def test_believes_as_many_entries_as_there_are_trusted_proxies(
    proxies: str, forwarded: str, admitted: bool
) -> None:
    found = callers(ALLOWED_IPS=OFFICE, TRUSTED_PROXIES=proxies)

    assert is_admitted(found, "10.0.0.2", forwarded) is admitted


def test_without_a_trusted_proxy_nobody_can_say_who_they_are() -> None:
    found = callers(ALLOWED_IPS=OFFICE)

    assert not is_admitted(found, STRANGER, OFFICE)


def test_on_a_dyno_the_router_is_trusted() -> None:
    dyno = {"DYNO": "web.1", "DATABASE_URL": "postgres://a/b", "MEDIA_STORE": "off"}

    assert is_admitted(callers(ALLOWED_IPS=OFFICE, **dyno), "10.0.0.2", f"{STRANGER}, {OFFICE}")
    assert not is_admitted(
        callers(ALLOWED_IPS=OFFICE, TRUSTED_PROXIES="0", **dyno), "10.0.0.2", OFFICE
    )


def test_says_who_is_refused_and_repeats_nothing_that_is_no_address() -> None:
    found = callers(ALLOWED_IPS=OFFICE, TRUSTED_PROXIES="1")

    with pytest.raises(NotAllowed, match=STRANGER):
        found.admit("meta", peer="10.0.0.2", forwarded=STRANGER)
    with pytest.raises(NotAllowed) as caught:
        found.admit("meta", peer="10.0.0.2", forwarded="<script>")
    assert "script" not in str(caught.value)
