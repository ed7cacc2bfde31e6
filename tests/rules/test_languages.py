"""The languages: data files that fit the model, in the form in which texts are read."""

import re
from importlib import resources
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from bot.rules.languages import LANGUAGES, Language, reading
from bot.rules.text import Vocabulary, plain

FILES = [
    file for file in resources.files("bot.rules.languages").iterdir() if file.name.endswith(".yaml")
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_a_language(file: Path) -> None:
    language = LANGUAGES[file.name.removesuffix(".yaml")]

    assert language.name
    assert language.code == file.name.removesuffix(".yaml")


@pytest.mark.parametrize("code", LANGUAGES)
def test_words_are_written_as_they_are_read(code: str) -> None:
    language = LANGUAGES[code]

    for words in (
        language.roots,
        language.everyday,
        language.fillers,
        language.openings,
        language.numbers,
        language.slang,
        language.spellings,
        language.scales,
        language.teens,
    ):
        assert [word for word in words if plain(word) != word] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_with_a_meaning_of_its_own_is_another_spelling(code: str) -> None:
    language = LANGUAGES[code]
    spellings = set(language.spellings)

    assert spellings & language.everyday == set()
    assert spellings & set(language.numbers) == set()
    assert spellings & {name for names in language.days for name in names} == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_word_that_only_looks_so_has_a_stem(code: str) -> None:
    vocabulary = Vocabulary(LANGUAGES[code])

    for word in LANGUAGES[code].roots - set(LANGUAGES[code].spellings):
        (token,) = vocabulary.normalise(word).tokens
        assert token.candidates == (word,)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_root_is_needed(code: str) -> None:
    language = LANGUAGES[code]

    assert [word for word in language.roots if not word.endswith(language.last_letters)] == []


def test_a_language_more_is_a_file_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = (resources.files("bot.rules.languages") / "id.yaml").read_text(encoding="utf-8")
    (tmp_path / "jv.yaml").write_text(
        written.replace("name: Bahasa Indonesia", "name: Basa Jawa").replace(
            "endings: [nya,", "endings: [ne, nya,"
        ),
        encoding="utf-8",
    )
    monkeypatch.setattr("importlib.resources.files", lambda _package: tmp_path)

    found = reading._read_all()

    assert [(code, language.name) for code, language in found.items()] == [("jv", "Basa Jawa")]
    assert "rega" in Vocabulary(found["jv"]).normalise("regane").tokens[0].candidates


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"nama": "x"}, "Extra inputs"),
        ({"days": [["senin"]]}, "at least 7"),
        ({"money": None}, "money"),
    ],
)
def test_a_file_with_a_mistake_is_no_language(change: dict[str, object], mistake: str) -> None:
    written = yaml.safe_load(
        (resources.files("bot.rules.languages") / "id.yaml").read_text("utf-8")
    )

    with pytest.raises(ValidationError, match=re.escape(mistake)):
        Language.model_validate({"code": "id", **written, **change})
