"""Operators that invoke the backup function."""
