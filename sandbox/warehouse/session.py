"""A user's connection to one database."""

from sandbox.warehouse.access import User
from sandbox.warehouse.cluster import Warehouse
from sandbox.warehouse.results import Result


class Session:
    """Runs statements of one user in one database; its owner holds the warehouse's lock."""

    def __init__(self, warehouse: Warehouse, database: str, user: User) -> None:
        self.warehouse = warehouse
        self.database = database
        self.user = user
        self._connection = warehouse.engine.connect(database)

    def execute(self, sql: str) -> Result:
        """Run one statement."""
        self.warehouse.changed()
        rows = self._connection.execute(sql).fetchall()
        return Result(row_count=len(rows), rows=rows)
