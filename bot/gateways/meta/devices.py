"""Phone numbers at Meta: how they are, and whether the set-up around them is as it should be.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
"""

from collections.abc import Sequence

from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Exchange, Finding
from bot.gateways.errors import PermanentError
from bot.gateways.meta.graph import Graph, read_safe
from bot.gateways.meta.subscriptions import Subscription, our_app, subscriptions
from bot.gateways.numbers import normalise
from bot.gateways.reading import Payload, Text

FIELDS = "display_phone_number,verified_name,quality_rating,name_status,status"
# A number that is flagged or restricted may still answer; of the other words nothing is known.
STATES = {
    "CONNECTED": DeviceState.CONNECTED,
    "FLAGGED": DeviceState.CONNECTED,
    "RESTRICTED": DeviceState.CONNECTED,
    "BANNED": DeviceState.DISCONNECTED,
    "DELETED": DeviceState.DISCONNECTED,
    "DISCONNECTED": DeviceState.DISCONNECTED,
    "MIGRATED": DeviceState.DISCONNECTED,
    "OFFLINE": DeviceState.DISCONNECTED,
    "PENDING": DeviceState.DISCONNECTED,
    "UNVERIFIED": DeviceState.DISCONNECTED,
}
REGISTER = "run flask webhooks register meta"
ADVICE = (
    "create a token of a system user with whatsapp_business_messaging and "
    "whatsapp_business_management, and set META_ACCESS_TOKEN"
)


class PhoneNumber(Payload):
    """What Meta tells of a phone number."""

    display_phone_number: Text = None
    verified_name: Text = None
    quality_rating: Text = None
    name_status: Text = None
    status: Text = None


def report(graph: Graph) -> Exchange[DeviceReport]:
    """Ask how the phone number is."""
    response = yield graph.get(graph.number(), fields=FIELDS)
    told = PhoneNumber.model_validate(read_safe(response))
    words = {"quality": told.quality_rating, "name": told.name_status, "status": told.status}
    return DeviceReport(
        device=graph.device,
        state=STATES.get((told.status or "").upper()),
        reason=", ".join(f"{name} {word}" for name, word in words.items() if word),
        phone=_phone(told.display_phone_number),
        name=told.verified_name,
    )


def inspect(graph: Graph) -> Exchange[list[Finding]]:
    """Look at the token, the phone number, and the app's subscription to the account."""
    number = yield from _inspect_number(graph)
    subscription = yield from _inspect_subscription(graph)
    return [*number, subscription]


def _inspect_number(graph: Graph) -> Exchange[list[Finding]]:
    if not graph.device:
        advice = "set META_PHONE_NUMBER_ID, so that it can be looked at"
        return [Finding(ok=False, what="no phone number id is known", advice=advice)]
    try:
        told = yield from report(graph)
    except PermanentError as error:
        what = f"Meta does not let us look at the phone number: {error.reason}"
        return [Finding(ok=False, what=what, advice=ADVICE)]
    return [
        Finding(ok=True, what="the access token is valid"),
        Finding(
            ok=told.state is DeviceState.CONNECTED,
            what=f"the phone number is registered: {told.reason or 'Meta does not say'}",
            advice="" if told.state is DeviceState.CONNECTED else "look at it in WhatsApp Manager",
        ),
    ]


def _inspect_subscription(graph: Graph) -> Exchange[Finding]:
    if not graph.account.business_account_id:
        return Finding(
            ok=False,
            what="whether the app is subscribed to the account is not known",
            advice="set META_BUSINESS_ACCOUNT_ID, so that it can be looked at",
        )
    try:
        rows = yield from subscriptions(graph)
    except PermanentError as error:
        what = f"Meta does not let us look at the account: {error.reason}"
        return Finding(ok=False, what=what, advice=ADVICE)
    if not rows:
        return Finding(
            ok=False,
            what="no app is subscribed to the account, so Meta posts no webhooks",
            advice=REGISTER,
        )
    app = yield from our_app(graph)
    return _judge(rows, app)


def _judge(rows: Sequence[Subscription], app: str | None) -> Finding:
    """Return whether ours is among the apps that are subscribed."""
    names = ", ".join(row.app.name or row.app.id or "unnamed" for row in rows)
    ours = {row.is_of(app) for row in rows}
    if True in ours:
        return Finding(ok=True, what=f"our app is subscribed to the account, of: {names}")
    if None in ours:
        return Finding(
            ok=False,
            what=f"whether our app is subscribed to the account is not known, only: {names}",
            advice=f"unless one of them is your app, {REGISTER}",
        )
    return Finding(
        ok=False,
        what=f"only other apps are subscribed to the account: {names}; Meta posts nothing to us",
        advice=REGISTER,
    )


def _phone(written: str | None) -> str | None:
    """Return the number in what is made to be read: with or without plus sign, hyphens, spaces."""
    bare = (written or "").strip()
    return normalise(bare if bare.startswith("+") else f"+{bare}")
