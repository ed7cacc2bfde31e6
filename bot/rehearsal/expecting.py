"""Compare what a test of the file expects with what was heard."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from bot.content import Buttons, Listing, choices_of, text_of
from bot.rehearsal.heard import Heard
from bot.rules import Explanation
from bot.rules.schema import Expect

NONE = "none"


@dataclass(frozen=True, slots=True)
class Difference:
    """One key of `expect` that does not hold."""

    key: str
    expected: str
    got: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.key}: expected {self.expected}, got {self.got}"


def differences(expect: Expect, heard: Heard) -> list[Difference]:
    """Return every expectation that does not hold, in the order in which the keys are documented.

    Texts are compared without regard to capitals and white space.
    """
    return [found for key in Expect.model_fields if (found := _CHECKS[key](expect, heard))]


def reasons(explanation: Explanation | None) -> list[str]:
    """Return what an explanation says about a failed expectation, for people."""
    if explanation is None:
        return []
    stopped = [f"stopped by: {explanation.guard}"] if explanation.guard else []
    return stopped + [f"{rule}: {reason}" for rule, reason in explanation.skipped]


def _rule(expect: Expect, heard: Heard) -> Difference | None:
    return _word("rule", expect.rule, heard.rules[-1] if heard.rules else None)


def _rules(expect: Expect, heard: Heard) -> Difference | None:
    if expect.rules is None:
        return None
    wanted = () if expect.rules == (NONE,) else expect.rules
    if wanted == heard.rules:
        return None
    return Difference("rules", _listed(wanted), _listed(heard.rules))


def _silent(expect: Expect, heard: Heard) -> Difference | None:
    is_silent = not heard.replies
    if expect.silent is None or expect.silent == is_silent:
        return None
    got = "no reply" if is_silent else _quoted(seen(heard))
    return Difference("silent", "no reply" if expect.silent else "a reply", got)


def _reply(expect: Expect, heard: Heard) -> Difference | None:
    said = seen(heard)
    plain = _plain(said)
    missing = [text for text in expect.reply if _plain(text) not in plain]
    if not missing:
        return None
    return Difference("reply", _listed(map(_quoted, missing)), _quoted(said) or "no reply")


def _flow(expect: Expect, heard: Heard) -> Difference | None:
    return _word("flow", expect.flow, heard.flow)


def _handover(expect: Expect, heard: Heard) -> Difference | None:
    return _flag("handover", expect.handover, heard.handed_over)


def _notify(expect: Expect, heard: Heard) -> Difference | None:
    told = [effect.admin for effect in heard.notifications]
    if expect.notify == (NONE,):
        return Difference("notify", NONE, _listed(told)) if told else None
    return _missing("notify", expect.notify, told)


def _record(expect: Expect, heard: Heard) -> Difference | None:
    kept = [effect.kind for effect in heard.records]
    if expect.record is None or expect.record in (kept or [NONE]):
        return None
    return Difference("record", expect.record, _listed(kept))


def _tag(expect: Expect, heard: Heard) -> Difference | None:
    return _missing("tag", expect.tag, sorted(heard.tags))


def _opted_out(expect: Expect, heard: Heard) -> Difference | None:
    return _flag("opted_out", expect.opted_out, heard.opted_out)


def _guard(expect: Expect, heard: Heard) -> Difference | None:
    return _word("guard", expect.guard, heard.guard)


_CHECKS: Mapping[str, Callable[[Expect, Heard], Difference | None]] = {
    "rule": _rule,
    "rules": _rules,
    "silent": _silent,
    "reply": _reply,
    "flow": _flow,
    "handover": _handover,
    "notify": _notify,
    "record": _record,
    "tag": _tag,
    "opted_out": _opted_out,
    "guard": _guard,
}


def seen(heard: Heard) -> str:
    """Return everything that a contact can read in the replies."""
    parts: list[str] = []
    for content in heard.replies:
        if isinstance(content, Buttons | Listing):
            parts += [content.header, content.text, content.footer]
            parts += [f"{choice.title} {choice.description}" for choice in choices_of(content)]
        else:
            parts.append(text_of(content))
    return "\n".join(part for part in parts if part)


def _word(key: str, wanted: str | None, got: str | None) -> Difference | None:
    if wanted is None or wanted == (got or NONE):
        return None
    return Difference(key, wanted, got or NONE)


def _flag(key: str, wanted: bool | None, got: bool) -> Difference | None:
    if wanted is None or wanted == got:
        return None
    return Difference(key, str(wanted).lower(), str(got).lower())


def _missing(key: str, wanted: Iterable[str], got: Iterable[str]) -> Difference | None:
    there = list(got)
    missing = [word for word in wanted if word not in there]
    return Difference(key, _listed(missing), _listed(there)) if missing else None


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words) or NONE


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _quoted(text: str) -> str:
    return f'"{" ".join(text.split())}"' if text else ""
