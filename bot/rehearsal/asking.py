"""What rules ask outside: answered by a table, by running the task here and now, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from bot.effects import EffectKind, NewEffect
from bot.failures import describe
from bot.rules.extensions import Extensions
from bot.rules.occasion import Occasion
from bot.rules.said import NotSaid, Told, contents_of, told_by

# In the table of answers: what is asked there fails.
FAILS: Final = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that would be asked: an address, or a task by its name. `id` is what it is told."""

    name: str
    id: str
    body: Mapping[str, Any] = field(repr=False)
    is_task: bool = False

    @property
    def shown(self) -> str:
        """Return the name as it may be seen by others: what follows ? may hold a key."""
        parts = urlsplit(self.name)
        return self.name if self.is_task else f"{parts.scheme}://{parts.netloc}{parts.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Who answers. `answers` are by address or by the name of a task.

    An address answers with JSON such as {"reply": …, "tag": […]} or a text, a task with what it
    says.
    """

    answers: Mapping[str, object] = field(default_factory=dict, repr=False)
    runs_tasks: bool = False

    def answer(self, asked: Asked, extensions: Extensions) -> Mapping[str, Any] | None:
        """Return the answer as `effect.done` tells it, without its place; None if there is none."""
        occasion = replace(Occasion.from_json(asked.body), id=asked.id)
        if asked.name in self.answers:
            return _told(self.answers[asked.name], occasion, is_task=asked.is_task)
        function = extensions.tasks.get(asked.name) if asked.is_task and self.runs_tasks else None
        if function is None:
            return None
        try:
            said = function(occasion)
        except Exception as error:  # noqa: BLE001 - the user's own code may raise anything
            return {"error": describe(error)}
        return _told(said, occasion, is_task=True)


def asked_by(effect: NewEffect) -> Asked | None:
    """Return what an effect asks outside, None for any other effect."""
    details, is_task = effect.details, effect.kind is EffectKind.RUN_TASK
    if not is_task and effect.kind is not EffectKind.ASK_ADDRESS:
        return None
    return Asked(
        name=str(details["name" if is_task else "url"]),
        id=f"rehearsal_{effect.key}",
        body=details["body"],
        is_task=is_task,
    )


def _told(answer: Any, occasion: Occasion, *, is_task: bool) -> Mapping[str, Any]:
    """Read an answer as it is read in reality."""
    if answer is FAILS:
        return {"error": True}
    try:
        if is_task or isinstance(answer, str):
            return Told(contents_of(answer, message_id=occasion.message_id)).as_json()
        return told_by(answer, message_id=occasion.message_id).as_json()
    except NotSaid as error:
        return {"error": str(error)}
