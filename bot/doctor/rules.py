"""The rules file: that it can be read, and says nothing that was surely not meant."""

from collections.abc import Sequence

from bot import rules
from bot.doctor.verdicts import Scene, Verdict, bad, good, warning
from bot.extend import beside
from bot.gateways import GATEWAYS
from bot.rules.lint.places import of_flow, of_rules

PART = "rules"
MOST = 5
# Stands in the shipped file; no subscriber's number begins so.
NOBODY = "620000000000"


def check_rules(scene: Scene) -> Sequence[Verdict]:
    """Look at the rules file as the worker reads it."""
    path = scene.runtime.settings.rules_file
    try:
        book = rules.load(path, gateways=GATEWAYS, extend=beside(path))
    except rules.RulesError as error:
        advice = "mend it: until then the last good rules stay in force, and no worker starts"
        return [bad(PART, str(problem), advice) for problem in error.problems[:MOST]]
    found = [
        warning(PART, str(problem), "flask rules check")
        for problem in rules.warnings(book, now=scene.now())[:MOST]
    ]
    gateways = scene.runtime.gateways.items()
    echoes = {name: gateway.capabilities.echoes for name, gateway in gateways}
    found += [
        warning(PART, sentence, "or write takeover: off, if that is all right")
        for sentence in rules.unheard(book, echoes=echoes)
    ]
    found += [
        warning(PART, f'the admin "{name}" has the number of the example', "write your own number")
        for name, admin in book.admins.items()
        if admin.to == NOBODY
    ]
    if scene.runtime.settings.http_signing_secret is None and _asks(book):
        what = "what `http` asks is not signed: anybody can pass for Balas there"
        found.append(warning(PART, what, "set HTTP_SIGNING_SECRET, and check it at the address"))
    return found or [good(PART, f"{len(book.rules) + len(book.event_rules)} rules are good")]


def _asks(book: rules.Book) -> bool:
    """Return whether the rules ask an address."""
    flows = (actions for flow in book.flows.values() for actions in of_flow(flow))
    return any(actions.asking for actions in (*of_rules(book), *flows))
