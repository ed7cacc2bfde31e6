"""What is said of each alert, in both languages: short, and in no words of a programmer's."""

from collections.abc import Mapping

from bot.alerts.kinds import AlertKind

Texts = Mapping[AlertKind, str]

OPEN: Mapping[str, Texts] = {
    "id": {
        AlertKind.MESSAGE_DEAD: "{messages} dari {place} tidak terkirim{reasons}.",
        AlertKind.MESSAGE_FAILED: (
            "{messages} dari {place} diterima gateway tetapi tidak sampai{reasons}."
        ),
        AlertKind.MESSAGE_HELD: "{messages} dari {place} ditahan{reasons}.",
        AlertKind.DEVICE_OFFLINE: (
            "{place} terputus sejak {since}. Pesan keluar menunggu sampai tersambung lagi."
        ),
        AlertKind.DEVICE_REFUSED: (
            "{place}: token ditolak gateway sejak {since}. Pesan keluar menunggu; periksa token."
        ),
        AlertKind.DEVICE_RESTING: (
            "{place} ditolak gateway sejak {since}{because}. Pesan keluar menunggu{resets}."
        ),
        AlertKind.QUOTA_LOW: "Kuota {place} tinggal {remaining} dari {limit}{resets}.",
        AlertKind.QUOTA_EXHAUSTED: "Kuota {place} habis. Pesan keluar menunggu{resets}.",
        AlertKind.BREAKER_OPEN: (
            "{place} tidak menjawab dengan baik sejak {since} ({hosts}). Pesan keluar menunggu."
        ),
        AlertKind.WEBHOOK_FORGED: (
            "Webhook dengan tanda tangan salah atas nama {place} ({since}). "
            "Bandingkan secret di sini dengan yang di gateway."
        ),
        AlertKind.WEBHOOK_FAILING: (
            "{webhooks} berturut-turut dari {place} tidak diterima. "
            "Setelah {left} lagi gateway mematikan webhook."
        ),
        AlertKind.INBOUND_SILENT: (
            "Tidak ada webhook dari {place} selama {hours} buka, sejak {since}. "
            "Periksa apakah webhook di gateway masih aktif."
        ),
        AlertKind.EVENT_FAILED: "{events} dari {place} gagal diproses.",
        AlertKind.RULES_BROKEN: (
            "Ada kesalahan di {file}{on_line}, jadi perubahannya belum dipakai. "
            "Bot tetap menjawab dengan aturan sebelumnya."
        ),
    },
    "en": {
        AlertKind.MESSAGE_DEAD: "{messages} from {place} {were} not sent{reasons}.",
        AlertKind.MESSAGE_FAILED: (
            "{messages} from {place} {were} taken by the gateway and not delivered{reasons}."
        ),
        AlertKind.MESSAGE_HELD: "{messages} from {place} {are} held{reasons}.",
        AlertKind.DEVICE_OFFLINE: (
            "{place} is offline since {since}. What is to be sent waits until it is back."
        ),
        AlertKind.DEVICE_REFUSED: (
            "{place}: the gateway refuses the token since {since}. What is to be sent waits; "
            "check the token."
        ),
        AlertKind.DEVICE_RESTING: (
            "{place}: the gateway refuses what is sent since {since}{because}. "
            "What is to be sent waits{resets}."
        ),
        AlertKind.QUOTA_LOW: "{place} has {remaining} of {limit} messages left{resets}.",
        AlertKind.QUOTA_EXHAUSTED: "{place} has no quota left. What is to be sent waits{resets}.",
        AlertKind.BREAKER_OPEN: (
            "{place} does not answer properly since {since} ({hosts}). What is to be sent waits."
        ),
        AlertKind.WEBHOOK_FORGED: (
            "A webhook in the name of {place} had a wrong signature ({since}). "
            "Compare the secret here with the gateway's."
        ),
        AlertKind.WEBHOOK_FAILING: (
            "{webhooks} in a row from {place} {were} not taken. "
            "After {left} more the gateway switches the webhook off."
        ),
        AlertKind.INBOUND_SILENT: (
            "No webhook came from {place} for {hours}, since {since}. "
            "Check whether the webhook is still on at the gateway."
        ),
        AlertKind.EVENT_FAILED: "{events} from {place} failed.",
        AlertKind.RULES_BROKEN: (
            "There is a mistake in {file}{on_line}, so what was changed is not used yet. "
            "The bot goes on with the rules before it."
        ),
    },
}
CLOSED: Mapping[str, Texts] = {
    "id": {
        AlertKind.MESSAGE_DEAD: "{place}: sehari ini tidak ada lagi pesan yang tidak terkirim.",
        AlertKind.MESSAGE_FAILED: "{place}: sehari ini tidak ada lagi pesan yang tidak sampai.",
        AlertKind.MESSAGE_HELD: "{place}: tidak ada lagi pesan yang ditahan.",
        AlertKind.DEVICE_OFFLINE: "{place} tersambung lagi (terputus sejak {since}).",
        AlertKind.DEVICE_REFUSED: "{place}: token diterima lagi.",
        AlertKind.DEVICE_RESTING: "{place} boleh mengirim lagi.",
        AlertKind.QUOTA_LOW: "Kuota {place} cukup lagi.",
        AlertKind.QUOTA_EXHAUSTED: "Kuota {place} tersedia lagi; pesan yang menunggu dikirim.",
        AlertKind.BREAKER_OPEN: "{place} menjawab lagi (terganggu sejak {since}).",
        AlertKind.WEBHOOK_FORGED: "{place}: sehari ini tidak ada lagi tanda tangan yang salah.",
        AlertKind.WEBHOOK_FAILING: "Webhook dari {place} diterima lagi.",
        AlertKind.INBOUND_SILENT: "Webhook dari {place} datang lagi.",
        AlertKind.EVENT_FAILED: "{place}: tidak ada lagi webhook yang gagal diproses.",
        AlertKind.RULES_BROKEN: "{file} sudah benar dan sekarang dipakai.",
    },
    "en": {
        AlertKind.MESSAGE_DEAD: "{place}: no message was given up for a day.",
        AlertKind.MESSAGE_FAILED: "{place}: no message failed to be delivered for a day.",
        AlertKind.MESSAGE_HELD: "{place}: no message is held any more.",
        AlertKind.DEVICE_OFFLINE: "{place} is connected again (it was offline since {since}).",
        AlertKind.DEVICE_REFUSED: "{place}: the token is accepted again.",
        AlertKind.DEVICE_RESTING: "{place} may send again.",
        AlertKind.QUOTA_LOW: "{place} has enough quota again.",
        AlertKind.QUOTA_EXHAUSTED: "{place} has quota again; what waited is being sent.",
        AlertKind.BREAKER_OPEN: "{place} answers again (it was in trouble since {since}).",
        AlertKind.WEBHOOK_FORGED: "{place}: no signature was wrong for a day.",
        AlertKind.WEBHOOK_FAILING: "Webhooks from {place} are taken again.",
        AlertKind.INBOUND_SILENT: "Webhooks come from {place} again.",
        AlertKind.EVENT_FAILED: "{place}: no webhook is left that failed.",
        AlertKind.RULES_BROKEN: "{file} is good again, and in force now.",
    },
}
# What is said in other words when it is worse, or a little different.
QR: Mapping[str, str] = {
    "id": "{place} menunggu kode QR dipindai sejak {since}. Pesan keluar menunggu.",
    "en": "{place} waits since {since} for its QR code to be scanned. What is to be sent waits.",
}
SWITCHED_OFF: Mapping[str, str] = {
    "id": "{webhooks} berturut-turut dari {place} tidak diterima. Gateway mungkin sudah "
    "mematikan webhook: nyalakan lagi di dashboard.",
    "en": "{webhooks} in a row from {place} {were} not taken. The gateway may have switched "
    "the webhook off: switch it on again in its dashboard.",
}
ONLY_FORGED: Mapping[str, str] = {
    "id": "{webhooks} berturut-turut atas nama {place} bertanda tangan salah. Mungkin orang lain; "
    "kalau itu gateway sendiri, pesan pelanggan tidak masuk: bandingkan secret.",
    "en": "{webhooks} in a row in the name of {place} had a wrong signature. It may be a stranger; "
    "if it is the gateway, customers' messages are lost: compare the secrets.",
}
GONE: Mapping[str, str] = {
    "id": "{place} tidak dipakai lagi di sini.",
    "en": "{place} is not configured here any more.",
}
# For gateways that post no webhooks either without quota.
SILENT: Mapping[str, str] = {
    "id": " Pesan pelanggan juga tidak sampai ke bot sampai kuota ada lagi: balas dari HP.",
    "en": " Customers' messages do not reach the bot either until then: answer from the phone.",
}
WAS_SILENT: Mapping[str, str] = {
    "id": " Pesan yang masuk selama kuota habis tidak dibalas bot; periksa di HP.",
    "en": " The bot answers nothing that came while there was none: look at the phone.",
}
ON_LINE: Mapping[str, str] = {"id": " baris {}", "en": " on line {}"}
STILL: Mapping[str, str] = {"id": "Masih: ", "en": "Still: "}
RESETS: Mapping[str, str] = {"id": ", sampai {}", "en": ", until {}"}
MORE: Mapping[str, str] = {"id": " Dan {} yang serupa.", "en": " And {} more like it."}
SEE: Mapping[str, str] = {"id": " Lihat: {}", "en": " See: {}"}
COMMANDS: Texts = {
    AlertKind.MESSAGE_DEAD: "flask messages list --state dead",
    AlertKind.MESSAGE_FAILED: "flask messages list --state failed",
    AlertKind.MESSAGE_HELD: "flask messages list --state held",
    AlertKind.EVENT_FAILED: "flask events list --state failed",
    AlertKind.RULES_BROKEN: "flask rules check",
}
MORE_COMMAND = "flask alerts"

