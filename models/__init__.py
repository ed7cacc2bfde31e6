"""The tables, and the connection to them."""

from models.alert import Alert
from models.attempt import SendAttempt
from models.base import Base
from models.breaker import Breaker
from models.conversation import Conversation
from models.device import Device
from models.effect import Effect
from models.engine import insert_into, make_engine, reading, writing
from models.event import Event, EventPart
from models.lane import Lane
from models.media import Media, Upload
from models.message import Direction, Held, Message, MessageStatus, is_unsettled, status_is
from models.record import Record

__all__ = [
    "Alert",
    "Base",
    "Breaker",
    "Conversation",
    "Device",
    "Direction",
    "Effect",
    "Event",
    "EventPart",
    "Held",
    "Lane",
    "Media",
    "Message",
    "MessageStatus",
    "Record",
    "SendAttempt",
    "Upload",
    "insert_into",
    "is_unsettled",
    "make_engine",
    "reading",
    "status_is",
    "writing",
]
