"""Sensors that wait for Redshift."""
