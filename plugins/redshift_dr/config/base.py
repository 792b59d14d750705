"""What the models of ``clusters.yaml`` share."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CRON_PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}

NO_TIMEZONES = ("posix/", "right/", "posixrules")
"""Files of the time zone database that are copies of others, or count leap seconds."""


class Model(BaseModel):
    """A part of the configuration: frozen, and without a field that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def checked_schedule(value: str) -> str:
    """Refuse what is not a schedule.

    :raises ValueError: neither a cron expression of five fields nor a preset.
    """
    if value in CRON_PRESETS:
        return value
    if len(value.split()) != 5 or not croniter.is_valid(value):
        raise ValueError(f"{value!r} is not a cron expression of five fields, such as '0 2 * * *'")
    return value


def checked_timezone(value: str) -> str:
    """Refuse what is not a time zone.

    :raises ValueError: no such IANA name.
    """
    # available_timezones() would open every file of the time zone database, in every task.
    try:
        known = ZoneInfo(value) is not None and not value.startswith(NO_TIMEZONES)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, such as Europe
        known = False
    if not known:
        raise ValueError(f"{value!r} is not an IANA time zone name, such as 'Europe/Paris'")
    return value


Schedule = Annotated[
    str,
    AfterValidator(checked_schedule),
    # An editor sees no more than the outline; whether a field is within its range, it cannot.
    Field(json_schema_extra={"pattern": rf"^({'|'.join(CRON_PRESETS)}|\s*\S+(\s+\S+){{4}}\s*)$"}),
]
"""A cron expression of five fields, or a preset."""

Timezone = Annotated[str, AfterValidator(checked_timezone)]
"""An IANA name, such as ``Europe/Paris``."""
