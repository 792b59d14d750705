"""The resource types that stacks of the sandbox can have."""

from sandbox.cloudformation.resources import (
    functions,
    identity,
    messaging,
    monitoring,
    scheduling,
)
from sandbox.cloudformation.resources.base import ResourceType

_TYPES: tuple[type[ResourceType], ...] = (
    functions.Alias,
    functions.EventInvokeConfig,
    functions.Function,
    functions.Permission,
    functions.Version,
    identity.ManagedPolicy,
    identity.Policy,
    identity.Role,
    messaging.Queue,
    messaging.QueuePolicy,
    messaging.Subscription,
    messaging.Topic,
    messaging.TopicPolicy,
    monitoring.Alarm,
    monitoring.CompositeAlarm,
    monitoring.Dashboard,
    scheduling.Schedule,
    scheduling.ScheduleGroup,
)

REGISTRY: dict[str, ResourceType] = {one.type_name: one() for one in _TYPES}
"""One of each, by type name."""
