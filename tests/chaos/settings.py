"""What the processes of a stage are told: five gateways, and rules that send each text back."""

GATEWAYS = ("wagate", "meta", "rijan", "whatsgate", "csku")
RULES = """
version: 1
settings: {max_age: 1d}
rules:
  - {id: gema, match: {type: text}, reply: "{{ message.text }}"}
"""
SETTINGS = {
    "META_APP_SECRET": "rahasia-meta",
    "META_ACCESS_TOKEN": "token-meta",
    "WAGATE_WEBHOOK_SECRET": "rahasia-wagate",
    "WAGATE_API_TOKEN": "token-wagate",
    "RIJAN_WEBHOOK_SECRET": "rahasia-rijan",
    "RIJAN_API_KEY": "key-rijan",
    "WHATSGATE_WEBHOOK_TOKEN": "rahasia-whatsgate",
    "WHATSGATE_API_KEY": "key-whatsgate",
    "CSKU_WEBHOOK_SECRET": "rahasia-csku",
    "CSKU_API_KEY": "key-csku",
    "CSKU_BUSINESS_ID": "biz_melati",
    "CSKU_SEND_PATH": "/v1/conversation/{conversation_id}/message",
    "BIND": "127.0.0.1",
    "LOG_LEVEL": "warning",
    # Long enough for the evidence that a restart delays.
    "UNKNOWN_WAIT_SECONDS": "10",
}
# Where rates would only make faults wait.
UNLIMITED = {
    f"{gateway.upper()}_{name}": "off"
    for gateway in GATEWAYS
    for name in ("RATE", "RECIPIENT_RATE")
}
