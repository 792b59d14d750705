"""UNLOAD."""
from sandbox.warehouse.errors import NotModelledError
def run_unload(reader, session):
    raise NotModelledError("UNLOAD")
