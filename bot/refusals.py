"""Count how often in a row a gateway's webhooks were not taken: some switch them off for it.

A process counts by itself and writes what it has counted: a success sets the number to what came
after it, otherwise what came is added to what others counted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from models import Device, insert_into, reading, writing

DeviceKey = tuple[str, str]

# A storm of forged webhooks is no storm of writes: in a row, more than this need not be told apart.
COUNTED = 20


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered to a device: so many refusals in a row, after a success or not.

    `forgeries` of them were for a wrong signature.
    """

    refusals: int = 0
    forgeries: int = 0
    after_success: bool = False

    def then(self, later: "Answers") -> "Answers":
        """Return these answers and those that came after them."""
        if later.after_success:
            return later
        return Answers(
            self.refusals + later.refusals, self.forgeries + later.forgeries, self.after_success
        )


SUCCESS = Answers(after_success=True)


class Tally:
    """What is not written yet. Its owner keeps threads apart."""

    def __init__(self) -> None:
        self.pending: dict[DeviceKey, Answers] = {}
        self._runs: dict[DeviceKey, Answers] = {}

    def take(self, key: DeviceKey) -> bool:
        """Count a success; return whether that is news."""
        self._runs.pop(key, None)
        if self.pending.get(key) == SUCCESS:
            return False
        self.pending[key] = SUCCESS
        return True

    def refuse(self, key: DeviceKey, *, is_forged: bool = False) -> bool:
        """Count a refusal; return whether that is news."""
        answer = Answers(1, int(is_forged))
        run = self._runs[key] = self._runs.get(key, Answers()).then(answer)
        # Each kind by itself: a storm of forged ones must not hide that others are refused, too.
        if (run.forgeries if is_forged else run.refusals - run.forgeries) > COUNTED:
            return False
        self.pending[key] = self.pending.get(key, Answers()).then(answer)
        return True

    def hand_over(self) -> dict[DeviceKey, Answers]:
        """Return what is not written yet, and leave it to the caller."""
        pending, self.pending = self.pending, {}
        return pending

    def put_back(self, unwritten: Mapping[DeviceKey, Answers]) -> None:
        """Take back what could not be written; what came meanwhile came after it."""
        for key, earlier in unwritten.items():
            self.pending[key] = earlier.then(self.pending.get(key, Answers()))


def write_answers(engine: Engine, pending: Mapping[DeviceKey, Answers]) -> None:
    """Write what was counted; a success of a device without refusals costs only a question."""
    with reading(engine) as session:
        fresh = _fresh(session, pending)
    if not fresh:
        return
    with writing(engine) as session:
        # One order for all processes, so that two of them never wait for each other in a circle.
        for (gateway, device), answers in sorted(fresh.items(), key=lambda item: item[0]):
            counted = {"refusals": answers.refusals, "forgeries": answers.forgeries}
            session.execute(
                insert_into(engine, Device)
                .values(gateway=gateway, device=device, **counted)
                .on_conflict_do_update(
                    index_elements=["gateway", "device"],
                    set_={
                        name: number if answers.after_success else getattr(Device, name) + number
                        for name, number in counted.items()
                    },
                )
            )


def only_device(session: Session, gateway: str) -> str:
    """Return the only device that is known of a gateway, "" if there are none or several."""
    known = session.scalars(
        select(Device.device).where(Device.gateway == gateway, Device.device != "").limit(2)
    ).all()
    return known[0] if len(known) == 1 else ""


def _fresh(session: Session, pending: Mapping[DeviceKey, Answers]) -> dict[DeviceKey, Answers]:
    """Return what changes a row; refusals of the only device, whichever that is, as its own."""
    refused = _refused(session, [key for key, answers in pending.items() if answers == SUCCESS])
    fresh: dict[DeviceKey, Answers] = {}
    # Those of the only device come last: a success of it has cleared the earlier ones.
    for key, answers in sorted(pending.items(), key=lambda item: (not item[0][1], item[0])):
        if answers.refusals:
            gateway, device = key
            key = (gateway, device or only_device(session, gateway))
            fresh[key] = fresh.get(key, Answers()).then(answers)
        elif key in refused:
            fresh[key] = answers
    return fresh


def _refused(session: Session, keys: Collection[DeviceKey]) -> set[DeviceKey]:
    if not keys:
        return set()
    rows = session.execute(
        select(Device.gateway, Device.device).where(
            tuple_(Device.gateway, Device.device).in_(keys), Device.refusals > 0
        )
    )
    return {(row.gateway, row.device) for row in rows}
