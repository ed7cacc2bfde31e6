"""The normal form of what people type."""

import pytest

from bot.rules.languages import LANGUAGES
from bot.rules.text import Vocabulary, plain, spans


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
    (token,) = Vocabulary(LANGUAGES["id"]).normalise(typed).tokens

    assert counts_as in token.candidates


@pytest.mark.parametrize("typed", ["adalah", "sekolah", "kamu", "punya", "buku", "anya", "nya"])
def test_a_word_that_only_looks_like_it_has_no_ending(typed: str) -> None:
    (token,) = Vocabulary(LANGUAGES["id"]).normalise(typed).tokens

    assert token.candidates == (typed,)


@pytest.mark.parametrize(
    ("typed", "counts_as"),
    [
        ("gak", "tidak"),
        ("brp", "berapa"),
        ("hrgnya", "harga"),  # an ending, then another spelling
        ("udh", "sudah"),
        ("gmn", "bagaimana"),
        ("hargany", "harga"),
        ("bolehkah", "boleh"),
        ("kapanpun", "kapan"),
    ],
)
def test_another_spelling_counts_as_the_word(typed: str, counts_as: str) -> None:
    (token,) = Vocabulary(LANGUAGES["id"]).normalise(typed).tokens

    assert token.candidates[0] == typed
    assert counts_as in token.candidates


def test_another_spelling_counts_in_a_synonym() -> None:
    vocabulary = Vocabulary(LANGUAGES["id"], {"jadwal": ["jam berapa buka"]})

    assert ("jadwal", 3) in vocabulary.normalise("jm brp bukanya").readings[0]


@pytest.mark.parametrize(
    ("typed", "counts_as"),
    [
        ("prices", "price"),
        ("boxes", "box"),
        ("deliveries", "delivery"),
        ("shelves", "shelf"),
        ("thx", "thanks"),
    ],
)
def test_a_word_counts_as_its_singular_in_english(typed: str, counts_as: str) -> None:
    (token,) = Vocabulary(LANGUAGES["en"]).normalise(typed).tokens

    assert counts_as in token.candidates


@pytest.mark.parametrize("typed", ["this", "bus", "news", "always", "thanks", "address", "is"])
def test_an_english_word_that_ends_in_s_is_itself(typed: str) -> None:
    (token,) = Vocabulary(LANGUAGES["en"]).normalise(typed).tokens

    assert token.candidates == (token.text,)


@pytest.mark.parametrize(
    "text",
    [
        "Order Kopi, 2 pcs!",
        "  *Halo*  kak 🙏 ",
        "Ｈａｌｏ ﬁ Ⅳ",
        "e\u0301 a\u0301\u0302b",
        "ha\u200blo\u202ex",
        "17:00, 50.000.",
        "👨‍👩‍👧 keluarga",
        "a\x00b",
        "",
    ],
)
def test_tells_where_each_word_was_typed(text: str) -> None:
    words = [text[start:end] for start, end in spans(text)]

    assert [plain(word) for word in words] == plain(text).split()


def test_several_words_in_one_letter_have_one_place() -> None:
    assert spans("a ½ ﷺ") == [(0, 1), (2, 3), (2, 3), *[(4, 5)] * 4]


def test_tells_the_place_of_a_word_with_its_capitals() -> None:
    text = "Kirim ke JL. CAFE\u0301 No. 5,"

    words = [text[start:end] for start, end in spans(text)]

    assert words == ["Kirim", "ke", "JL", "CAFE\u0301", "No", "5"]


def test_keeps_no_more_words_than_it_may() -> None:
    vocabulary = Vocabulary(LANGUAGES["id"])

    for number in range(10_000):
        vocabulary.normalise(f"kata{number}" + "x" * 100 * (number % 2))

    assert vocabulary._usual.cache_info().currsize == 4096
    vocabulary._usual.cache_clear()
    vocabulary.normalise("panjang" * 10)
    assert vocabulary._usual.cache_info().currsize == 0


def test_english_has_no_enclitics() -> None:
    (token,) = Vocabulary(LANGUAGES["en"]).normalise("harganya").tokens

    assert token.candidates == ("harganya",)


def test_a_synonym_of_two_words_is_read_as_what_it_stands_for() -> None:
    vocabulary = Vocabulary(LANGUAGES["id"], {"harga": ["daftar harga"]})

    readings = vocabulary.normalise("minta daftar harga").readings

    assert ("harga", 3) in readings[1]


def test_the_words_of_a_rule_stand_for_their_meaning_too() -> None:
    vocabulary = Vocabulary(LANGUAGES["id"], {"cs": ["admin", "customer service"]})

    assert vocabulary.phrase("minta Customer Service!") == ("minta", "cs")


def test_looks_at_the_beginning_of_a_text_that_is_too_long() -> None:
    assert len(plain("a " * 100_000)) <= 10_000
