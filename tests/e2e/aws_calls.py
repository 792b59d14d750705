"""The Redshift calls that reached the sandbox and changed something there."""

from typing import Any

from demo.accounts import Accounts

READING = ("Describe", "Get", "List")


def forget_calls(accounts: Accounts) -> None:
    """Empty the sandbox's log of calls."""
    accounts.control("DELETE", "calls")


def changing_calls(accounts: Accounts) -> list[dict[str, Any]]:
    """The successful calls of the service that were not for reading, in their order."""
    rows = accounts.control("GET", "calls")
    return [
        row
        for row in rows
        if row["service"] == "redshift"
        and row["status"] == 200
        and not row["operation"].startswith(READING)
    ]
