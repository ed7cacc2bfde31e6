"""Small genuine files, so that what is fetched or sent as media has the content it claims."""

import re
import struct
import zlib

from bot.simulator.calls import Call, Reply

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
# The beginning of each format is what tells it; nobody plays these.
OGG = b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead\x01\x01" + bytes(9)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(16)
WEBP = b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11" + bytes(5)

# Where a double keeps the files that its webhooks name, below the gateway's own address.
_PATH = re.compile(r"/files/(\w+)")


def picture() -> bytes:
    """Return a PNG of one pixel."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x80\x00")
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def sample(kind: str) -> tuple[str, bytes]:
    """Return the mimetype and the bytes of a file for a kind of message."""
    return {
        "image": ("image/png", picture()),
        "video": ("video/mp4", MP4),
        "audio": ("audio/ogg", OGG),
        "voice": ("audio/ogg", OGG),
        "sticker": ("image/webp", WEBP),
    }.get(kind, ("application/pdf", PDF))


def file_asked_for(call: Call, *, below: str = "") -> Reply | None:
    """Return the file at `<below>/files/<kind>`, None where a call asks for something else."""
    found = _PATH.fullmatch(call.path.removeprefix(below))
    if not found or call.method != "GET" or not call.path.startswith(below):
        return None
    mimetype, content = sample(found[1])
    return Reply(status=200, body=content, headers={"Content-Type": mimetype})
