"""Signatures are compared as bytes, whatever characters a header holds."""

import pytest

from bot.gateways.signatures import among, hmac_sha256, same, signed_by

# RFC 4231, test case 2.
KEY, TEXT = "Jefe", b"what do ya want for nothing?"
DIGEST = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_computes_the_hmac_of_the_standard() -> None:
    assert hmac_sha256(KEY, TEXT) == DIGEST


def test_finds_the_secret_that_signed_wherever_it_stands() -> None:
    for secrets in ([KEY], [KEY, "lain"], ["lain", KEY]):
        assert signed_by(DIGEST, secrets, TEXT)


@pytest.mark.parametrize("given", ["", DIGEST[:-1], DIGEST.upper(), DIGEST + "0", "é" * 64])
def test_refuses_what_is_not_exactly_the_digest(given: str) -> None:
    assert not signed_by(given, [KEY], TEXT)


def test_nobody_signs_when_there_is_no_secret() -> None:
    assert not signed_by(DIGEST, [], TEXT)
    assert not among("", [])


@pytest.mark.parametrize("odd", ["é", "\udcff", "\0", "😀"])
def test_compares_any_characters_without_an_exception(odd: str) -> None:
    assert same(odd, odd)
    assert not same(odd, "x")


def test_finds_a_token_among_several() -> None:
    assert among("kunci-2", ["kunci-1", "kunci-2"])
    assert not among("kunci", ["kunci-1", "kunci-2"])
