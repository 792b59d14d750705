"""AWS::CloudWatch: alarms, composite alarms, dashboards.

Source: CloudFormation Template Reference, "Amazon CloudWatch".
"""

import json
from typing import Any

from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    refuse_existing,
    tag_changes,
    tag_list,
)


class _AnyAlarm(ResourceType):
    operation: str
    gone = ("ResourceNotFound", "ResourceNotFoundException")

    def create(self, context: Context, properties: Properties) -> Made:
        name = properties.get("AlarmName") or context.name(128)
        refuse_existing(name, lambda: self._find(context, name), self.gone)
        self._put(context, {**properties, "AlarmName": name})
        return Made(name, {"Arn": context.arn("cloudwatch", f"alarm:{name}")})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        # PutMetricAlarm takes tags for a new alarm only.
        untagged = {name: value for name, value in new.items() if name != "Tags"}
        self._put(context, {**untagged, "AlarmName": made.physical_id})
        _tag(context.client("cloudwatch"), made.attributes["Arn"], old, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("cloudwatch").delete_alarms(AlarmNames=[made.physical_id])

    def _find(self, context: Context, name: str) -> list[Any]:
        found = context.client("cloudwatch").describe_alarms(
            AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]

    def _put(self, context: Context, request: dict[str, Any]) -> None:
        getattr(context.client("cloudwatch"), self.operation)(**request)


class Alarm(_AnyAlarm):
    """An alarm on a metric or on an expression over metrics."""

    type_name = "AWS::CloudWatch::Alarm"
    operation = "put_metric_alarm"
    modelled = frozenset(
        {"ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "ComparisonOperator"}
        | {"DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile"}
        | {"EvaluationPeriods", "ExtendedStatistic", "InsufficientDataActions", "MetricName"}
        | {"Metrics", "Namespace", "OKActions", "Period", "Statistic", "Tags", "Threshold"}
        | {"ThresholdMetricId", "TreatMissingData", "Unit"}
    )


class CompositeAlarm(_AnyAlarm):
    """An alarm on other alarms."""

    type_name = "AWS::CloudWatch::CompositeAlarm"
    operation = "put_composite_alarm"
    modelled = frozenset(
        {"ActionsEnabled", "ActionsSuppressor", "ActionsSuppressorExtensionPeriod"}
        | {"ActionsSuppressorWaitPeriod", "AlarmActions", "AlarmDescription", "AlarmName"}
        | {"AlarmRule", "InsufficientDataActions", "OKActions", "Tags"}
    )


class Dashboard(ResourceType):
    """A dashboard."""

    type_name = "AWS::CloudWatch::Dashboard"
    modelled = frozenset({"DashboardBody", "DashboardName"})
    gone = ("ResourceNotFound", "DashboardNotFoundError")

    def create(self, context: Context, properties: Properties) -> Made:
        name = properties.get("DashboardName") or context.name(128)
        client = context.client("cloudwatch")
        refuse_existing(name, lambda: client.get_dashboard(DashboardName=name), self.gone)
        self._put(context, name, properties)
        return Made(name, {})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        self._put(context, made.physical_id, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("cloudwatch").delete_dashboards(DashboardNames=[made.physical_id])

    def _put(self, context: Context, name: str, properties: Properties) -> None:
        body = properties["DashboardBody"]
        written = body if isinstance(body, str) else json.dumps(body)
        context.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=written)


def _tag(client: Any, arn: str, old: Properties, new: Properties) -> None:
    to_set, to_remove = tag_changes(old, new)
    if to_set:
        client.tag_resource(ResourceARN=arn, Tags=tag_list(to_set))
    if to_remove:
        client.untag_resource(ResourceARN=arn, TagKeys=to_remove)
