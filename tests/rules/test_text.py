"""The normal form of what people type."""

import pytest

from bot.rules.text import Vocabulary, plain


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("HALO", "halo"),
        ("ＨＡＬＯ", "halo"),  # full-width letters
        ("haloooo", "halo"),
        ("haloo", "halo"),
        ("buuuka", "buka"),
        ("saat", "saat"),  # doubled, but not at the end
        ("1000", "1000"),  # digits are never folded
        ("halo,kak!", "halo kak"),
        ("*harga* _promo_", "harga promo"),
        ("Rp 50.000,- jam 17:00.", "rp 50.000 jam 17:00"),
        ("a . b", "a b"),
        ("ha\u200blo", "halo"),  # zero-width space
        ("halo😊👍🏽", "halo 😊 👍"),
        ("  halo \n kak ", "halo kak"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_brings_a_text_into_its_normal_form(typed: str, normal: str) -> None:
    assert plain(typed) == normal


@pytest.mark.parametrize(
    ("typed", "counts_as"),
    [
        ("harganya", "harga"),
        ("bukuku", "buku"),
        ("tokomu", "toko"),
        ("jamkah", "jam"),
        ("bukalah", "buka"),
        ("apapun", "apa"),
        ("csnya", "cs"),
        ("harganyalah", "harga"),
    ],
)
def test_a_word_counts_as_its_stem_in_indonesian(typed: str, counts_as: str) -> None:
    (token,) = Vocabulary("id").normalise(typed).tokens

    assert counts_as in token.candidates


@pytest.mark.parametrize("typed", ["adalah", "sekolah", "kamu", "punya", "buku", "anya", "nya"])
def test_a_word_that_only_looks_like_it_has_no_ending(typed: str) -> None:
    (token,) = Vocabulary("id").normalise(typed).tokens

    assert token.candidates == (typed,)


def test_english_has_no_enclitics() -> None:
    (token,) = Vocabulary("en").normalise("harganya").tokens

    assert token.candidates == ("harganya",)


def test_a_synonym_of_two_words_is_read_as_what_it_stands_for() -> None:
    vocabulary = Vocabulary("id", {"harga": ["daftar harga"]})

    readings = vocabulary.normalise("minta daftar harga").readings

    assert ("harga", 3) in readings[1]


def test_the_words_of_a_rule_stand_for_their_meaning_too() -> None:
    vocabulary = Vocabulary("id", {"cs": ["admin", "customer service"]})

    assert vocabulary.phrase("minta Customer Service!") == ("minta", "cs")


def test_looks_at_the_beginning_of_a_text_that_is_too_long() -> None:
    assert len(plain("a " * 100_000)) <= 10_000
