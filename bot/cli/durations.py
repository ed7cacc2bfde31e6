"""Durations as a person writes them, the same way as in rules.yaml: 10m, 2h, 1h30m, 3d."""

from datetime import timedelta

import click

from bot.rules.values import read_duration


class Duration(click.ParamType[timedelta]):
    """Reads a duration into a timedelta."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return what was written, or fail with what was expected."""
        if isinstance(value, timedelta):
            return value
        try:
            found = read_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not found:
            self.fail("it must be longer than nothing", param, ctx)
        return found


DURATION = Duration()
