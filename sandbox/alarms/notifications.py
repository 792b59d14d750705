"""What an alarm tells its topics, and whether a topic lets CloudWatch in.

Source: CloudWatch's messages to SNS as pages show them; CloudWatch User Guide and SNS Developer
Guide on encrypted topics (a key that AWS manages lets no alarm in). Not checked against AWS.
"""

import json
import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import CloudWatchException
from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends

from sandbox.service_access import DeniedToServiceError, check_service_may_publish

if TYPE_CHECKING:
    from sandbox.alarms.models import SandboxAlarm

_LOGGER = logging.getLogger(__name__)
_REGION_NAMES = {"us-east-1": "US East (N. Virginia)"}
_SUBJECT_LENGTH = 99
_SERVICE = "cloudwatch.amazonaws.com"


def notify(alarm: "SandboxAlarm", before: str) -> None:
    """Send the message of a change to the topics of the alarm's new state.

    A topic that is gone, or lets no alarm in, gets nothing; the sandbox's log says so.
    """
    actions = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }[alarm.state_value]
    region = _REGION_NAMES.get(str(alarm.region_name), str(alarm.region_name))
    subject = f'{alarm.state_value}: "{alarm.name}" in {region}'[:_SUBJECT_LENGTH]
    for arn in actions:
        try:
            check_service_may_publish(_SERVICE, arn, alarm.account_id, alarm.alarm_arn)
            backend = sns_backends[arn.split(":")[4]][arn.split(":")[3]]
            backend.publish(json.dumps(_message(alarm, before, region)), arn=arn, subject=subject)
        except (DeniedToServiceError, ServiceException, CloudWatchException) as error:
            _LOGGER.error("Alarm %s could not notify %s: %s", alarm.name, arn, error)


def _message(alarm: "SandboxAlarm", before: str, region: str) -> dict[str, Any]:
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": alarm.account_id,
        "AlarmConfigurationUpdatedTimestamp": _text(alarm.configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _text(alarm.state_updated_timestamp),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.rule is not None:
        return message | {"AlarmRule": alarm.rule}
    return message | {
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": alarm.statistic_name.upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"value": one.value, "name": one.name} for one in alarm.dimensions],
            "Period": int(alarm.period),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "DatapointsToAlarm": int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "missing",
            "EvaluateLowSampleCountPercentile": "",
        }
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
