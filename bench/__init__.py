"""Measures Balas: how fast it is beside other designs, and what it loses when parts are killed."""
