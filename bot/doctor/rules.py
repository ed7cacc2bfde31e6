"""The rules file: that it can be read, and says nothing that was surely not meant."""

from collections.abc import Sequence

from bot import rules
from bot.doctor.verdicts import Scene, Verdict, bad, good, warning
from bot.gateways import GATEWAYS

PART = "rules"
MOST = 5


def check_rules(scene: Scene) -> Sequence[Verdict]:
    """Look at the rules file as the worker reads it."""
    path = scene.runtime.settings.rules_file
    try:
        book = rules.load(path, gateways=GATEWAYS)
    except rules.RulesError as error:
        advice = "mend it: until then the last good rules stay in force, and no worker starts"
        return [bad(PART, str(problem), advice) for problem in error.problems[:MOST]]
    found = [
        warning(PART, str(problem), "flask rules check") for problem in rules.warnings(book)[:MOST]
    ]
    return found or [good(PART, f"{len(book.rules) + len(book.event_rules)} rules are good")]
