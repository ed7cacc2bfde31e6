"""Sign and verify webhooks, in constant time and over raw bytes.

A header is a `str` that may hold any latin-1 character, and `hmac.compare_digest` raises
TypeError on a non-ASCII `str`, so everything is compared as bytes.
"""

import hashlib
import hmac
from collections.abc import Iterable


def hmac_sha256(secret: str, body: bytes) -> str:
    """Return the lower-case hexadecimal HMAC-SHA256 of `body`."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Return whether two strings are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(as_bytes(given), as_bytes(expected))


def signed_by(given: str, secrets: Iterable[str], body: bytes) -> bool:
    """Return whether `given` is the hexadecimal HMAC-SHA256 of `body` under one of `secrets`.

    Every secret is tried, so that the time taken does not tell which one matched.
    """
    results = [same(given, hmac_sha256(secret, body)) for secret in secrets]
    return any(results)


def among(given: str, secrets: Iterable[str]) -> bool:
    """Return whether `given` is one of `secrets`, for gateways that send the secret itself."""
    results = [same(given, secret) for secret in secrets]
    return any(results)


def as_bytes(text: str) -> bytes:
    """Encode anything that can stand in a header or a URL, lone surrogates included."""
    return text.encode("utf-8", "surrogatepass")
