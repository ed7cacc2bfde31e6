"""Files that come with messages or go with them: kept once each, outside the database."""

from bot.media.store import MediaStore, NotStored, StoreAway, StoreError

__all__ = ["MediaStore", "NotStored", "StoreAway", "StoreError"]
