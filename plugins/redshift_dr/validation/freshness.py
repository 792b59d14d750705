"""How old the newest row was when the snapshot was taken. Pure.

The age is computed in the database: the newest timestamp itself is a value of a row.
"""

from datetime import UTC, datetime

from redshift_dr.config.drill import FreshnessCheck
from redshift_dr.validation.checks import Check, Result
from redshift_dr.validation.inventory import quoted


def freshness_sql(freshness: FreshnessCheck, snapshot_create_time: datetime) -> str:
    """One row: how many seconds before the snapshot the newest timestamp is; NULL without any."""
    schema, table, column = freshness.column.split(".")
    moment = snapshot_create_time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return (
        f"SELECT datediff(second, max(CAST({quoted(column)} AS timestamp)),"
        f" CAST('{moment}' AS timestamp)) FROM {quoted(schema)}.{quoted(table)}"
    )


def judge_freshness(
    freshness: FreshnessCheck, age_seconds: float | None, *, seconds: float, statements: int
) -> Check:
    """The check of one column.

    :param age_seconds: what :func:`freshness_sql` answered.
    """
    most = freshness.maximum_age_hours
    numbers: dict[str, float] = {"maximum_age_hours": most}
    result: Result = "failed"
    if age_seconds is None:
        message = "there is no timestamp at all"
    else:
        age = round(age_seconds / 3600, 2)
        numbers["age_hours"] = age
        message = f"the newest row is {age:g} hours older than the snapshot, at most {most:g}"
        result = "passed" if age_seconds <= most * 3600 else "failed"
    return Check(
        freshness.column, "freshness", "error", result, message, numbers, seconds, statements
    )
