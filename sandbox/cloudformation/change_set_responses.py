"""The operations of CloudFormation on change sets, and what all operations share."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from sandbox.cloudformation import actor, requests
from sandbox.cloudformation.capabilities import check_capabilities
from sandbox.cloudformation.change_set import ChangeSet
from sandbox.cloudformation.describing import change_of, change_set_of, parameters_shown
from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.models import Stacks
from sandbox.cloudformation.paging import page
from sandbox.cloudformation.resources.base import tag_list, tag_map
from sandbox.cloudformation.stack import Stack

# Taken silently, these would promise what does not happen.
_NOT_MODELLED = (
    "ImportExistingResources",
    "IncludeNestedStacks",
    "NotificationARNs",
    "ResourceTypes",
    "ResourcesToImport",
    "RetainExceptOnCreate",
    "RollbackConfiguration",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "StackPolicyURL",
)


class ChangeSetOperations(BaseResponse):
    """Change sets: made, shown, executed, deleted."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    @property
    @abstractmethod
    def stacks(self) -> Stacks:
        """The stacks of the caller's account and region."""

    def request(self) -> dict[str, Any]:
        """Return the parameters of the request that are there."""
        parsed = self._get_params()
        request = {name: value for name, value in parsed.items() if value not in (None, [], {})}
        for name in _NOT_MODELLED:
            if str(request.get(name, "")).lower() not in ("", "false"):
                raise NotImplementedError(f"{name} of stacks")
        return request

    def flag(self, name: str) -> bool:
        """Return a boolean parameter; false where there is none."""
        return str(self.request().get(name, False)).lower() == "true"

    def tags(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Return the tags for the stack."""
        return tag_map(request.get("Tags"))

    def clients(self, role_arn: str | None) -> actor.Clients:
        """Return AWS clients that act as the caller, or as a stack's role."""
        if role_arn:
            keys = actor.keys_of_role(role_arn, self.region)
        else:
            keys = actor.keys_of_caller(str(self.get_access_key()))
        return actor.clients(keys, self.region)

    def create_change_set(self) -> ActionResult:
        """Work out what a template would change, without changing it."""
        request = self.request()
        kind = request.get("ChangeSetType", "UPDATE")
        stack = self._stack_for(kind, request["StackName"])
        role_arn = request.get("RoleARN") or stack.role_arn
        clients = self.clients(role_arn)
        previous = stack if kind == "UPDATE" else None
        body = requests.body_of(request, clients, previous)
        template = requests.ready(
            body,
            requests.given_parameters(request.get("Parameters", []), previous),
            stack,
            self.stacks,
            clients,
        )
        capabilities = request.get("Capabilities", [])
        check_capabilities(template.document, capabilities)
        if kind == "CREATE":
            self.stacks.review(stack)
        change_set = self.stacks.prepare(
            ChangeSet(
                change_set_id="",
                name=request["ChangeSetName"],
                kind=kind,
                stack=stack,
                template=template,
                changes=[],
                tags=self.tags(request) if "Tags" in request else stack.tags,
                capabilities=capabilities,
                role_arn=role_arn,
                description=request.get("Description"),
                on_failure=request.get("OnStackFailure", "ROLLBACK"),
            )
        )
        return ActionResult({"Id": change_set.change_set_id, "StackId": stack.stack_id})

    def _stack_for(self, kind: str, name: str) -> Stack:
        existing = self.stacks.find(name)
        if existing is not None and existing.deleted_at is not None:
            existing = None
        if kind == "UPDATE":
            if existing is None:
                raise ValidationError(f"Stack [{name}] does not exist")
            self.stacks.check_updatable(existing)
            return existing
        if kind != "CREATE":
            raise NotImplementedError(f"change sets of type {kind}")
        if existing is None:
            return self.stacks.draft(name)
        if existing.status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{self.request()['ChangeSetName']}]."
            )
        return existing

    def describe_change_set(self) -> ActionResult:
        """Show a change set with its changes."""
        request = self.request()
        change_set = self._change_set(request)
        changes = [change_of(one) for one in change_set.changes]
        shown, token = page(changes, request.get("NextToken"))
        return ActionResult(
            {
                **change_set_of(change_set),
                "Parameters": parameters_shown(change_set.template),
                "Capabilities": change_set.capabilities,
                "RollbackConfiguration": {},
                "Tags": tag_list(change_set.tags),
                "Changes": shown,
                "NextToken": token,
            }
        )

    def list_change_sets(self) -> ActionResult:
        """List the change sets of a stack."""
        request = self.request()
        stack = self.stacks.get(request["StackName"])
        own = [one for one in self.stacks.change_sets.values() if one.stack is stack]
        shown, token = page([change_set_of(one) for one in own], request.get("NextToken"))
        return ActionResult({"Summaries": shown, "NextToken": token})

    def execute_change_set(self) -> EmptyResult:
        """Carry out a change set."""
        change_set = self._change_set(self.request())
        clients = self.clients(change_set.role_arn)
        self.stacks.execute(change_set, clients, disable_rollback=self.flag("DisableRollback"))
        return EmptyResult()

    def delete_change_set(self) -> EmptyResult:
        """Forget a change set."""
        change_set = self._change_set(self.request())
        self.stacks.change_sets.pop(change_set.change_set_id, None)
        return EmptyResult()

    def _change_set(self, request: Mapping[str, Any]) -> ChangeSet:
        return self.stacks.change_set(request["ChangeSetName"], request.get("StackName"))
