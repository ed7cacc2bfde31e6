"""Figures for Prometheus: what was counted, and how things stand."""

from bot.metrics.route import init_app

__all__ = ["init_app"]
