"""What became of the question that was open when a message came."""

from collections.abc import Iterator

from bot.events import Message
from bot.rules import flowing
from bot.rules.answers import read_answer
from bot.rules.draft import Draft
from bot.rules.matchers import Found
from bot.rules.parts import Flow, Step
from bot.rules.tracing.words import clock, question_in_words
from bot.rules.turn import asked


def open_question(draft: Draft) -> tuple[Flow, Step] | None:
    """Return the question that is open, None if there is none."""
    return flowing.open_step(draft)


def told(draft: Draft, message: Message, found: Found, flow: Flow, step: Step) -> Iterator[str]:
    """Yield what is open, and how the message was taken: as the first of these that fits."""
    running = draft.flow
    if running is None:
        return
    form = ", ".join(f"{name} = {answer}" for name, answer in running.form.items())
    wrong = f"; {running.failures} of {step.retries} wrong" if running.failures else ""
    since = clock(running.asked_at, draft.book.zone)
    yield f"{flow.name}.{step.id} is open since {since} ({form or 'no answer yet'}{wrong})"
    if flowing.counts_as_whole_only(step):
        yield "it asks for a free text, so other words count only as the whole message"
    if flow.cancel is None:
        yield "cancel: has no words"
    elif flow.cancel.matches(found):
        yield "cancel: MATCHES, the form ends"
        return
    else:
        yield f"cancel: does not match ({flow.cancel.why_not(found)})"
    interrupts = [
        rule.id for rule in draft.book.rules if rule.id in flow.interrupt and asked(rule, found)
    ]
    if interrupts:
        yield f"interrupt: {', '.join(interrupts)} may answer, then the question is repeated"
        return
    yield _answer(draft, message, step)


def _answer(draft: Draft, message: Message, step: Step) -> str:
    book = draft.book
    text = message.button.id if message.button else message.text
    wanted = question_in_words(step.asked)
    for typed in dict.fromkeys((text, message.text)):
        answer = read_answer(
            typed,
            step.asked,
            vocabulary=book.vocabulary,
            language=book.language,
            today=draft.turn.now.astimezone(book.zone).date(),
        )
        if answer is not None:
            return f"answer: fits, {step.id} = {answer}"
    return f'answer: does not fit, "{text}" is not {wanted}'
