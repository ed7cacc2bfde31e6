"""Balas: receives WhatsApp webhooks, answers from one YAML file, keeps the history."""

__version__ = "0.1.0"
