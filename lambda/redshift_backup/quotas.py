"""What Service Quotas tells of Redshift's quotas. Reads only."""

from redshift_backup import errors
from redshift_backup.aws import client, our_errors

# "User snapshots" of Redshift, for one account and region.
_MANUAL_SNAPSHOTS_CODE = "L-2E428669"


def read_snapshot_quota() -> int | None:
    """Return how many manual snapshots the account may have; None if AWS does not tell."""
    try:
        with our_errors("GetServiceQuota", _MANUAL_SNAPSHOTS_CODE):
            reply = client("service-quotas").get_service_quota(
                ServiceCode="redshift", QuotaCode=_MANUAL_SNAPSHOTS_CODE
            )
    except errors.AwsError:
        # The default is still known, and the check says that it went by that.
        return None
    return int(reply["Quota"]["Value"])
