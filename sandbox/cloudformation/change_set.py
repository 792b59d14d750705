"""A change set, as data."""

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.clock import CLOCK
from sandbox.cloudformation.planning import Change
from sandbox.cloudformation.stack import Stack, Template


@dataclass
class ChangeSet:
    """What would be changed, waiting to be executed."""

    change_set_id: str
    name: str
    kind: str
    stack: Stack
    template: Template
    changes: list[Change]
    tags: dict[str, str]
    capabilities: list[str]
    role_arn: str | None
    description: str | None
    on_failure: str
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    created_at: datetime = field(default_factory=CLOCK.now)
