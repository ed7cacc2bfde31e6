"""How much each lane of the inbox has done: a total that needs no table scan."""

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Lane(Base):
    """`processed_events` counts the events that the lane has processed since the beginning."""

    __tablename__ = "lanes"

    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    processed_events: Mapped[int] = mapped_column(BigInteger, default=0)
