"""Read what a pattern captures: a value of the type that it must have."""

from dataclasses import dataclass, replace

from bot.rules.answers import Asked, read_answer
from bot.rules.languages import Language
from bot.rules.matchers import Found
from bot.rules.state import Answer
from bot.rules.text import Vocabulary


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of one file are read."""

    vocabulary: Vocabulary

    def unlimited(self, text: str, asked: Asked, found: Found) -> Answer | None:
        """Return the value of a text, within its limits or not.

        What is beyond a limit is asked again by the flow, which says what the limit is.
        """
        if asked.least is not None or asked.most is not None:
            asked = replace(asked, least=None, most=None)
        return self.value(text, asked, found)

    def value(self, text: str, asked: Asked, found: Found) -> Answer | None:
        """Return the value of a text, None if it is none within the limits."""
        return read_answer(
            text,
            asked,
            vocabulary=self.vocabulary,
            language=self.language,
            today=found.today(),
        )

    @property
    def language(self) -> Language:
        """Return the language of the file."""
        return self.vocabulary.language
