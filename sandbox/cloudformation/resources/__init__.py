"""The resource types that stacks of the sandbox can have."""

from sandbox.cloudformation.resources import (
    functions,
    identity,
    logs,
    messaging,
    monitoring,
    network,
    scheduling,
    secrets,
    storage,
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
    logs.LogGroup,
    logs.MetricFilter,
    messaging.Queue,
    messaging.QueuePolicy,
    messaging.Subscription,
    messaging.Topic,
    messaging.TopicPolicy,
    monitoring.Alarm,
    monitoring.CompositeAlarm,
    monitoring.Dashboard,
    network.ClusterSubnetGroup,
    network.SecurityGroup,
    network.SecurityGroupEgress,
    network.SecurityGroupIngress,
    network.Subnet,
    network.Vpc,
    scheduling.Schedule,
    scheduling.ScheduleGroup,
    secrets.Alias,
    secrets.Key,
    secrets.Secret,
    storage.Bucket,
    storage.BucketPolicy,
)

REGISTRY: dict[str, ResourceType] = {one.type_name: one() for one in _TYPES}
"""One of each, by type name."""
