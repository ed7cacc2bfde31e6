"""Find matches that are written in a harder or looser way than they are meant."""

import re
from collections.abc import Iterator

from bot.rules.lint.written import Phrase, Remark, phrases
from bot.rules.source import Source

# A regular expression that is nothing but words, or a choice of words.
_ONLY_WORDS = re.compile(r"(?:\\b|\^)?\(?[\w ]+(?:\|[\w ]+)*\)?(?:\\b|\$)?")
# Letters that stand inside many words: "jam" in "pinjam", "cs" in "pcs".
_SHORT = 3


def match_remarks(source: Source) -> Iterator[Remark]:
    """Yield one remark for each match that had better be another one."""
    for phrase in phrases(source):
        if phrase.kind == "regex":
            yield from _only_words(phrase)
        if phrase.kind == "contains":
            yield from _inside_words(phrase)


def _only_words(phrase: Phrase) -> Iterator[Remark]:
    if _ONLY_WORDS.fullmatch(phrase.text):
        words = [word.strip() for word in re.findall(r"[\w ]+", phrase.text.replace("\\b", ""))]
        text = (
            "this regular expression is nothing but words: write words: "
            f"[{', '.join(words)}], which also knows endings and synonyms"
        )
        yield Remark(text=text, at=phrase.at)


def _inside_words(phrase: Phrase) -> Iterator[Remark]:
    letters = phrase.normal
    if len(letters) <= _SHORT and letters.isalpha() and not phrase.negated:
        text = (
            f'"{phrase.text}" also stands inside many other words, as "jam" in "pinjam": '
            f"write words: [{phrase.text}] to match it as a word"
        )
        yield Remark(text=text, at=phrase.at)
