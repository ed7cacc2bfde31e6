"""Ask what belongs to the user: an address, a task. What comes back is an event of our own.

However often it is performed, its conversation hears of each effect once, as `effect.done`: what is
said and the contact's new tags, or that it failed.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.effects import ClaimedEffect
from bot.events import Kind
from bot.gateways.base import KIB, HttpRequest, HttpResponse
from bot.gateways.errors import Rejected, TransientError
from bot.lanes import INBOX, lane_name
from bot.performing.desk import Desk, NotYet, Record, nothing
from bot.performing.outside import post
from bot.performing.tasks import MAX_HANGING, run
from bot.rules import Book
from bot.rules.occasion import Occasion
from bot.rules.said import NotSaid, Told, contents_of, told_by
from bot.signing import signed
from models import Effect, Event, insert_into

# A contact waits for the answer.
USEFUL_FOR = timedelta(minutes=2)
# For how long such a contact waits for a busy address, in seconds.
LONGEST_WAIT = 10.0
LARGEST_ANSWER = 256 * KIB
# Shorter than the lease of the effect.
TASK_SECONDS = 60.0
# Listeners that hang leave room for tasks.
LISTENERS_HANGING = MAX_HANGING // 2
# While the rules are broken, in seconds.
RULES_WAIT = 5.0
# The inbox may have read a module that was saved just now before the performer has, in seconds.
MODULE_WAIT = 1.0
MODULE_LAGS = timedelta(seconds=30)


def ask_address(effect: ClaimedEffect, desk: Desk) -> Record:
    """Post what the rules tell to an address, and read what is to be said from its answer."""
    body = json.dumps(effect.details["body"], ensure_ascii=False, separators=(",", ":")).encode()
    now = desk.now()
    left = (effect.created_at + USEFUL_FOR - now).total_seconds()
    seconds = max(1.0, min(float(effect.details["timeout"]), left))
    headers = signed(desk.signing_keys, message_id=_id(effect), at=int(now.timestamp()), body=body)
    request = HttpRequest(
        method="POST",
        url=str(effect.details["url"]),
        headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
        body=body,
        # Whoever is asked twice knows it by the id.
        is_safe=True,
        patience=seconds,
    )
    try:
        response = post(desk.client, request, name="the address", seconds=seconds)
    except TransientError as error:
        error.retry_after = error.retry_after and min(error.retry_after, LONGEST_WAIT)
        raise
    message_id = _occasion(effect).message_id
    try:
        told = _read(response, message_id=message_id)
    except NotSaid as error:
        raise Rejected(f"the address answers what cannot be said: {error}") from None
    return _telling(effect, told.as_json())


def run_task(effect: ClaimedEffect, desk: Desk) -> Record:
    """Run a task of the user's module; what it returns is said."""
    task = _book(desk).extensions.tasks.get(str(effect.details["name"]))
    if task is None:
        raise _unknown(effect, desk, "task")
    occasion = _occasion(effect)
    said = run(lambda: task(occasion), name=str(effect.details["name"]), seconds=TASK_SECONDS)
    try:
        told = Told(contents_of(said, message_id=occasion.message_id))
    except NotSaid as error:
        raise Rejected(f"the task returns what cannot be said: {error}") from None
    return _telling(effect, told.as_json())


def tell_listener(effect: ClaimedEffect, desk: Desk) -> Record:
    """Tell a listener of the user's module of an event. Nobody hears what comes of it."""
    name, occasion = str(effect.details["name"]), _occasion(effect)
    listener = _book(desk).extensions.listeners.get(occasion.event, {}).get(name)
    if listener is None:
        raise _unknown(effect, desk, "listener")
    run(
        lambda: listener(occasion),
        name=name,
        seconds=TASK_SECONDS,
        hanging_at_most=LISTENERS_HANGING,
    )
    return nothing


def give_up(session: Session, effect: ClaimedEffect, _why: str) -> set[str]:
    """Tell the conversation that nothing came of it."""
    return _tell(session, effect, {"error": True})


def _book(desk: Desk) -> Book:
    shelf = desk.shelf() if desk.shelf else None
    if shelf is None:
        raise NotYet("the rules are broken, and with them the module", after=RULES_WAIT)
    return shelf.book


def _unknown(effect: ClaimedEffect, desk: Desk, what: str) -> NotYet | Rejected:
    """Return what to raise where the module does not have what the rules ask for."""
    if desk.now() - effect.created_at < MODULE_LAGS:
        return NotYet(f"the module has no such {what} yet", after=MODULE_WAIT)
    return Rejected(f"the module has no such {what} any more")


def _occasion(effect: ClaimedEffect) -> Occasion:
    return replace(Occasion.from_json(effect.details["body"]), id=_id(effect))


def _id(effect: ClaimedEffect) -> str:
    """Return what is the same at every attempt, and never given again."""
    return f"balas_{effect.id}_{effect.created_at.timestamp():.0f}"


def _read(response: HttpResponse, *, message_id: str) -> Told:
    """Read an answer: JSON or a plain text. Raises NotSaid."""
    if len(response.body) > LARGEST_ANSWER:
        raise NotSaid(f"it is larger than {LARGEST_ANSWER // KIB} KB")
    if not response.body.strip():
        return Told()
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        text = response.body.decode()
        if kind == "text/plain":
            return Told(contents_of(text))
        if kind == "application/json" or kind.endswith("+json"):
            return told_by(json.loads(text), message_id=message_id)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise NotSaid("it cannot be read") from None
    # Such as the page of a proxy, which nobody wrote for a contact.
    raise NotSaid("it is neither application/json nor text/plain")


def _telling(effect: ClaimedEffect, told: Mapping[str, Any]) -> Record:
    return lambda session: _tell(session, effect, told)


def _tell(session: Session, effect: ClaimedEffect, told: Mapping[str, Any]) -> set[str]:
    """Put an event into the effect's conversation, and return the lane to wake."""
    now = datetime.now(UTC)
    # The contact may have moved since it was claimed.
    where = select(Effect.address, Effect.lane).where(Effect.id == effect.id)
    address, lane = session.execute(where).one_or_none() or (effect.address, effect.lane)
    details = {
        "place": effect.details.get("place", ""),
        "rule": effect.details.get("rule", ""),
        **told,
    }
    session.execute(
        insert_into(session, Event).on_conflict_do_nothing(
            index_elements=["gateway", "device", "key"]
        ),
        {
            "gateway": effect.gateway,
            "device": effect.device,
            "key": f"{Kind.EFFECT_DONE}:{_id(effect)}",
            "kind": Kind.EFFECT_DONE,
            "address": address,
            "lane": lane,
            "payload": json.dumps(details, separators=(",", ":")).encode(),
            "occurred_at": now,
            "received_at": now,
            "due_at": now,
        },
    )
    return {lane_name(INBOX, lane)}
