"""Who somebody is at Meta: a number, or a business-scoped user id where no number is told."""

from bot.gateways.numbers import number_in, phone_of


def person(number: str | None, user_id: str | None) -> str | None:
    """Return what is sent back as recipient: digits, else a business-scoped user id."""
    return phone_of(number) or number or user_id or None


def written(number: str | None) -> str | None:
    """Return a number as webhooks write it, from the way in which somebody once named it."""
    return number_in(number or "") or number
