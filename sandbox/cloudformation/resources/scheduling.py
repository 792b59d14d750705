"""AWS::Scheduler: schedules and their groups.

Source: CloudFormation Template Reference, "Amazon EventBridge Scheduler".
"""

from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    pick,
    tag_changes,
    tag_list,
)


class Schedule(ResourceType):
    """A schedule."""

    type_name = "AWS::Scheduler::Schedule"
    modelled = frozenset(
        {"Description", "EndDate", "FlexibleTimeWindow", "GroupName", "KmsKeyArn", "Name"}
        | {"ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "State", "Target"}
    )
    # The API takes the group as part of the schedule's name.
    replaces = frozenset({"GroupName"})
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        name = properties.get("Name") or context.name(64)
        answer = context.client("scheduler").create_schedule(**{**properties, "Name": name})
        return Made(name, {"Arn": answer["ScheduleArn"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        context.client("scheduler").update_schedule(**{**new, "Name": made.physical_id})
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("scheduler").delete_schedule(
            Name=made.physical_id, **pick(properties, ("GroupName",))
        )


class ScheduleGroup(ResourceType):
    """A group of schedules; deleting it deletes them."""

    type_name = "AWS::Scheduler::ScheduleGroup"
    modelled = frozenset({"Name", "Tags"})
    gone = ("ResourceNotFoundException",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("scheduler")
        name = properties.get("Name") or context.name(64)
        arn = client.create_schedule_group(Name=name, **pick(properties, ("Tags",)))[
            "ScheduleGroupArn"
        ]
        return Made(name, {"Arn": arn, "State": "ACTIVE"})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, arn = context.client("scheduler"), made.attributes["Arn"]
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_resource(ResourceArn=arn, Tags=tag_list(to_set))
        if to_remove:
            client.untag_resource(ResourceArn=arn, TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        context.client("scheduler").delete_schedule_group(Name=made.physical_id)
