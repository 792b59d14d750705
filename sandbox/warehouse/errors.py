"""What can go wrong with SQL, as Redshift says it.

::

    WarehouseError
    ├── SqlError                 the statement is wrong; the text reads like Redshift's
    │   └── NotModelledError     Redshift can do it, the sandbox cannot: refused, never guessed
    ├── StatementCancelledError  interrupted from outside
    └── NoSuchWarehouseError     no data for this cluster (KeyError: a fault of the caller)
"""


class WarehouseError(Exception):
    """Root of the tree."""


class SqlError(WarehouseError):
    """A statement that Redshift would refuse; ``str()`` starts with ``ERROR:``."""

    def __init__(self, message: str) -> None:
        super().__init__(message if message.startswith("ERROR:") else f"ERROR: {message}")


class NotModelledError(SqlError):
    """SQL that is good on Redshift and that the sandbox does not imitate."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not modelled by the sandbox (Redshift may accept it)")


class StatementCancelledError(WarehouseError):
    """The statement was interrupted before its end."""


class NoSuchWarehouseError(WarehouseError, KeyError):
    """A cluster or an image that has no data here."""

    def __str__(self) -> str:
        return str(self.args[0])
