"""Effects about messages: what became of a ticket, read marks, typing, calling a person."""

from sqlalchemy.orm import Session

from bot.effects import ClaimedEffect
from bot.lanes import INBOX, OUTBOX, lane_name
from bot.outbox.tickets import send_lost, tell_external_id
from bot.performing.desk import Desk, NotYet, Record, nothing


def look_up(effect: ClaimedEffect, desk: Desk) -> Record:
    """Ask for the external id of a message, so that its statuses find it."""
    message_id, ticket = effect.message_id, str(effect.details.get("ticket") or "")
    if message_id is None or not ticket:
        return nothing
    gateway = desk.gateway(effect)
    wait = desk.rates.wait_for_question(effect.gateway, effect.device) if desk.rates else 0.0
    if wait:
        raise NotYet("the gateway takes no more requests for the moment", after=wait)
    found = desk.client.perform(gateway.look_up(effect.device, ticket))
    if not found.external_id and not found.is_lost:
        raise NotYet("the gateway has not told the message's id yet")

    def record(session: Session) -> set[str]:
        if found.external_id:
            tell_external_id(session, message_id, found.external_id)
            return set()
        lanes = send_lost(session, message_id, ticket, now=desk.now())
        return {lane_name(INBOX, lane) for lane in lanes} | {lane_name(OUTBOX, effect.lane)}

    return record


def mark_read(effect: ClaimedEffect, desk: Desk) -> Record:
    """Show the contact that their message was read."""
    gateway = desk.gateway(effect)
    desk.client.perform(gateway.mark_read(effect.device, effect.address or "", _message(effect)))
    return nothing


def show_typing(effect: ClaimedEffect, desk: Desk) -> Record:
    """Show the contact that an answer is coming."""
    gateway = desk.gateway(effect)
    desk.client.perform(gateway.show_typing(effect.device, effect.address or "", _message(effect)))
    return nothing


def call_human(effect: ClaimedEffect, desk: Desk) -> Record:
    """Tell the gateway's own people that the conversation needs one of them."""
    desk.client.perform(desk.gateway(effect).call_human(effect.device, effect.address or ""))
    return nothing


def _message(effect: ClaimedEffect) -> str:
    return str(effect.details.get("message_id") or "")
