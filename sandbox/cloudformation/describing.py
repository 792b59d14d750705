"""Stacks, resources, events and change sets as CloudFormation's answers have them."""

from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.change_set import ChangeSet
from sandbox.cloudformation.parameters import MASKED
from sandbox.cloudformation.planning import Change
from sandbox.cloudformation.resources.base import tag_list
from sandbox.cloudformation.stack import Event, Stack, StackResource, Template
from sandbox.cloudformation.syntax import text

_NO_DRIFT = {"StackDriftStatus": "NOT_CHECKED"}


def stack_of(stack: Stack) -> dict[str, Any]:
    """Return a stack as ``DescribeStacks`` shows it."""
    outputs = [
        {
            "OutputKey": one.key,
            "OutputValue": one.value,
            "Description": one.description,
            "ExportName": one.export_name,
        }
        for one in stack.outputs
    ]
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "Description": _description(stack),
        "Parameters": parameters_shown(stack.template) if stack.template else [],
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "RollbackConfiguration": {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": [],
        "TimeoutInMinutes": stack.timeout_minutes,
        "Capabilities": stack.capabilities,
        "Outputs": outputs or None,
        "RoleARN": stack.role_arn,
        "Tags": tag_list(stack.tags),
        "EnableTerminationProtection": stack.termination_protection,
        "DriftInformation": _NO_DRIFT,
    }


def summary_of(stack: Stack) -> dict[str, Any]:
    """Return a stack as ``ListStacks`` shows it."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "TemplateDescription": _description(stack),
        "CreationTime": stack.created_at,
        "LastUpdatedTime": stack.updated_at,
        "DeletionTime": stack.deleted_at,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DriftInformation": _NO_DRIFT,
    }


def _description(stack: Stack) -> str | None:
    return stack.template.document.get("Description") if stack.template else None


def resource_of(stack: Stack, resource: StackResource) -> dict[str, Any]:
    """Return a resource as ``DescribeStackResources`` shows it."""
    return {
        "StackId": stack.stack_id,
        "StackName": stack.name,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type_name,
        "Timestamp": resource.changed_at,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def event_of(event: Event) -> dict[str, Any]:
    """Return an event as ``DescribeStackEvents`` shows it."""
    return {
        "StackId": event.stack_id,
        "EventId": event.event_id,
        "StackName": event.stack_name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type_name,
        "Timestamp": event.timestamp,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
    }


def template_parameters(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parameters that a template declares."""
    return [
        {
            "ParameterKey": name,
            "DefaultValue": text(one["Default"]) if "Default" in one else None,
            "ParameterType": one["Type"],
            "NoEcho": text(one.get("NoEcho", False)).lower() == "true",
            "Description": one.get("Description"),
            "ParameterConstraints": {"AllowedValues": [text(v) for v in one["AllowedValues"]]}
            if "AllowedValues" in one
            else {},
        }
        for name, one in document.get("Parameters", {}).items()
    ]


def change_set_of(change_set: ChangeSet) -> dict[str, Any]:
    """Return a change set without its changes."""
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.change_set_id,
        "StackId": change_set.stack.stack_id,
        "StackName": change_set.stack.name,
        "Description": change_set.description,
        "CreationTime": change_set.created_at,
        "ExecutionStatus": change_set.execution_status,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "IncludeNestedStacks": False,
    }


def change_of(change: Change) -> dict[str, Any]:
    """Return one change of a change set."""
    details = [
        {
            "Target": {
                "Attribute": "Tags" if name == "Tags" else "Properties",
                "Name": None if name == "Tags" else name,
                "RequiresRecreation": recreation,
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for name, recreation in (change.properties or {}).items()
    ]
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": change.action,
            "LogicalResourceId": change.logical_id,
            "PhysicalResourceId": change.physical_id,
            "ResourceType": change.type_name,
            "Replacement": change.replacement,
            "Scope": list(change.scope),
            "Details": details,
        },
    }


def parameters_shown(template: Template) -> list[dict[str, Any]]:
    """Return parameters as AWS shows them: secret ones masked."""
    declarations = template.document.get("Parameters", {})
    return [
        {
            "ParameterKey": name,
            "ParameterValue": MASKED if _is_secret(declarations[name]) else value,
        }
        for name, value in template.parameters.items()
    ]


def _is_secret(declaration: Mapping[str, Any]) -> bool:
    return str(declaration.get("NoEcho", False)).lower() == "true"
