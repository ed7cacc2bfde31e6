"""Who is let in, and which part of Meta's API a call is for.

What the double remembers (`Simulator.memory("meta")`): `media` by id, `read` and `typing` (the
messages that were marked), `addresses` (of media, by ticket), `stale` (how many of the next
addresses of media shall be past their time), `numbers` (what is told of phone numbers, by id),
`subscriptions` (by business account), `other_apps` (that are subscribed to every account),
`window` (whether only templates go to who has not written for 24 hours), `wrote` (when somebody
last wrote, by phone number id and sender).
"""

import re
from collections.abc import Callable

from bot.simulator.apis.meta import accounts, media, messages
from bot.simulator.apis.meta.words import error, no_such_object
from bot.simulator.calls import Call, Customer, Reply, Situation, bearer

Answer = Callable[..., Reply]

_NODE = re.compile(r"/v\d+\.\d+/([^/]+)/?")
_EDGE = re.compile(r"/v\d+\.\d+/([^/]+)/([a-z_]+)/?")
_FILE = re.compile(r"/lookaside/([0-9a-f]+)")


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call of `/v<NN>.0/<node>[/<edge>]`, or of an address of media."""
    token = bearer(call)
    if not token:
        return error(401, 0, "an access token is required", type_="AuthException")
    customer = situation.customer(token)
    if customer is None:
        return error(401, 190, "the access token cannot be read")
    file, edge, node = (pattern.fullmatch(call.path) for pattern in (_FILE, _EDGE, _NODE))
    if file and call.method == "GET":
        return media.download(file[1], situation)
    if edge:
        return _edge(call, situation, customer=customer, node=edge[1], edge=edge[2])
    if node and call.method == "GET":
        return _node(call, situation, customer=customer, node=node[1])
    if node and call.method == "DELETE":
        return media.delete(node[1], situation)
    return no_such_object()


def _edge(call: Call, situation: Situation, *, customer: Customer, node: str, edge: str) -> Reply:
    ours = not customer.business_id or customer.business_id == node
    if edge == "subscribed_apps" and ours:
        return accounts.subscribed_apps(call, situation, account=node)
    of_number: Answer | None = {
        ("POST", "messages"): messages.post,
        ("POST", "media"): media.upload,
    }.get((call.method, edge))
    if of_number is None or not customer.owns(node):
        return no_such_object()
    return of_number(call, situation, device=node)


def _node(call: Call, situation: Situation, *, customer: Customer, node: str) -> Reply:
    if node == "app":
        return accounts.app(call)
    if media.is_known(node, situation):
        return media.locate(call, situation, media_id=node)
    if not customer.owns(node) or "fields" not in call.query:
        return no_such_object()
    return accounts.phone_number(call, situation, device=node)
