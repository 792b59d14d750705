"""A stack and what belongs to it, as data."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.clock import CLOCK
from sandbox.cloudformation.functions import Scope

STACK_TYPE = "AWS::CloudFormation::Stack"


@dataclass
class StackResource:
    """A resource that a stack has made.

    :ivar definition: the resource's part of the template with parameters and conditions worked
        in, and tokens for other resources: what a later template is compared with.
    :ivar properties: what the resource was made with.
    """

    logical_id: str
    type_name: str
    definition: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    physical_id: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()
    status: str = "CREATE_IN_PROGRESS"
    reason: str | None = None
    changed_at: datetime = field(default_factory=CLOCK.now)

    def policy(self, attribute: str) -> str:
        """Return ``DeletionPolicy`` or ``UpdateReplacePolicy``."""
        return str(self.definition.get(attribute, "Delete"))


@dataclass(frozen=True)
class Event:
    """One line of a stack's history."""

    stack_id: str
    stack_name: str
    logical_id: str
    physical_id: str
    type_name: str
    status: str
    reason: str | None
    properties: str | None
    token: str | None
    timestamp: datetime
    event_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Output:
    """An output of a stack."""

    key: str
    value: str
    description: str | None
    export_name: str | None


@dataclass(frozen=True)
class Template:
    """A template with the parameters of one request: what a stack is brought to.

    :ivar body: the text as it was sent.
    :ivar parameters: the text of each parameter, secret ones included.
    :ivar scope: over tokens instead of resources.
    :ivar graph: what each wanted resource needs.
    """

    body: str
    document: dict[str, Any]
    parameters: dict[str, str]
    scope: Scope
    graph: dict[str, set[str]]
    imports: frozenset[str] = frozenset()


@dataclass
class Stack:
    """A stack of one account and region."""

    stack_id: str
    name: str
    account_id: str
    region: str
    status: str
    created_at: datetime
    reason: str | None = None
    template: Template | None = None
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    output_definition: dict[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    role_arn: str | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    termination_protection: bool = False
    disable_rollback: bool = False
    timeout_minutes: int | None = None

    def record(
        self,
        status: str,
        reason: str | None = None,
        resource: StackResource | None = None,
        token: str | None = None,
        properties: str | None = None,
    ) -> None:
        """Add an event, and let the stack or one of its resources have its status."""
        now = CLOCK.now()
        if resource is None:
            self.status, self.reason = status, reason
        else:
            resource.status, resource.reason, resource.changed_at = status, reason, now
        self.events.append(
            Event(
                stack_id=self.stack_id,
                stack_name=self.name,
                logical_id=resource.logical_id if resource else self.name,
                physical_id=(resource.physical_id or "") if resource else self.stack_id,
                type_name=resource.type_name if resource else STACK_TYPE,
                status=status,
                reason=reason,
                properties=properties,
                token=token,
                timestamp=now,
            )
        )


class Made:
    """The resources of a stack, for ``Ref`` and ``Fn::GetAtt``."""

    def __init__(self, stack: Stack) -> None:
        self._resources = stack.resources

    def ref(self, logical_id: str) -> Any:
        """Return the physical id."""
        return self._resources[logical_id].physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return an attribute.

        :raises NotImplementedError: AWS has it and the sandbox has not.
        """
        resource = self._resources[logical_id]
        if name not in resource.attributes:
            raise NotImplementedError(f"the attribute {name} of {resource.type_name}")
        return resource.attributes[name]
