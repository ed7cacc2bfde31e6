"""What became of a message in Rijan's outbox."""

from datetime import timedelta

from bot.simulator.apis.rijan.answers import internal
from bot.simulator.calls import Call, Reply, Situation, reply_json

# WhatsApp takes a moment, and only then there is an id.
SENT_AFTER = timedelta(milliseconds=100)


def tell(call: Call, situation: Situation, device: str, message_id: str) -> Reply:
    """Tell the state of a message: what failed is called `sent` and has no WhatsApp id."""
    sent = situation.sent_with_id(message_id)
    if sent is None or sent.device != device or sent.external_id != message_id:
        return internal("Message not found")
    is_over = call.now - sent.at >= SENT_AFTER
    stamp = int(sent.at.timestamp())
    told = {
        "id": message_id,
        "status": "sent" if is_over else "queued",
        "waMessageId": sent.whatsapp_id if is_over else "",
        "attempts": int(is_over and not sent.whatsapp_id),
        "lastError": "",
        "createdAt": stamp,
        "updatedAt": stamp,
    }
    return reply_json(200, told)
