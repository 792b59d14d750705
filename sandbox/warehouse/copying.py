"""COPY."""
from sandbox.warehouse.errors import NotModelledError
def run_copy(reader, session):
    raise NotModelledError("COPY")
