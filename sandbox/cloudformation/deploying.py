"""A stack brought to a template, or back: create, update, roll back, delete.

Source: CloudFormation User Guide, "Stack failure options", "Update behaviors of stack resources",
"Understand CloudFormation stack creation events". AWS works on independent resources at the same
time; here they follow each other.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clock import CLOCK
from sandbox.cloudformation import schemas
from sandbox.cloudformation.actor import Clients
from sandbox.cloudformation.errors import ResourceFailureError, ValidationError
from sandbox.cloudformation.graph import order
from sandbox.cloudformation.making import Maker, checked
from sandbox.cloudformation.outputs import TakenExport, outputs_of
from sandbox.cloudformation.planning import (
    definitions,
    output_definitions,
    replacing_properties,
    with_tags,
)
from sandbox.cloudformation.stack import Made, Stack, StackResource, Template

USER_INITIATED = "User Initiated"


class Deployment:
    """One operation on one stack."""

    def __init__(self, stack: Stack, clients: Clients, taken_export: TakenExport) -> None:
        self._stack = stack
        self._maker = Maker(stack, clients)
        self._taken_export = taken_export
        self._undo: list[Callable[[], bool]] = []
        self._replaced: list[StackResource] = []

    def create(self, template: Template, on_failure: str) -> None:
        """Make all resources of a new stack.

        :param on_failure: ``ROLLBACK``, ``DELETE`` or ``DO_NOTHING``.
        """
        stack = self._stack
        stack.template = template
        stack.record("CREATE_IN_PROGRESS", USER_INITIATED)
        failed = self._apply(template, stack.tags)
        if failed is None:
            stack.record("CREATE_COMPLETE")
            return
        reason = _why(failed, "create")
        if on_failure == "DO_NOTHING":
            stack.record("CREATE_FAILED", reason)
        elif on_failure == "DELETE":
            self.delete(reason, is_rollback=True)
        else:
            stack.record("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
            stack.outputs, stack.output_definition = [], {}
            done = self._delete_all(list(stack.resources), is_rollback=True)
            stack.record("ROLLBACK_COMPLETE" if done else "ROLLBACK_FAILED")

    def update(
        self, template: Template, tags: Mapping[str, str], *, disable_rollback: bool
    ) -> None:
        """Bring a stack to another template, parameters or tags."""
        stack = self._stack
        before = (stack.template, stack.outputs, stack.output_definition, stack.tags)
        stack.record("UPDATE_IN_PROGRESS", USER_INITIATED)
        stack.template, stack.tags, stack.updated_at = template, dict(tags), CLOCK.now()
        failed = self._apply(template, tags)
        if failed is None:
            stack.record("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            self._clean_up(template)
            stack.record("UPDATE_COMPLETE")
            return
        if disable_rollback:
            stack.record("UPDATE_FAILED", _why(failed, "update"))
            return
        made_new = self._status_of(failed[0]) == "CREATE_FAILED"
        stack.record(
            "UPDATE_ROLLBACK_IN_PROGRESS", _why(failed, "create" if made_new else "update")
        )
        stack.template, stack.outputs, stack.output_definition, stack.tags = before
        done = all([undo() for undo in reversed(self._undo)])
        if done:
            stack.record("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        stack.record("UPDATE_ROLLBACK_COMPLETE" if done else "UPDATE_ROLLBACK_FAILED")

    def delete(
        self,
        reason: str = USER_INITIATED,
        *,
        is_rollback: bool = False,
        retained: frozenset[str] = frozenset(),
    ) -> None:
        """Delete all resources that are not retained, by policy or by name."""
        stack = self._stack
        stack.record("DELETE_IN_PROGRESS", reason)
        for logical_id in retained & set(stack.resources):
            self._maker.keep(stack.resources.pop(logical_id))
        if not self._delete_all(list(stack.resources), is_rollback=is_rollback):
            left = ", ".join(stack.resources)
            stack.record("DELETE_FAILED", f"The following resource(s) failed to delete: [{left}]. ")
            return
        stack.deleted_at = CLOCK.now()
        stack.outputs = []
        stack.record("DELETE_COMPLETE")

    def _apply(self, template: Template, tags: Mapping[str, str]) -> list[str] | None:
        """Create and change resources in order; return the names of what failed, else None."""
        defined = definitions(template.scope, tags)
        for logical_id in order(template.graph):
            try:
                self._bring(logical_id, template, defined[logical_id], tags)
            except ResourceFailureError:
                return [logical_id]
        try:
            self._stack.outputs = outputs_of(self._stack, template, self._taken_export)
            self._stack.output_definition = output_definitions(template.scope)
        except (ValidationError, NotImplementedError) as error:
            return [f"Outputs: {error}"]
        return None

    def _bring(
        self,
        logical_id: str,
        template: Template,
        definition: dict[str, Any],
        tags: Mapping[str, str],
    ) -> None:
        needs = frozenset(template.graph[logical_id])
        existing = self._made_before(logical_id)
        planned = StackResource(logical_id, definition["Type"], definition, needs=needs)
        if existing is None:
            self._stack.resources[logical_id] = planned
            self._undo.append(lambda: self._remove_again(planned, None))
            self._maker.create(planned, self._properties(planned, template, tags))
            return
        if existing.type_name != planned.type_name:
            self._replace(existing, planned, self._properties(planned, template, tags))
            return
        new = self._checked(existing, template, tags)
        old_definition, old_needs = existing.definition, existing.needs
        names = {
            n for n in {*existing.properties, *new} if existing.properties.get(n) != new.get(n)
        }
        if names & replacing_properties(existing.type_name):
            self._replace(existing, planned, new)
            return
        if names:
            old = existing.properties
            self._undo.append(lambda: self._change_back(existing, new, old))
            self._maker.update(existing, old, new)

        def forget() -> bool:
            existing.definition, existing.needs = old_definition, old_needs
            return True

        self._undo.append(forget)
        existing.definition, existing.needs = definition, needs

    def _made_before(self, logical_id: str) -> StackResource | None:
        """Return a resource that exists; what a failure left of one is deleted."""
        existing = self._stack.resources.get(logical_id)
        if existing is None or existing.status not in ("CREATE_FAILED", "DELETE_COMPLETE"):
            return existing
        if existing.status == "CREATE_FAILED" and existing.physical_id is not None:
            self._maker.delete(existing)
        del self._stack.resources[logical_id]
        return None

    def _properties(
        self, resource: StackResource, template: Template, tags: Mapping[str, str]
    ) -> dict[str, Any]:
        scope = template.scope.with_resources(Made(self._stack))
        part = template.document["Resources"][resource.logical_id].get("Properties", {})
        try:
            return with_tags(resource.type_name, scope.value(part), tags)
        except (ValidationError, NotImplementedError) as error:
            self._maker.record("CREATE_FAILED", resource, str(error))
            raise ResourceFailureError(str(error)) from error

    def _checked(
        self, existing: StackResource, template: Template, tags: Mapping[str, str]
    ) -> dict[str, Any]:
        properties = self._properties(existing, template, tags)
        try:
            return checked(existing, properties, self._stack.region)
        except ResourceFailureError as error:
            self._maker.record("UPDATE_FAILED", existing, str(error))
            raise

    def _replace(
        self, existing: StackResource, planned: StackResource, properties: dict[str, Any]
    ) -> None:
        schema = schemas.find(planned.type_name)
        name = schema.custom_name if schema else None
        is_same_type = existing.type_name == planned.type_name
        self._maker.record(
            "UPDATE_IN_PROGRESS",
            existing,
            "Requested update requires the creation of a new physical resource; hence creating "
            "one.",
        )
        if (
            is_same_type
            and name in properties
            and (existing.properties.get(name) == properties[name])
        ):
            reason = (
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {properties[name]} and update the stack again."
            )
            self._maker.record("UPDATE_FAILED", existing, reason)
            raise ResourceFailureError(reason)
        self._undo.append(lambda: self._remove_again(planned, existing))
        self._stack.resources[planned.logical_id] = planned
        self._maker.create(planned, properties)
        self._replaced.append(existing)

    def _remove_again(self, made: StackResource, before: StackResource | None) -> bool:
        gone = self._maker.delete(made)
        if before is not None:
            self._stack.resources[made.logical_id] = before
            self._maker.record("UPDATE_COMPLETE", before)
        elif gone:
            self._stack.resources.pop(made.logical_id, None)
        return gone

    def _change_back(
        self, resource: StackResource, new: Mapping[str, Any], old: Mapping[str, Any]
    ) -> bool:
        try:
            self._maker.update(resource, new, old)
        except ResourceFailureError:
            return False
        return True

    def _status_of(self, logical_id: str) -> str | None:
        resource = self._stack.resources.get(logical_id)
        return resource.status if resource else None

    def _clean_up(self, template: Template) -> None:
        """Delete what was replaced and what the new template does not have any more."""
        for resource in reversed(self._replaced):
            successor = self._stack.resources[resource.logical_id]
            if successor.physical_id == resource.physical_id:
                continue
            if resource.policy("UpdateReplacePolicy") == "Retain":
                self._maker.keep(resource)
            else:
                self._maker.delete(resource)
        dropped = [one for one in self._stack.resources if one not in template.graph]
        self._delete_all(dropped, is_rollback=False, keep_failed=False)

    def _delete_all(
        self, logical_ids: list[str], *, is_rollback: bool, keep_failed: bool = True
    ) -> bool:
        """Delete resources, each before those it needs; tell whether nothing was left."""
        resources = self._stack.resources
        graph = {one: set(resources[one].needs) & set(logical_ids) for one in logical_ids}
        blocked: set[str] = set()
        for logical_id in reversed(order(graph)):
            resource = resources[logical_id]
            if logical_id in blocked:
                blocked |= graph[logical_id]
                continue
            if resource.status == "DELETE_COMPLETE":
                pass  # by a rollback before; what bears the name today is somebody else's
            elif _is_retained(resource, is_rollback=is_rollback):
                self._maker.keep(resource)
            elif not self._maker.delete(resource):
                blocked |= graph[logical_id] | {logical_id}
                continue
            if not is_rollback:
                del resources[logical_id]
        if not keep_failed:
            for logical_id in logical_ids:
                resources.pop(logical_id, None)
        return not blocked


def _is_retained(resource: StackResource, *, is_rollback: bool) -> bool:
    policy = resource.policy("DeletionPolicy")
    if is_rollback and policy == "RetainExceptOnCreate":
        return False
    # What was never made is not there to be retained.
    return policy.startswith("Retain") and resource.physical_id is not None


def _why(failed: list[str], verb: str) -> str:
    return f"The following resource(s) failed to {verb}: [{', '.join(failed)}]. "
