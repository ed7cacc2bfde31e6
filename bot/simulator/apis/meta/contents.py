"""What Meta accepts as the content of a message, and its limits."""

import re
from collections.abc import Callable
from typing import Any

from bot.gateways.base import JsonObject
from bot.simulator.calls import object_in, text_in

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
BUTTONS_BODY_LIMIT = 1024
AROUND_LIMIT = 60
BUTTONS_LIMIT = 3
BUTTON_TITLE_LIMIT = 20
BUTTON_ID_LIMIT = 256
SECTIONS_LIMIT = 10
ROWS_LIMIT = 10
ROW_TITLE_LIMIT = 24
ROW_ID_LIMIT = 200
DESCRIPTION_LIMIT = 72
CARDS_LIMIT = 257

_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,3})?")
_COMPONENTS = ("header", "body", "footer", "button", "carousel", "limited_time_offer")

Check = Callable[[JsonObject], str]


def content_problem(type_: str, content: Any) -> str:
    """Return what is wrong with a content of one of the TYPES, "" if nothing is."""
    if type_ == "contacts":
        return _contacts_problem(content)
    return _CHECKS[type_](content) if isinstance(content, dict) else f"{type_} must be an object"


def _text_problem(content: JsonObject) -> str:
    if not isinstance(content.get("preview_url", False), bool):
        return "preview_url must be true or false"
    return _length_problem(content, "body", limit=TEXT_LIMIT) or _foreign(
        content, "body", "preview_url"
    )


def _media_problem(content: JsonObject, *allowed: str) -> str:
    if bool(text_in(content, "id")) == bool(text_in(content, "link")):
        return "either id or link is required"
    if content.get("link") and not text_in(content, "link").startswith(("https://", "http://")):
        return "link is not a URL"
    if not isinstance(content.get("voice", False), bool):
        return "voice must be true or false"
    if len(text_in(content, "caption")) > CAPTION_LIMIT:
        return "caption is too long"
    return _foreign(content, "id", "link", *allowed)


def _foreign(content: JsonObject, *allowed: str) -> str:
    foreign = set(content) - set(allowed)
    return f"unexpected key {min(foreign)}" if foreign else ""


def _location_problem(content: JsonObject) -> str:
    for name, limit in (("latitude", 90), ("longitude", 180)):
        try:
            degrees = float(content[name])
        except (KeyError, TypeError, ValueError):
            return f"{name} must be a number"
        if not -limit <= degrees <= limit:
            return f"{name} is not on the earth"
    return _foreign(content, "latitude", "longitude", "name", "address")


def _contacts_problem(cards: Any) -> str:
    if not isinstance(cards, list) or not 1 <= len(cards) <= CARDS_LIMIT:
        return "between one and 257 contacts are required"
    for card in cards:
        name = object_in(card, "name") if isinstance(card, dict) else {}
        if not text_in(name, "formatted_name") or len(name) < 2:
            return "a contact needs a formatted_name and a part of the name"
        phones = card.get("phones", [])
        if not isinstance(phones, list) or not all(_is_phone(phone) for phone in phones):
            return "phones must be a list of objects with a phone"
    return ""


def _is_phone(phone: Any) -> bool:
    return isinstance(phone, dict) and bool(text_in(phone, "phone"))


def _reaction_problem(content: JsonObject) -> str:
    if not text_in(content, "message_id").startswith("wamid."):
        return "message_id is not the id of a message"
    return "" if isinstance(content.get("emoji"), str) else "emoji is required"


def _template_problem(content: JsonObject) -> str:
    if not _TEMPLATE_NAME.fullmatch(text_in(content, "name")):
        return "name is not the name of a template"
    if not _LANGUAGE.fullmatch(text_in(object_in(content, "language"), "code")):
        return "language is not a language"
    components = content.get("components", [])
    if not isinstance(components, list):
        return "components must be a list"
    if not all(_is_component(component) for component in components):
        return "a component needs a type, and parameters with types"
    return _foreign(content, "name", "language", "components")


