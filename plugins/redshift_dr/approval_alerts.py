"""The page of an approval that failed."""

from redshift_dr.notifications import RedshiftBackupFailedNotifier


class RedshiftApprovalFailedNotifier(RedshiftBackupFailedNotifier):
    """The page of a run that asks a person: unanswered, or it could not do what was approved."""

    kind = "approval_failed"
    headline = "Redshift approval failed"
