"""The stacks and change sets of an account and region."""

import re
import uuid
from collections.abc import Mapping
from threading import RLock

from moto.cloudformation.models import CloudFormationBackend

from sandbox.clock import CLOCK
from sandbox.cloudformation.actor import Clients
from sandbox.cloudformation.change_set import ChangeSet
from sandbox.cloudformation.deploying import USER_INITIATED, Deployment
from sandbox.cloudformation.errors import (
    AlreadyExistsError,
    ChangeSetNotFoundError,
    InvalidChangeSetStatusError,
    ValidationError,
)
from sandbox.cloudformation.planning import has_changes, plan
from sandbox.cloudformation.stack import Output, Stack, Template

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)
_UPDATABLE = (
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_FAILED",
)
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_IN_REVIEW = "REVIEW_IN_PROGRESS"


class SandboxCloudFormationBackend(CloudFormationBackend):
    """moto's backend for moto's accounts; the sandbox's own accounts have :attr:`own`."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._own = Stacks(account_id, region_name)

    @property
    def own(self) -> "Stacks":
        """The stacks of an account of the sandbox."""
        return self._own


class Stacks:
    """All stacks of an account and region, deleted ones included."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id = account_id
        self.region = region
        self.change_sets: dict[str, ChangeSet] = {}
        self._lock = RLock()
        self._stacks: dict[str, Stack] = {}

    def all(self) -> list[Stack]:
        """Return all stacks, the latest first."""
        return list(reversed(self._stacks.values()))

    def find(self, name_or_id: str) -> Stack | None:
        """Return a stack by name, or by id also after its end."""
        if name_or_id in self._stacks:
            return self._stacks[name_or_id]
        living = (one for one in self._stacks.values() if one.deleted_at is None)
        return next((one for one in living if one.name == name_or_id), None)

    def get(self, name_or_id: str) -> Stack:
        """Return a stack.

        :raises ValidationError: there is none.
        """
        stack = self.find(name_or_id)
        if stack is None:
            raise ValidationError(f"Stack with id {name_or_id} does not exist")
        return stack

    def exports(self) -> list[tuple[Stack, Output]]:
        """Return what the living stacks export."""
        return [
            (stack, output)
            for stack in self._stacks.values()
            if stack.deleted_at is None
            for output in stack.outputs
            if output.export_name
        ]

    def exported(self, name: str) -> str:
        """Return the value of an export.

        :raises ValidationError: no stack exports it.
        """
        for _, output in self.exports():
            if output.export_name == name:
                return output.value
        raise ValidationError(f"No export named {name} found.")

    def importers(self, name: str) -> list[Stack]:
        """Return the stacks that import an export."""
        return [
            one
            for one in self._stacks.values()
            if one.deleted_at is None and one.template and name in one.template.imports
        ]

    def draft(self, name: str) -> Stack:
        """Return a stack that is not kept yet, to check a template for.

        :raises ValidationError: a name that no stack can have.
        """
        if not _NAME.fullmatch(name):
            raise ValidationError(
                f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
            )
        return Stack(
            stack_id=self._arn(f"stack/{name}/{uuid.uuid4()}"),
            name=name,
            account_id=self.account_id,
            region=self.region,
            status="CREATE_IN_PROGRESS",
            created_at=CLOCK.now(),
        )

    def keep(self, stack: Stack) -> None:
        """Keep a draft, if its name is free.

        :raises AlreadyExistsError: it is not.
        """
        with self._lock:
            if self.find(stack.name) is not None:
                raise AlreadyExistsError(f"Stack [{stack.name}] already exists")
            self._stacks[stack.stack_id] = stack

    def _arn(self, resource: str) -> str:
        return f"arn:aws:cloudformation:{self.region}:{self.account_id}:{resource}"

    def create(self, stack: Stack, template: Template, clients: Clients, on_failure: str) -> None:
        """Make the resources of a stack that was begun."""
        stack.disable_rollback = on_failure == "DO_NOTHING"
        Deployment(stack, clients, self._taken_export).create(template, on_failure)

    def claim_for_update(self, stack: Stack) -> None:
        """Let one caller at a time work on a stack.

        :raises ValidationError: it is being worked on, or is in no state to be updated.
        """
        with self._lock:
            if stack.status not in _UPDATABLE:
                raise ValidationError(
                    f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
                )
            stack.status = "UPDATE_IN_PROGRESS"

    def check_updatable(self, stack: Stack) -> None:
        """Refuse to prepare an update of a stack that cannot have one.

        :raises ValidationError: it is in no state to be updated.
        """
        if stack.status not in _UPDATABLE:
            raise ValidationError(
                f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated."
            )

    def update(
        self,
        stack: Stack,
        template: Template,
        tags: Mapping[str, str],
        clients: Clients,
        *,
        disable_rollback: bool = False,
    ) -> None:
        """Bring a stack that was claimed to a template."""
        deployment = Deployment(stack, clients, self._taken_export)
        deployment.update(template, tags, disable_rollback=disable_rollback)

    def delete(
        self, stack: Stack, clients: Clients, retained: frozenset[str] = frozenset()
    ) -> None:
        """Delete a stack.

        :param retained: resources to be left alone, of a stack that could not be deleted.
        :raises ValidationError: protected, being worked on, or others import what it exports.
        """
        with self._lock:
            if stack.termination_protection:
                raise ValidationError(
                    f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
                )
            if stack.status.endswith("_IN_PROGRESS") and stack.status != _IN_REVIEW:
                raise ValidationError(
                    f"Stack [{stack.stack_id}] is in {stack.status} state and can not be deleted."
                )
            if retained and stack.status != "DELETE_FAILED":
                raise ValidationError(
                    f"Invalid operation on stack [{stack.stack_id}]. When you delete a stack, "
                    "specify which resources to retain only when the stack is in the "
                    "DELETE_FAILED state."
                )
            for output in stack.outputs:
                users = self.importers(output.export_name) if output.export_name else []
                if users:
                    raise ValidationError(
                        f"Export {output.export_name} cannot be deleted as it is in use by "
                        f"{' and '.join(one.name for one in users)}"
                    )
            stack.status = "DELETE_IN_PROGRESS"
        Deployment(stack, clients, self._taken_export).delete(retained=retained)
        for change_set_id, change_set in list(self.change_sets.items()):
            if change_set.stack is stack:
                del self.change_sets[change_set_id]

    def _taken_export(self, stack: Stack, name: str) -> str | None:
        owners = [
            owner
            for owner, output in self.exports()
            if output.export_name == name and owner is not stack
        ]
        return owners[0].stack_id if owners else None

    def prepare(self, change_set: ChangeSet) -> ChangeSet:
        """Keep a change set, with the changes that it would make.

        :raises AlreadyExistsError: the stack has one of that name.
        """
        stack = change_set.stack
        with self._lock:
            for key, one in list(self.change_sets.items()):
                if one.name != change_set.name or one.stack is not stack:
                    continue
                if one.execution_status == "AVAILABLE":
                    raise AlreadyExistsError(f"ChangeSet {one.change_set_id} already exists")
                # The CLI names change sets by the second, and nothing here takes that long.
                del self.change_sets[key]
            change_set.changes = plan(stack, change_set.template, change_set.tags)
            if change_set.kind == "UPDATE" and not has_changes(
                stack, change_set.template, change_set.tags, change_set.changes
            ):
                change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
                change_set.reason = NO_CHANGES
            change_set.change_set_id = self._arn(f"changeSet/{change_set.name}/{uuid.uuid4()}")
            self.change_sets[change_set.change_set_id] = change_set
            return change_set

    def change_set(self, name_or_id: str, stack_name: str | None) -> ChangeSet:
        """Return a change set by id, or by its name and its stack's.

        :raises ChangeSetNotFoundError: there is none.
        :raises ValidationError: a name without a stack's name.
        """
        if name_or_id in self.change_sets:
            return self.change_sets[name_or_id]
        if stack_name is None and not name_or_id.startswith("arn:"):
            raise ValidationError("StackName must be specified if ChangeSetName is not an ARN.")
        stack = self.get(stack_name) if stack_name is not None else None
        for one in self.change_sets.values():
            if one.name == name_or_id and one.stack is stack:
                return one
        raise ChangeSetNotFoundError(name_or_id)

    def execute(
        self, change_set: ChangeSet, clients: Clients, *, disable_rollback: bool = False
    ) -> None:
        """Carry out a change set; the others of the stack become void.

        :raises InvalidChangeSetStatusError: it cannot be executed (any more).
        """
        stack = change_set.stack
        with self._lock:
            if change_set.execution_status != "AVAILABLE":
                raise InvalidChangeSetStatusError(
                    f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current "
                    f"status of [{change_set.status}]"
                )
            if change_set.kind == "UPDATE":
                self.claim_for_update(stack)
            change_set.execution_status = "EXECUTE_IN_PROGRESS"
            for key, one in list(self.change_sets.items()):
                if one.stack is stack and one is not change_set:
                    del self.change_sets[key]
        stack.capabilities = change_set.capabilities
        stack.role_arn = change_set.role_arn or stack.role_arn
        if change_set.kind == "CREATE":
            stack.tags = change_set.tags
            on_failure = "DO_NOTHING" if disable_rollback else change_set.on_failure
            self.create(stack, change_set.template, clients, on_failure)
        else:
            self.update(
                stack,
                change_set.template,
                change_set.tags,
                clients,
                disable_rollback=disable_rollback,
            )
        failed = "ROLLBACK" in stack.status or stack.status.endswith("FAILED")
        change_set.execution_status = "EXECUTE_FAILED" if failed else "EXECUTE_COMPLETE"

    def review(self, stack: Stack) -> None:
        """Keep a draft that a change set is to create; one in review may have several.

        :raises AlreadyExistsError: its name has been taken since.
        """
        with self._lock:
            if self.find(stack.name) is not stack:
                self.keep(stack)
                stack.record(_IN_REVIEW, USER_INITIATED)
