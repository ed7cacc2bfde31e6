"""Play a flow: ask, hear the answer, ask the next question, and do what is said at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.content import Text
from bot.events import InternalEvent, Kind, Message
from bot.rules import conditions
from bot.rules.acting import act, say, write
from bot.rules.answers import read_answer, value_of
from bot.rules.draft import Draft
from bot.rules.effects import Later
from bot.rules.explanation import FAILED
from bot.rules.matchers import Found
from bot.rules.parts import Actions, Flow, Rule, Step
from bot.rules.state import Answer, Running

FREE_TEXT = "text"


def open_step(draft: Draft) -> tuple[Flow, Step] | None:
    """Return the flow that the contact is filling in and its question; None if there is none.

    A flow that the file has no more, or whose time is over, has ended.
    """
    running = draft.flow
    flow = draft.book.flows.get(running.flow) if running else None
    step = flow.step(running.step) if running and flow else None
    if running is None or flow is None or step is None or _is_over(draft, running, flow):
        draft.flow = None
        return None
    return flow, step


def counts_as_whole_only(step: Step) -> bool:
    """Return whether words inside an answer mean nothing else: it is a text of any kind."""
    return step.asked.kind == FREE_TEXT


def start(draft: Draft, name: str, captured: Mapping[str, Answer]) -> None:
    """Begin a flow; what is captured already is not asked again."""
    if name in draft.started:
        # Flows without a question to ask could start each other without end.
        draft.skipped.append((name, "started once already"))
        return
    draft.started.add(name)
    flow, now = draft.book.flows[name], draft.turn.now
    steps = {step.id for step in flow.steps}
    form = {key: answer for key, answer in captured.items() if key in steps}
    draft.form = form
    draft.flow = Running(flow=name, step="", started_at=now, asked_at=now, form=form)
    _go_on(draft, flow, form)
    if draft.flow is not None and draft.flow.flow == name:
        _time(draft, flow, draft.flow, at=now + flow.timeout)


def start_wanted(draft: Draft) -> None:
    """Begin the flow that the place of the file wanted which was played last."""
    name, draft.starting = draft.starting, None
    if name:
        start(draft, name, draft.captured)


def hear(
    draft: Draft,
    message: Message,
    flow: Flow,
    step: Step,
    *,
    found: Found,
    interrupts: Sequence[Rule],
) -> tuple[Rule, ...]:
    """Hear the answer to the open question, or the words that end the flow.

    Returns the rules that interrupt it: they are played by the caller, who then asks `repeat`.
    """
    if flow.cancel is not None and flow.cancel.matches(found):
        _end(draft, flow.on_cancel, flow)
        return ()
    if interrupts:
        return tuple(interrupts)
    answer = _answer(draft, message, step)
    if answer is not None:
        form = {**draft.form, step.id: answer}
        draft.form = form
        _go_on(draft, flow, form)
    elif message.text.strip() or message.button:
        _refuse(draft, flow, step)
    else:
        draft.skipped.append((f"{flow.name}.{step.id}", "no text"))
    return ()


def repeat(draft: Draft) -> None:
    """Ask the open question again, after something else was answered."""
    asking = open_step(draft)
    if asking and draft.flow:
        _ask(draft, *asking, draft.flow)


def time_out(draft: Draft, event: InternalEvent) -> None:
    """End the flow whose time is over, or wait for the rest of its time."""
    running = draft.flow
    flow = draft.book.flows.get(running.flow) if running else None
    if running is None or running.started_at.isoformat() != event.details.get("started_at"):
        return
    if flow is None:
        draft.flow = None
        return
    due = running.asked_at + flow.timeout
    if due > draft.turn.now:
        _time(draft, flow, running, at=due)
    else:
        _end(draft, flow.on_timeout, flow)


def _is_over(draft: Draft, running: Running, flow: Flow) -> bool:
    # Received, not now: an outage of ours is no silence of the contact.
    return draft.turn.received_at >= running.asked_at + flow.timeout and isinstance(
        draft.turn.event, Message
    )


def _answer(draft: Draft, message: Message, step: Step) -> Answer | None:
    if message.button is None:
        return _read(draft, step, message.text)
    has_menu = draft.flow is not None and draft.flow.has_menu
    if counts_as_whole_only(step):
        # A button of some menu further up is no address.
        return _read(draft, step, message.text or message.button.id) if has_menu else None
    by_id = _read(draft, step, message.button.id)
    return _read(draft, step, message.text) if by_id is None else by_id


def _read(draft: Draft, step: Step, text: str) -> Answer | None:
    book = draft.book
    return read_answer(
        text,
        step.asked,
        vocabulary=book.vocabulary,
        language=book.language,
        today=draft.today(),
    )


def _go_on(draft: Draft, flow: Flow, form: Mapping[str, Answer]) -> None:
    """Ask the first question without an answer, or end the flow if there is none."""
    form = _still_fitting(draft, flow, form)
    draft.form = form
    world = draft.world(draft.form_names(flow.name, form))
    running = draft.flow
    for step in flow.steps:
        if step.id not in form and conditions.holds(step.conditions, world) and running:
            _ask(draft, flow, step, replace(running, form=form, failures=0))
            return
    names = draft.form_names(flow.name, form)
    draft.flow = None
    done = next((d for d in flow.done if conditions.holds(d.conditions, world)), None)
    if done:
        _finish(draft, done.actions, names)


def _still_fitting(draft: Draft, flow: Flow, form: Mapping[str, Answer]) -> dict[str, Answer]:
    """Return the answers without those to questions that the file has changed since."""
    language = draft.book.language
    return {
        step.id: form[step.id]
        for step in flow.steps
        if step.id in form and str(value_of(form[step.id], step.asked, language=language))
    }


def _ask(draft: Draft, flow: Flow, step: Step, running: Running) -> None:
    place = f"{flow.name}.{step.id}"
    names = draft.form_names(flow.name, running.form)
    contents, problem = write(draft, step.asks, names, place=place)
    if not contents:
        # A question that cannot be asked cannot be answered.
        draft.skipped.append((place, problem or FAILED))
        draft.flow = None
        return
    say(draft, contents, place=place)
    has_menu = any(content.kind in ("buttons", "list") for content in contents)
    draft.flow = replace(running, step=step.id, asked_at=draft.turn.now, has_menu=has_menu)


def _refuse(draft: Draft, flow: Flow, step: Step) -> None:
    running = draft.flow
    if running is None:
        return
    draft.was_refused = True
    place = f"{flow.name}.{step.id}"
    names = draft.form_names(flow.name, running.form)
    if running.failures + 1 >= step.retries:
        _end(draft, step.on_fail, flow)
        if step.on_fail:
            return
    else:
        draft.flow = replace(running, failures=running.failures + 1, asked_at=draft.turn.now)
    contents, _ = write(draft, step.errors, names, place=place)
    if not contents and not step.errors:
        contents = (Text(text=draft.book.language.phrases["not_understood"]),)
    say(draft, contents, place=place)


def _end(draft: Draft, actions: Actions | None, flow: Flow) -> None:
    names = draft.form_names(flow.name, draft.form)
    draft.flow = None
    if actions:
        _finish(draft, actions, names)


def _finish(draft: Draft, actions: Actions, names: Mapping[str, object]) -> None:
    draft.captured = {}
    act(draft, actions, names)
    start_wanted(draft)


def _time(draft: Draft, flow: Flow, running: Running, *, at: datetime) -> None:
    draft.effects.append(
        Later(
            rule=flow.name,
            at=at,
            event=Kind.FLOW_TIMEOUT,
            details={"flow": flow.name, "started_at": running.started_at.isoformat()},
        )
    )
