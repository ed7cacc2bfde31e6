"""Media: upload, the address of a file, and the file itself."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from bot.gateways.base import KIB, MIB, JsonObject
from bot.simulator.apis.meta.words import error, invalid, no_such_object
from bot.simulator.calls import Call, Reply, Situation, reply_json
from bot.simulator.files import sample

# What the sample webhooks refer to.
SAMPLES = {"900800700600501": "image", "900800700600502": "voice"}
LIMITS = {
    "image/jpeg": 5 * MIB,
    "image/png": 5 * MIB,
    "image/webp": 500 * KIB,
    **dict.fromkeys(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MIB),
    **dict.fromkeys(("video/mp4", "video/3gpp"), 16 * MIB),
}
DOCUMENT_LIMIT = 100 * MIB

_BOUNDARY = re.compile(r'multipart/form-data; ?boundary="?([^";]{1,70})"?')
_NAMED = re.compile(r'form-data; name="([^"]+)"(?:; filename="([^"]*)")?')


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form."""

    content: bytes = b""
    filename: str = ""
    mimetype: str = ""


def is_known(media_id: str, situation: Situation) -> bool:
    """Return whether media with this id exist."""
    return media_id in SAMPLES or media_id in situation.memory.get("media", {})


def upload(call: Call, situation: Situation, *, device: str) -> Reply:
    """Keep an uploaded file and answer with its id."""
    form = _read_form(call)
    if form is None:
        return invalid("the body must be multipart/form-data")
    file = form.get("file", FormField())
    mimetype = form.get("type", FormField()).content.decode("utf-8", "replace")
    if form.get("messaging_product", FormField()).content != b"whatsapp":
        return invalid("messaging_product must be whatsapp")
    if not file.filename or file.mimetype != mimetype or "/" not in mimetype:
        return invalid("file needs a name, and its type must be that of the field type")
    if mimetype.startswith(("image/", "audio/", "video/")) and mimetype not in LIMITS:
        return error(400, 131053, "the type of the file is not supported")
    if not 1 <= len(file.content) <= LIMITS.get(mimetype, DOCUMENT_LIMIT):
        return error(400, 131053, "the file is empty or too large")
    media_id = str(int(hashlib.sha256(situation.fresh_id().encode()).hexdigest()[:12], 16))
    situation.memory.setdefault("media", {})[media_id] = {
        "mimetype": mimetype,
        "content": file.content,
        "filename": file.filename,
        "device": device,
    }
    return reply_json(200, {"id": media_id})


def locate(call: Call, situation: Situation, *, media_id: str) -> Reply:
    """Answer with an address of media, which lives for a while only."""
    device = parse_qs(call.query).get("phone_number_id", [""])[-1]
    kept = situation.memory.get("media", {}).get(media_id, {})
    if device and kept.get("device", device) != device:
        return no_such_object()
    mimetype, content = _file(media_id, situation)
    ticket = hashlib.sha256(situation.fresh_id().encode()).hexdigest()[:16]
    if situation.memory.get("stale", 0) > 0:
        situation.memory["stale"] -= 1
    else:
        situation.memory.setdefault("addresses", {})[ticket] = media_id
    told = {
        "messaging_product": "whatsapp",
        "url": f"{call.base}/lookaside/{ticket}",
        "mime_type": mimetype,
        "sha256": hashlib.sha256(content).hexdigest(),
        "file_size": len(content),
        "id": media_id,
    }
    return reply_json(200, told)


def download(ticket: str, situation: Situation) -> Reply:
    """Answer with a file."""
    media_id = situation.memory.get("addresses", {}).get(ticket)
    if media_id is None or not is_known(media_id, situation):
        return Reply(status=404, body=b"", headers={"Content-Type": "text/plain"})
    mimetype, content = _file(media_id, situation)
    return Reply(status=200, body=content, headers={"Content-Type": mimetype})


def delete(media_id: str, situation: Situation) -> Reply:
    """Forget media."""
    if situation.memory.get("media", {}).pop(media_id, None) is None:
        return no_such_object()
    return reply_json(200, {"success": True})


def _file(media_id: str, situation: Situation) -> tuple[str, bytes]:
    if media_id in SAMPLES:
        return sample(SAMPLES[media_id])
    kept: JsonObject = situation.memory["media"][media_id]
    return kept["mimetype"], kept["content"]


def _read_form(call: Call) -> dict[str, FormField] | None:
    """Return the fields of a form, None if it is none."""
    boundary = _BOUNDARY.fullmatch(call.headers.get("content-type", ""))
    if boundary is None:
        return None
    mark = b"--" + boundary[1].encode("latin-1")
    first, *parts, last = (b"\r\n" + call.body).split(b"\r\n" + mark)
    if first or last.strip() != b"--":
        return None
    form = {}
    for part in parts:
        head, found, held = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (each.partition(": ") for each in lines)
        }
        named = _NAMED.fullmatch(headers.get("content-disposition", ""))
        if not found or named is None:
            return None
        form[named[1]] = FormField(held, named[2] or "", headers.get("content-type", ""))
    return form
