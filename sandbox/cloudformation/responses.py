"""The operations of CloudFormation on stacks; those on change sets are beside."""

import json
from collections.abc import Mapping
from typing import Any

from moto.cloudformation.models import cloudformation_backends
from moto.core.responses import ActionResult, EmptyResult

from sandbox.cloudformation import requests
from sandbox.cloudformation.capabilities import check_capabilities
from sandbox.cloudformation.change_set_responses import ChangeSetOperations
from sandbox.cloudformation.describing import (
    event_of,
    resource_of,
    stack_of,
    summary_of,
    template_parameters,
)
from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.models import Stacks
from sandbox.cloudformation.paging import page
from sandbox.cloudformation.planning import has_changes, plan
from sandbox.cloudformation.stack import Stack, StackResource

_ON_FAILURE = ("DELETE", "DO_NOTHING", "ROLLBACK")


class SandboxCloudFormationResponse(ChangeSetOperations):
    """Every method is one operation; what is not here is refused as not modelled."""

    @property
    def stacks(self) -> Stacks:
        """The stacks of the caller's account and region."""
        found: Stacks = cloudformation_backends[self.current_account][self.region].own
        return found

    def create_stack(self) -> ActionResult:
        """Create a stack."""
        request = self.request()
        clients = self.clients(request.get("RoleARN"))
        body = requests.body_of(request, clients, None)
        on_failure = request.get("OnFailure", "ROLLBACK")
        if on_failure not in _ON_FAILURE:
            raise ValidationError(f"OnFailure must be one of {', '.join(_ON_FAILURE)}")
        if self.flag("DisableRollback"):
            if "OnFailure" in request:
                raise ValidationError("You can specify only one of OnFailure, DisableRollback.")
            on_failure = "DO_NOTHING"
        stack = self.stacks.draft(request["StackName"])
        template = requests.ready(
            body,
            requests.given_parameters(request.get("Parameters", []), None),
            stack,
            self.stacks,
            clients,
        )
        check_capabilities(template.document, request.get("Capabilities", []))
        self.stacks.keep(stack)
        self._settle(stack, request)
        self.stacks.create(stack, template, clients, on_failure)
        return ActionResult({"StackId": stack.stack_id})

    def update_stack(self) -> ActionResult:
        """Bring a stack to another template or other parameters."""
        request = self.request()
        stack = self._existing(request["StackName"])
        clients = self.clients(request.get("RoleARN") or stack.role_arn)
        self.stacks.check_updatable(stack)
        body = requests.body_of(request, clients, stack)
        template = requests.ready(
            body,
            requests.given_parameters(request.get("Parameters", []), stack),
            stack,
            self.stacks,
            clients,
        )
        check_capabilities(template.document, request.get("Capabilities", []))
        tags = self.tags(request) if "Tags" in request else stack.tags
        if not has_changes(stack, template, tags, plan(stack, template, tags)):
            raise ValidationError("No updates are to be performed.")
        self.stacks.claim_for_update(stack)
        stack.capabilities = request.get("Capabilities", [])
        stack.role_arn = request.get("RoleARN") or stack.role_arn
        self.stacks.update(
            stack, template, tags, clients, disable_rollback=self.flag("DisableRollback")
        )
        return ActionResult({"StackId": stack.stack_id})

    def _settle(self, stack: Stack, request: Mapping[str, Any]) -> None:
        stack.tags = self.tags(request)
        stack.capabilities = request.get("Capabilities", [])
        stack.role_arn = request.get("RoleARN")
        stack.termination_protection = self.flag("EnableTerminationProtection")
        stack.timeout_minutes = request.get("TimeoutInMinutes")

    def delete_stack(self) -> EmptyResult:
        """Delete a stack; one that does not exist is deleted already."""
        request = self.request()
        stack = self.stacks.find(request["StackName"])
        if stack is not None and stack.deleted_at is None:
            clients = self.clients(request.get("RoleARN") or stack.role_arn)
            self.stacks.delete(stack, clients, frozenset(request.get("RetainResources", [])))
        return EmptyResult()

    def update_termination_protection(self) -> ActionResult:
        """Protect a stack from deletion, or not."""
        request = self.request()
        stack = self._existing(request["StackName"])
        stack.termination_protection = self.flag("EnableTerminationProtection")
        return ActionResult({"StackId": stack.stack_id})

    def describe_stacks(self) -> ActionResult:
        """Describe one stack, or all that live."""
        request = self.request()
        name = request.get("StackName")
        if name:
            found = [self.stacks.get(name)]
        else:
            found = [one for one in self.stacks.all() if one.deleted_at is None]
        shown, token = page([stack_of(one) for one in found], request.get("NextToken"))
        return ActionResult({"Stacks": shown, "NextToken": token})

    def list_stacks(self) -> ActionResult:
        """List stacks, deleted ones included, by status."""
        request = self.request()
        wanted = request.get("StackStatusFilter", [])
        found = [one for one in self.stacks.all() if not wanted or one.status in wanted]
        shown, token = page([summary_of(one) for one in found], request.get("NextToken"))
        return ActionResult({"StackSummaries": shown, "NextToken": token})

    def describe_stack_events(self) -> ActionResult:
        """Return the history of a stack, the latest event first."""
        request = self.request()
        stack = self.stacks.find(request["StackName"])
        if stack is None:
            raise ValidationError(f"Stack [{request['StackName']}] does not exist")
        events = [event_of(one) for one in reversed(stack.events)]
        shown, token = page(events, request.get("NextToken"))
        return ActionResult({"StackEvents": shown, "NextToken": token})

    def describe_stack_resource(self) -> ActionResult:
        """Describe one resource of a stack."""
        request = self.request()
        stack = self.stacks.get(request["StackName"])
        resource = self._resource(stack, request["LogicalResourceId"])
        detail = resource_of(stack, resource)
        detail["LastUpdatedTimestamp"] = detail.pop("Timestamp")
        return ActionResult({"StackResourceDetail": detail | {"Metadata": _metadata(resource)}})

    def describe_stack_resources(self) -> ActionResult:
        """Describe the resources of a stack."""
        request = self.request()
        if "StackName" not in request:
            raise NotImplementedError("DescribeStackResources by PhysicalResourceId")
        stack = self.stacks.get(request["StackName"])
        wanted = request.get("LogicalResourceId")
        found = [self._resource(stack, wanted)] if wanted else list(stack.resources.values())
        return ActionResult({"StackResources": [resource_of(stack, one) for one in found]})

    def list_stack_resources(self) -> ActionResult:
        """List the resources of a stack."""
        request = self.request()
        stack = self.stacks.get(request["StackName"])
        summaries = [resource_of(stack, one) for one in stack.resources.values()]
        for one in summaries:
            one["LastUpdatedTimestamp"] = one.pop("Timestamp")
        shown, token = page(summaries, request.get("NextToken"))
        return ActionResult({"StackResourceSummaries": shown, "NextToken": token})

    def get_template(self) -> ActionResult:
        """Return the text of a stack's or a change set's template."""
        request = self.request()
        body: str | None
        if "ChangeSetName" in request:
            name = request.get("StackName")
            body = self.stacks.change_set(request["ChangeSetName"], name).template.body
        else:
            deployed = self.stacks.get(request["StackName"]).template
            body = deployed.body if deployed else None
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def validate_template(self) -> ActionResult:
        """Check the form of a template, whatever its parameters."""
        request = self.request()
        found = requests.summary(requests.body_of(request, self.clients(None), None))
        parameters = template_parameters(found.pop("document"))
        kept = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        shown = [{name: one.get(name) for name in kept} for one in parameters]
        return ActionResult({**found, "Parameters": shown})

    def get_template_summary(self) -> ActionResult:
        """Tell parameters and resource types of a template or a stack."""
        request = self.request()
        if "StackName" in request:
            deployed = self.stacks.get(request["StackName"]).template
            body = deployed.body if deployed else ""
        else:
            body = requests.body_of(request, self.clients(None), None)
        found = requests.summary(body)
        document = found.pop("document")
        types = [resource["Type"] for resource in document["Resources"].values()]
        return ActionResult(
            {
                **found,
                "Parameters": template_parameters(document),
                "ResourceTypes": list(dict.fromkeys(types)),
                "Version": document.get("AWSTemplateFormatVersion"),
                "Metadata": json.dumps(document["Metadata"]) if "Metadata" in document else None,
            }
        )

    def list_exports(self) -> ActionResult:
        """List what the stacks export."""
        exports = [
            {"ExportingStackId": stack.stack_id, "Name": one.export_name, "Value": one.value}
            for stack, one in self.stacks.exports()
        ]
        shown, token = page(exports, self.request().get("NextToken"))
        return ActionResult({"Exports": shown, "NextToken": token})

    def list_imports(self) -> ActionResult:
        """List the stacks that import an export."""
        name = self.request()["ExportName"]
        users = [one.name for one in self.stacks.importers(name)]
        if not users:
            raise ValidationError(f"Export '{name}' is not imported by any stack.")
        return ActionResult({"Imports": users})

    def _existing(self, name: str) -> Stack:
        stack = self.stacks.find(name)
        if stack is None or stack.deleted_at is not None:
            raise ValidationError(f"Stack [{name}] does not exist")
        return stack

    def _resource(self, stack: Stack, logical_id: str) -> StackResource:
        if logical_id not in stack.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
        return stack.resources[logical_id]


def _metadata(resource: StackResource) -> str:
    return json.dumps(resource.definition.get("Metadata", {}))