# One, and several.
COUNTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "id": {
        "messages": ("{} pesan", "{} pesan"),
        "webhooks": ("{} webhook", "{} webhook"),
        "events": ("{} webhook", "{} webhook"),
        "were": ("", ""),
        "are": ("", ""),
    },
    "en": {
        "messages": ("{} message", "{} messages"),
        "webhooks": ("{} webhook", "{} webhooks"),
        "events": ("{} webhook", "{} webhooks"),
        "were": ("was", "were"),
        "are": ("is", "are"),
    },
}
HOURS: Mapping[str, tuple[str, str]] = {
    "id": ("{} jam", "{} jam"),
    "en": ("{} opening hour", "{} opening hours"),
}

GATEWAY_TROUBLE = ("gateway bermasalah", "trouble at the gateway")
NOT_POSSIBLE = ("tidak bisa dikirim lewat gateway ini", "this gateway cannot send such a thing")
NO_REASON = ("tanpa alasan", "no reason given")
# Whatever has no words of its own.
OTHER_REASON = ("sebab lain", "another reason")
CODE = ("kode {}", "code {}")
LANGUAGES = ("id", "en")
# What is to be said for the class of an error.
REASONS: Mapping[str, tuple[str, str]] = {
    "DeviceOffline": ("perangkat terputus", "the device is offline"),
    "NotAuthorised": ("token ditolak gateway", "the gateway refuses the token"),
    "NotContent": ("isi pesan tidak bisa dikirim", "what it says cannot be sent"),
    "NotSupported": NOT_POSSIBLE,
    "OutcomeUnknown": GATEWAY_TROUBLE,
    "OutsideWindow": ("menunggu pelanggan menulis lagi", "the customer has to write first"),
    "QuotaExhausted": ("kuota habis", "no quota is left"),
    "RateLimited": ("terlalu cepat untuk gateway", "too fast for the gateway"),
    "Rejected": ("ditolak gateway", "the gateway refuses it"),
    "TransientError": GATEWAY_TROUBLE,
    "Unreachable": GATEWAY_TROUBLE,
    "expired": ("terlalu lama menunggu", "it waited too long"),
    "unknown": NO_REASON,
}
# Why messages are held.
HELD: Mapping[str, tuple[str, str]] = {
    "unknown": (
        "mungkin sudah terkirim, mungkin belum: lihat di chat",
        "perhaps sent, perhaps not: look at the chat",
    ),
    "window": REASONS["OutsideWindow"],
}
