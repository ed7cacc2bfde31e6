"""Read the data files of the languages: every scalar is a string there, as in rules.yaml."""

from collections.abc import Mapping
from importlib import resources

import yaml

from bot.rules.languages.language import Language


def _read_all() -> Mapping[str, Language]:
    files = (file for file in resources.files(__package__).iterdir() if file.name.endswith(".yaml"))
    in_order = sorted(files, key=lambda file: file.name)
    found = (_read(file.name, file.read_text(encoding="utf-8")) for file in in_order)
    return {language.code: language for language in found}


def _read(name: str, text: str) -> Language:
    written = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes nothing but strings
    return Language.model_validate({"code": name.removesuffix(".yaml"), **written})


LANGUAGES = _read_all()
