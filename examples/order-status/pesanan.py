"""Look orders up in the shop's own database, which any other program may fill."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.extend import Occasion, Said, task

STATES = {
    "paid": "sudah kami terima pembayarannya dan sedang dikemas",
    "sent": "sudah dikirim",
    "done": "sudah sampai",
}


def database() -> Path:
    """Return where the orders are: SHOP_DATABASE, or toko.sqlite3 beside this file."""
    return Path(os.environ.get("SHOP_DATABASE") or Path(__file__).with_name("toko.sqlite3"))


@task("lacak")
def track(occasion: Occasion) -> Said:
    """Tell how an order is; everybody hears of their own orders only."""
    number = f"INV-{occasion.captured['nomor']}"
    # A file that is not there would be made by connecting to it.
    address = f"{database().resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=5)) as connection:
        row = connection.execute(
            "SELECT state, receipt FROM orders WHERE number = ? AND phone = ?",
            (number, occasion.phone),
        ).fetchone()
    if row is None:
        return f"Pesanan {number} tidak kami temukan untuk nomor WhatsApp ini."
    state, receipt = row
    text = f"Pesanan {number} {STATES.get(state, 'sedang kami proses')}."
    if not receipt:
        return text
    return [f"{text} Nomor resi:", receipt]
