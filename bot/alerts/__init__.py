"""Alerts: what a person should know of is found, kept as a row, and told once."""
