"""The send APIs of the gateways, in one explicit table."""

from bot.simulator.apis import csku, meta, rijan, wagate, whatsgate
from bot.simulator.calls import Api

APIS: dict[str, Api] = {
    "meta": Api(meta.answer, meta.REFUSALS),
    "wagate": Api(wagate.answer, wagate.REFUSALS),
    "rijan": Api(rijan.answer, rijan.REFUSALS),
    "csku": Api(csku.answer, csku.REFUSALS),
    "whatsgate": Api(whatsgate.answer, whatsgate.REFUSALS),
}
