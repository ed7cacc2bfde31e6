"""What a look at the database finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.alerts.kinds import AlertKind

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is so now. A higher `level` is worse, and told again at once.

    What is not bad enough to be an alert, or not sure, `opens` none, and leaves one open.
    With `for_admins` false, only an address is told of it. `details` are JSON: no text of a
    message, no phone number, no secret. `event_key` tells one time from the next, where it is
    announced to the inbox as well.
    """

    kind: AlertKind
    gateway: str = ""
    device: str = ""
    count: int = 1
    level: int = 0
    opens: bool = True
    for_admins: bool = True
    details: Mapping[str, Any] = field(default_factory=dict)
    event_key: str = ""

    @property
    def key(self) -> Key:
        """Return what only one open alert can have."""
        return (self.kind, self.gateway, self.device)

    @property
    def reasons(self) -> frozenset[str]:
        """Return the words for why it is so, where there are several."""
        return frozenset(self.details.get("reasons", ()))
