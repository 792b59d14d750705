"""AWS::Logs: log groups and metric filters.

Source: CloudFormation Template Reference, "Amazon CloudWatch Logs".
"""

from typing import Any

from sandbox.cloudformation.errors import ResourceFailureError
from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    tag_changes,
    tag_map,
)


class LogGroup(ResourceType):
    """A log group."""

    type_name = "AWS::Logs::LogGroup"
    modelled = frozenset({"KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"})
    replaces = frozenset({"LogGroupClass"})
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("logs")
        name = properties.get("LogGroupName") or context.name(512)
        request: dict[str, Any] = {"tags": tag_map(properties.get("Tags"))}
        if "KmsKeyId" in properties:
            request["kmsKeyId"] = properties["KmsKeyId"]
        if "LogGroupClass" in properties:
            request["logGroupClass"] = properties["LogGroupClass"]
        client.create_log_group(logGroupName=name, **request)
        context.exists(name)
        if "RetentionInDays" in properties:
            client.put_retention_policy(
                logGroupName=name, retentionInDays=properties["RetentionInDays"]
            )
        return Made(name, {"Arn": context.arn("logs", f"log-group:{name}:*")})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, name = context.client("logs"), made.physical_id
        if old.get("RetentionInDays") != new.get("RetentionInDays"):
            if "RetentionInDays" in new:
                client.put_retention_policy(
                    logGroupName=name, retentionInDays=new["RetentionInDays"]
                )
            else:
                client.delete_retention_policy(logGroupName=name)
        if old.get("KmsKeyId") != new.get("KmsKeyId"):
            if "KmsKeyId" in new:
                client.associate_kms_key(logGroupName=name, kmsKeyId=new["KmsKeyId"])
            else:
                client.disassociate_kms_key(logGroupName=name)
        to_set, to_remove = tag_changes(old, new)
        arn = str(made.attributes["Arn"]).removesuffix(":*")
        if to_set:
            client.tag_resource(resourceArn=arn, tags=to_set)
        if to_remove:
            client.untag_resource(resourceArn=arn, tagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("logs").delete_log_group(logGroupName=made.physical_id)


class MetricFilter(ResourceType):
    """A metric made of log events."""

    type_name = "AWS::Logs::MetricFilter"
    modelled = frozenset({"FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"})
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        name = properties.get("FilterName") or context.name(512)
        where = {"logGroupName": properties["LogGroupName"], "filterNamePrefix": name}
        found = context.client("logs").describe_metric_filters(**where)["metricFilters"]
        if name in [one["filterName"] for one in found]:
            raise ResourceFailureError(f"{name} already exists")
        self._put(context, name, properties)
        return Made(name, {})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        self._put(context, made.physical_id, new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("logs").delete_metric_filter(
            logGroupName=properties["LogGroupName"], filterName=made.physical_id
        )

    def _put(self, context: Context, name: str, properties: Properties) -> None:
        context.client("logs").put_metric_filter(
            logGroupName=properties["LogGroupName"],
            filterName=name,
            filterPattern=properties["FilterPattern"],
            metricTransformations=[
                _transformation(one) for one in properties["MetricTransformations"]
            ],
        )


def _transformation(one: Properties) -> dict[str, Any]:
    result = {name[0].lower() + name[1:]: value for name, value in one.items()}
    if "dimensions" in result:
        result["dimensions"] = tag_map(result["dimensions"])
    return result
