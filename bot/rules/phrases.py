"""What the bot says by itself where the file gives no text, in the language of the settings."""

from collections.abc import Mapping

# Told to an admin when a rule hands a contact over; a template like any text of the file.
HANDED_OVER: Mapping[str, str] = {
    "id": (
        '{{ contact.name or "Seorang kontak" }}{% if contact.phone %} ({{ contact.phone }})'
        "{% endif %} menunggu jawaban Anda. Bot diam dulu di chat itu."
    ),
    "en": (
        '{{ contact.name or "A contact" }}{% if contact.phone %} ({{ contact.phone }})'
        "{% endif %} is waiting for your answer. The bot is silent in that chat for now."
    ),
}
