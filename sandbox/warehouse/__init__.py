"""The data of clusters: DuckDB files that are frozen into snapshots and restored from them."""

from sandbox.warehouse.registry import WAREHOUSES

__all__ = ["WAREHOUSES"]
