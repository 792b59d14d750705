"""Messages about runs: a failure, a recovery, a backup that is late."""

from redshift_dr.notifications.failed import (
    DRILL_TASKS,
    RedshiftApprovalFailedNotifier,
    RedshiftBackupFailedNotifier,
    RedshiftDrillFailedNotifier,
)
from redshift_dr.notifications.late import late_alerts
from redshift_dr.notifications.recovered import RedshiftRecoveredNotifier

__all__ = [
    "DRILL_TASKS",
    "RedshiftApprovalFailedNotifier",
    "RedshiftBackupFailedNotifier",
    "RedshiftDrillFailedNotifier",
    "RedshiftRecoveredNotifier",
    "late_alerts",
]
