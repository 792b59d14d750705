"""What the sandbox adds to moto, as one: put in place, pointed at the server, emptied, closed."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def _module(name: str) -> Any:
    return import_module(name) if find_spec(name) else None


def install() -> None:
    """Put the sandbox's own models in moto's places; a second call changes nothing."""
    for name in ("redshift", "redshiftdata", "awslambda"):
        _call(f"sandbox.{name}", "install")


def configure(url: str) -> None:
    """Tell functions where the sandbox is."""
    _call("sandbox.awslambda", "configure", url)


def reset() -> None:
    """Empty what moto's own reset does not know."""
    for name in ("awslambda", "redshift", "redshiftdata"):
        _call(f"sandbox.{name}", "reset")
    warehouse = _module("sandbox.warehouse")
    if warehouse and hasattr(warehouse, "WAREHOUSES"):
        warehouse.WAREHOUSES.reset()


def close() -> None:
    """End function processes and delete the data of clusters."""
    _call("sandbox.awslambda", "close")
    warehouse = _module("sandbox.warehouse")
    if warehouse and hasattr(warehouse, "WAREHOUSES"):
        warehouse.WAREHOUSES.close()


def _call(name: str, function: str, *arguments: Any) -> None:
    try:
        module = _module(name)
    except ImportError:
        return
    if hasattr(module, function):
        getattr(module, function)(*arguments)


def has_data_api() -> bool:
    """Tell whether the Data API is there."""
    return hasattr(_module("sandbox.redshiftdata"), "install")
