"""Checks of a restored cluster: its inventory, SQL checks, freshness. Counts, never rows."""
