"""What both peers say and how they send it: a table of words, and requests."""

import hashlib
import hmac
import os

import requests

REPLIES = {
    "halo": "Halo Kak, ada yang bisa kami bantu?",
    "harga": "Harga produk kami mulai dari Rp 50.000.",
    "order": "Untuk memesan, ketik: ORDER [nama produk] [jumlah]",
    "cs": "Customer service kami siap membantu di 081200000099.",
    "jam": "Kami buka Senin-Jumat 09:00-17:00 WIB.",
}


def is_signed(signature: str, body: bytes) -> bool:
    """Return whether WAGate signed this body."""
    secret = os.environ["WAGATE_WEBHOOK_SECRET"].encode()
    expected = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


def reply_to(text: str) -> str | None:
    """Return the reply of the first word that occurs; it quotes the message that it answers."""
    for word, reply in REPLIES.items():
        if word in text.lower():
            return f"{reply} ({text})"
    return None


def send(to: str, text: str) -> str:
    """Send a text through WAGate and return its id."""
    url = f"{os.environ['WAGATE_API_URL']}/webhook/send/{os.environ['WAGATE_SESSION_ID']}"
    response = requests.post(
        url,
        headers={"Authorization": f"Bearer {os.environ['WAGATE_API_TOKEN']}"},
        json={"to": to, "message": text},
        timeout=10,
    )
    response.raise_for_status()
    message_id: str = response.json()["data"]["message_id"]
    return message_id
