"""A small sales warehouse: what its tables are, and the same rows every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

SCHEMA = "sales"
_FIRST_DAY = date(2025, 1, 1)
_COUNTRIES = ("DE", "FR", "GB", "JP", "US")
_CATEGORIES = ("books", "garden", "kitchen", "music", "toys")


@dataclass(frozen=True)
class Table:
    """One table: its definition and its rows."""

    name: str
    columns: str
    rows: tuple[tuple[Any, ...], ...]

    @property
    def definition(self) -> str:
        """The statement that creates the table."""
        return f"CREATE TABLE {SCHEMA}.{self.name} ({self.columns})"

    @property
    def insertion(self) -> str:
        """The statement that fills the table."""
        rows = ", ".join(f"({', '.join(map(_literal, row))})" for row in self.rows)
        return f"INSERT INTO {SCHEMA}.{self.name} VALUES {rows}"


def tables() -> tuple[Table, ...]:
    """Return the warehouse: 120 customers, 40 products, 600 orders."""
    return (
        Table(
            "customers",
            "customer_id INTEGER NOT NULL, name VARCHAR(64) NOT NULL, country CHAR(2), "
            "signed_up DATE",
            tuple(_customers()),
        ),
        Table(
            "products",
            "product_id INTEGER NOT NULL, name VARCHAR(64) NOT NULL, category VARCHAR(16), "
            "price DECIMAL(10,2)",
            tuple(_products()),
        ),
        Table(
            "orders",
            "order_id BIGINT NOT NULL, customer_id INTEGER NOT NULL, product_id INTEGER NOT NULL, "
            "quantity INTEGER, amount DECIMAL(12,2), ordered_on DATE",
            tuple(_orders()),
        ),
    )


def _customers() -> Iterator[tuple[Any, ...]]:
    for number in range(1, 121):
        signed_up = _FIRST_DAY + timedelta(days=number * 3)
        yield number, f"Customer {number:03}", _COUNTRIES[number % 5], signed_up.isoformat()


def _products() -> Iterator[tuple[Any, ...]]:
    for number in range(1, 41):
        yield number, f"Product {number:02}", _CATEGORIES[number % 5], _price(number)


def _orders() -> Iterator[tuple[Any, ...]]:
    for number in range(1, 601):
        product, quantity = number * 7 % 40 + 1, number % 4 + 1
        ordered_on = _FIRST_DAY + timedelta(days=number % 365)
        amount = f"{float(_price(product)) * quantity:.2f}"
        yield number, number * 11 % 120 + 1, product, quantity, amount, ordered_on.isoformat()


def _price(product: int) -> str:
    return f"{4.5 + product * 1.25:.2f}"


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