def _is_component(component: Any) -> bool:
    if not isinstance(component, dict) or text_in(component, "type").lower() not in _COMPONENTS:
        return False
    parameters = component.get("parameters", [])
    return isinstance(parameters, list) and all(
        isinstance(each, dict) and each.get(text_in(each, "type")) for each in parameters
    )


def _interactive_problem(content: JsonObject) -> str:
    action = object_in(content, "action")
    around = _around_problem(content) or _foreign(
        content, "type", "header", "body", "footer", "action"
    )
    match content.get("type"):
        case "button":
            return (
                around
                or _length_problem(object_in(content, "body"), "text", limit=BUTTONS_BODY_LIMIT)
                or _buttons_problem(action.get("buttons"))
            )
        case "list":
            return (
                around
                or _length_problem(object_in(content, "body"), "text", limit=TEXT_LIMIT)
                or _length_problem(action, "button", limit=BUTTON_TITLE_LIMIT)
                or _sections_problem(action.get("sections"))
            )
    return "interactive type must be button or list"


def _around_problem(content: JsonObject) -> str:
    header, footer = object_in(content, "header"), object_in(content, "footer")
    if "header" in content and header.get("type") != "text":
        return "header must have the type text"
    if "header" in content and (problem := _length_problem(header, "text", limit=AROUND_LIMIT)):
        return f"header: {problem}"
    if "footer" in content and (problem := _length_problem(footer, "text", limit=AROUND_LIMIT)):
        return f"footer: {problem}"
    return ""


def _buttons_problem(buttons: object) -> str:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= BUTTONS_LIMIT:
        return "between one and three buttons are allowed"
    replies = [
        object_in(each, "reply") if isinstance(each, dict) and each.get("type") == "reply" else {}
        for each in buttons
    ]
    return _choices_problem(replies, title_limit=BUTTON_TITLE_LIMIT, id_limit=BUTTON_ID_LIMIT)


def _sections_problem(sections: object) -> str:
    if not isinstance(sections, list) or not 1 <= len(sections) <= SECTIONS_LIMIT:
        return "between one and ten sections are required"
    known = [section if isinstance(section, dict) else {} for section in sections]
    if not all(isinstance(section.get("rows"), list) and section["rows"] for section in known):
        return "a section needs rows"
    titles = [text_in(section, "title") for section in known]
    if (len(known) > 1 and not all(titles)) or any(len(each) > ROW_TITLE_LIMIT for each in titles):
        return "a section needs a title of 24 characters at most"
    rows = [row if isinstance(row, dict) else {} for section in known for row in section["rows"]]
    if not 1 <= len(rows) <= ROWS_LIMIT:
        return "between one and ten rows are allowed in all"
    if any(len(text_in(row, "description")) > DESCRIPTION_LIMIT for row in rows):
        return "a description is too long"
    return _choices_problem(rows, title_limit=ROW_TITLE_LIMIT, id_limit=ROW_ID_LIMIT)


def _choices_problem(choices: list[JsonObject], *, title_limit: int, id_limit: int) -> str:
    ids = [text_in(choice, "id") for choice in choices]
    if not all(ids) or len(set(ids)) < len(ids) or any(len(each) > id_limit for each in ids):
        return "every choice needs an id of its own, which is not too long"
    problems = (_length_problem(choice, "title", limit=title_limit) for choice in choices)
    return next(filter(None, problems), "")


def _length_problem(fields: JsonObject, name: str, *, limit: int) -> str:
    return (
        "" if 1 <= len(text_in(fields, name)) <= limit else f"{name} needs 1 to {limit} characters"
    )


_CHECKS: dict[str, Check] = {
    "text": _text_problem,
    "image": lambda content: _media_problem(content, "caption"),
    "video": lambda content: _media_problem(content, "caption"),
    "document": lambda content: _media_problem(content, "caption", "filename"),
    "audio": lambda content: _media_problem(content, "voice"),
    "sticker": _media_problem,
    "location": _location_problem,
    "reaction": _reaction_problem,
    "template": _template_problem,
    "interactive": _interactive_problem,
}
TYPES = frozenset({*_CHECKS, "contacts"})
