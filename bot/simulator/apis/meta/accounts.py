"""Phone numbers, and which apps are subscribed to a business account."""

from urllib.parse import parse_qs

from bot.gateways.base import JsonObject
from bot.simulator.apis.meta.words import invalid
from bot.simulator.calls import Call, Reply, Situation, is_json, read_fields, reply_json, text_in

OUR_APP = {
    "id": "670010000000001",
    "name": "Toko Melati",
    "link": "https://www.facebook.com/games/?app_id=670010000000001",
}
NUMBER = {
    "display_phone_number": "+62 812-0000-0099",
    "verified_name": "Toko Melati",
    "quality_rating": "GREEN",
    "name_status": "APPROVED",
    "status": "CONNECTED",
    "code_verification_status": "VERIFIED",
    "platform_type": "CLOUD_API",
}
# The app behind the dashboard's test numbers, which Meta subscribes by itself.
META_S_APP = {
    "id": "220000000000001",
    "name": "WA DevX Webhook Events 1P App",
    "link": "https://www.facebook.com/games/?app_id=220000000000001",
}
LONGEST_URL = 200


def phone_number(call: Call, situation: Situation, *, device: str) -> Reply:
    """Tell the fields of a phone number that were asked for."""
    told = {**NUMBER, **situation.memory.get("numbers", {}).get(device, {}), "id": device}
    if device in situation.offline:
        told["status"] = "DISCONNECTED"
    return _fields(call, told)


def app(call: Call) -> Reply:
    """Tell the fields that were asked for of the app that the token belongs to."""
    return _fields(call, OUR_APP)


def subscribed_apps(call: Call, situation: Situation, *, account: str) -> Reply:
    """Subscribe our app, end that, or list the apps that are subscribed."""
    subscriptions: dict[str, JsonObject] = situation.memory.setdefault("subscriptions", {})
    match call.method:
        case "GET":
            own = [subscriptions[account]] if account in subscriptions else []
            others = situation.memory.get("other_apps", [])
            rows = [*({"whatsapp_business_api_data": other} for other in others), *own]
            return reply_json(200, {"data": rows})
        case "DELETE":
            subscriptions.pop(account, None)
        case "POST":
            fields = (read_fields(call) if is_json(call) else None) or {}
            problem = _override_problem(fields)
            if problem:
                return invalid(problem)
            subscriptions[account] = _subscription(fields)
        case _:
            return invalid("use GET, POST or DELETE")
    return reply_json(200, {"success": True})


def _fields(call: Call, node: JsonObject) -> Reply:
    asked = parse_qs(call.query).get("fields", ["id"])[-1].split(",")
    if not set(asked) <= set(node):
        return invalid("tried to read a field that does not exist")
    return reply_json(200, {name: node[name] for name in {*asked, "id"}})


def _override_problem(fields: JsonObject) -> str:
    url = text_in(fields, "override_callback_uri")
    if bool(url) != bool(text_in(fields, "verify_token")):
        return "override_callback_uri and verify_token need each other"
    if url and not url.startswith("https://"):
        return "override_callback_uri must begin with https://"
    return "override_callback_uri is too long" if len(url) > LONGEST_URL else ""


def _subscription(fields: JsonObject) -> JsonObject:
    url = text_in(fields, "override_callback_uri")
    override = {"override_callback_uri": url} if url else {}
    return {"whatsapp_business_api_data": OUR_APP, **override}
