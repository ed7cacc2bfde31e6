"""Say and do what one place of the file says."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from zlib import crc32

from bot.content import Content
from bot.events import MessageReceived
from bot.rules import conditions
from bot.rules.draft import Draft
from bot.rules.effects import (
    Effect,
    Handover,
    HttpCall,
    Notify,
    OptIn,
    OptOut,
    Plain,
    Record,
    TaskCall,
)
from bot.rules.errors import TextFailed
from bot.rules.explanation import COOLDOWN, FAILED, NOTHING_TO_SAY
from bot.rules.parts import Actions, Notification, Recording, Rule, Variant, called
from bot.rules.replies import Said
from bot.rules.said import contents_of
from bot.rules.schema import EXPIRES
from bot.rules.state import MAX_TAGS, Answer
from bot.rules.templates import Text

Names = Mapping[str, object]


def perform(draft: Draft, rule: Rule, names: Names) -> bool:
    """Do what a rule says; return False when its text fails, as if it did not match."""
    effects = [*_wishes(rule), *_effects(draft, rule.actions, names)]
    problem: str | None = None
    contents: tuple[Content, ...] = ()
    is_silent = rule.cooldown is not None and cools(draft, rule.id)
    if is_silent and _speaks(rule.actions):
        problem = COOLDOWN
    elif not is_silent:
        contents, problem = write(draft, rule.actions.variants, names, place=rule.id)
        contents += _called(draft, rule.actions, names)
        effects += _asks(draft, rule.actions, names)
        if problem == NOTHING_TO_SAY and (contents or rule.actions.start):
            problem = None
    if problem is not None:
        draft.skipped.append((rule.id, problem))
    if effects or problem is None:
        draft.rules.append(rule.id)
    _do(draft, effects, rule.actions)
    if not is_silent:
        draft.starting = rule.actions.start
    if contents:
        is_automatic = rule.actions.handover is None
        say(draft, contents, place=rule.id, useful_for=rule.expires, automatic=is_automatic)
    if rule.cooldown and not is_silent and (contents or rule.actions.start):
        draft.cooldowns[rule.id] = draft.turn.now + rule.cooldown
    return bool(effects) or problem is None or not problem.startswith(FAILED)


def act(draft: Draft, actions: Actions, names: Names, *, useful_for: timedelta = EXPIRES) -> None:
    """Do what is said at the end of something: a flow, a row of misses, a call that failed."""
    effects = [*_effects(draft, actions, names), *_asks(draft, actions, names)]
    contents, problem = write(draft, actions.variants, names, place=actions.place)
    contents += _called(draft, actions, names)
    if problem is not None and not contents:
        draft.skipped.append((actions.place, problem))
    _do(draft, effects, actions)
    draft.starting = actions.start
    say(
        draft,
        contents,
        place=actions.place,
        useful_for=useful_for,
        automatic=actions.handover is None,
    )


def say(
    draft: Draft,
    contents: tuple[Content, ...],
    *,
    place: str,
    useful_for: timedelta = EXPIRES,
    automatic: bool = True,
) -> None:
    """Put contents among what is said in this turn."""
    draft.said.extend(
        Said(rule=place, content=content, automatic=automatic, useful_for=useful_for)
        for content in contents
    )


def write(
    draft: Draft, variants: tuple[Variant, ...], names: Names, *, place: str
) -> tuple[tuple[Content, ...], str | None]:
    """Return what is said, or why nothing is; ((), None) if that is the purpose."""
    if not variants:
        return (), None
    variant = _holding(draft, variants, names)
    if variant is None:
        return (), NOTHING_TO_SAY
    event = draft.turn.event
    message_id = event.external_id if isinstance(event, MessageReceived) else None
    try:
        chosen = variant.wordings[_any_of(len(variant.wordings), event.key, place)]
        contents = chosen.write(names, message_id=message_id)
    except TextFailed as failed:
        return (), f"{FAILED}: {failed}"
    return contents, None if contents else NOTHING_TO_SAY


def _holding(draft: Draft, variants: tuple[Variant, ...], names: Names) -> Variant | None:
    for variant in variants:
        if not variant.conditions or conditions.holds(variant.conditions, draft.world(names)):
            return variant
    return None


def cools(draft: Draft, key: str) -> bool:
    """Return whether something is silent because it was said not long ago."""
    until = draft.cooldowns.get(key)
    return until is not None and until > draft.turn.now


def _any_of(count: int, key: str, place: str) -> int:
    """Return any position; the same event always gives the same one."""
    return crc32(f"{key}\n{place}".encode("utf-8", "replace")) % count if count > 1 else 0


def _speaks(actions: Actions) -> bool:
    return bool(actions.variants or actions.start or actions.calling or actions.asking)


def _wishes(rule: Rule) -> Iterator[Effect]:

    if rule.opt_out:
        yield OptOut(rule=rule.id)
    if rule.opt_in:
        yield OptIn(rule=rule.id)


def _do(draft: Draft, effects: list[Effect], actions: Actions) -> None:
    draft.effects.extend(effects)
    draft.tags |= set(actions.tags)
    draft.tags -= set(actions.untags)
    if len(draft.tags) > MAX_TAGS:
        draft.tags = set(sorted(draft.tags)[:MAX_TAGS])


def _effects(draft: Draft, actions: Actions, names: Names) -> Iterator[Effect]:
    if actions.handover:
        yield Handover(rule=actions.place, until=draft.turn.now + actions.handover.for_)
        yield from _notify(draft, actions.place, actions.handover.notification, names)
    yield from _notify(draft, actions.place, actions.notification, names)
    if actions.recording:
        yield from _record(draft, actions.place, actions.recording, names)


def _notify(
    draft: Draft, place: str, notification: Notification | None, names: Names
) -> Iterator[Notify]:
    # "#" stands in no id, so this is nobody's reply.
    every = f"{place}#notify"
    if notification is None or (notification.every and cools(draft, every)):
        return
    text = _written(draft, notification.text, names, place=every)
    if text and notification.every:
        draft.cooldowns[every] = draft.turn.now + notification.every
    if text:
        yield Notify(
            rule=place,
            admin=notification.admin,
            to=notification.to,
            device=notification.device,
            text=text,
        )


def _record(draft: Draft, place: str, recording: Recording, names: Names) -> Iterator[Record]:
    fields: dict[str, Plain] = {}
    for name, text in recording.fields.items():
        if text is not None:
            fields[name] = _written(draft, text, names, place=f"{place}#record.{name}")
        else:
            fields[name] = _kept(draft, name)
    yield Record(rule=place, kind=recording.kind, fields=fields)


def _kept(draft: Draft, name: str) -> Answer | None:
    """Return an answer or a capture as it is kept: of a row of a table, its id."""
    return draft.form.get(name, draft.captured.get(name))


def _written(draft: Draft, text: Text, names: Names, *, place: str) -> str:
    try:
        return text.write(names)
    except TextFailed as failed:
        draft.skipped.append((place, f"{FAILED}: {failed}"))
        return ""


def _called(draft: Draft, actions: Actions, names: Names) -> tuple[Content, ...]:
    """Return what a quick function of the user's own says. It may raise anything."""
    calling = actions.calling
    function = draft.book.extensions.actions.get(calling.name) if calling else None
    if calling is None or function is None:
        return ()
    draft.place = actions.place
    occasion = draft.occasion(_arguments(draft, calling.arguments, names))
    return contents_of(function(occasion), message_id=occasion.message_id)


def _asks(draft: Draft, actions: Actions, names: Names) -> Iterator[Effect]:
    """Yield what is asked outside, whose answer comes later."""
    draft.place = actions.place
    calling, asking = actions.calling, actions.asking
    if calling and calling.name in draft.book.extensions.tasks:
        body = draft.occasion(_arguments(draft, calling.arguments, names)).as_json()
        place = called(actions.place)
        yield TaskCall(rule=actions.place, name=calling.name, body=body, place=place)
    if asking:
        body = draft.occasion(_arguments(draft, asking.arguments, names)).as_json()
        yield HttpCall(
            rule=actions.place,
            url=asking.url,
            timeout=asking.timeout,
            body=body,
            place=actions.place,
        )


def _arguments(draft: Draft, texts: Mapping[str, Text], names: Names) -> dict[str, str]:
    return {
        name: _written(draft, text, names, place=f"{draft.place}#with.{name}")
        for name, text in texts.items()
    }
