"""The operations on alarms that moto lacks, or stores without looking."""

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sandbox.accounts import OWN_ACCOUNT_IDS
from sandbox.alarms import validation


class SandboxCloudWatchResponse(CloudWatchResponse):
    """moto's CloudWatch API, with alarms that are checked and composite ones."""

    def put_metric_alarm(self) -> ActionResult:
        """Make or replace an alarm on one metric."""
        if self.current_account in OWN_ACCOUNT_IDS:
            validation.check_metric_alarm(self._get_params())
        return super().put_metric_alarm()

    def put_composite_alarm(self) -> ActionResult:
        """Make or replace an alarm on other alarms."""
        validation.check_composite_alarm(self._get_params())
        return super().put_metric_alarm()
