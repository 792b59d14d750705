"""Settings and requests for tests of what an event and a deployment may say."""

from typing import Any

from redshift_backup.caller import Caller
from redshift_backup.request import Request, parse_request
from redshift_backup.settings import Settings, read_settings
from tests.unit.redshift_backup.builders import NOW, SOURCE, TARGET

CALLER = Caller(SOURCE, "aca-redshift-backup", "request-1", f"arn:aws:redshift:us-east-1:{SOURCE}")
ENVIRONMENT = {"CLUSTER_IDENTIFIER": "orders", "TARGET_ACCOUNT_ID": TARGET}


def settings(**variables: str) -> Settings:
    """Read the settings of a deployment with these variables too."""
    return read_settings(ENVIRONMENT | variables)


def parse(event: Any, **variables: str) -> Request:
    """Parse an event in the source account at ``NOW``."""
    return parse_request(event, settings(**variables), CALLER, now=NOW)
