"""The gateway documents' own example: verify, answer and send while the gateway waits.

Keeps nothing and knows no repeats. `python -m bench.peers.inline` runs Flask's development server,
as that example does.
"""

import os

from flask import Flask, Response, jsonify, request

from bench.peers.replies import is_signed, reply_to, send


def create_app() -> Flask:
    """Return the app."""
    app = Flask("inline")
    app.add_url_rule("/webhook/wagate", view_func=receive, methods=["POST"])
    return app


def receive() -> Response | tuple[Response, int]:
    """Answer a message inside the request that tells of it."""
    if not is_signed(request.headers.get("X-Webhook-Signature", ""), request.get_data()):
        return jsonify(error="unauthorised"), 401
    webhook = request.get_json()
    if webhook["event"] == "message":
        message = webhook["data"]
        reply = reply_to(message["message"])
        if reply:
            send(message["from"], reply)
    return jsonify(success=True)


if __name__ == "__main__":
    create_app().run(host="127.0.0.1", port=int(os.environ["PORT"]))
