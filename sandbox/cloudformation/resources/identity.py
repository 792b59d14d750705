"""AWS::IAM: roles and policies.

Source: CloudFormation Template Reference, "AWS Identity and Access Management".
"""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.resources.base import (
    Context,
    Made,
    Properties,
    ResourceType,
    pick,
    tag_changes,
    tag_list,
)

_HOLDERS = {"Roles": "role", "Users": "user", "Groups": "group"}


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Role(ResourceType):
    """A role with its inline and managed policies."""

    type_name = "AWS::IAM::Role"
    modelled = frozenset(
        {"AssumeRolePolicyDocument", "Description", "ManagedPolicyArns", "MaxSessionDuration"}
        | {"Path", "PermissionsBoundary", "Policies", "RoleName", "Tags"}
    )
    gone = ("NoSuchEntity",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("iam")
        name = properties.get("RoleName") or context.name(64)
        taken = ("Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags")
        role = client.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=_document(properties["AssumeRolePolicyDocument"]),
            **pick(properties, taken),
        )["Role"]
        context.exists(name)
        self._set_policies(client, name, {}, properties)
        return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, name = context.client("iam"), made.physical_id
        client.update_assume_role_policy(
            RoleName=name, PolicyDocument=_document(new["AssumeRolePolicyDocument"])
        )
        client.update_role(
            RoleName=name,
            Description=new.get("Description", ""),
            MaxSessionDuration=new.get("MaxSessionDuration", 3600),
        )
        if old.get("PermissionsBoundary") != new.get("PermissionsBoundary"):
            if "PermissionsBoundary" in new:
                client.put_role_permissions_boundary(
                    RoleName=name, PermissionsBoundary=new["PermissionsBoundary"]
                )
            else:
                client.delete_role_permissions_boundary(RoleName=name)
        self._set_policies(client, name, old, new)
        to_set, to_remove = tag_changes(old, new)
        if to_set:
            client.tag_role(RoleName=name, Tags=tag_list(to_set))
        if to_remove:
            client.untag_role(RoleName=name, TagKeys=to_remove)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        client, name = context.client("iam"), made.physical_id
        self._set_policies(client, name, properties, {})
        client.delete_role(RoleName=name)

    def _set_policies(self, client: Any, name: str, old: Properties, new: Properties) -> None:
        before, after = _inline(old), _inline(new)
        for policy, document in after.items():
            if before.get(policy) != document:
                client.put_role_policy(
                    RoleName=name, PolicyName=policy, PolicyDocument=_document(document)
                )
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
            if policy in before and policy not in after:
                client.delete_role_policy(RoleName=name, PolicyName=policy)
        attached = {
            one["PolicyArn"]
            for one in client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        }
        wanted = new.get("ManagedPolicyArns", [])
        for arn in wanted:
            if arn not in attached:
                client.attach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in old.get("ManagedPolicyArns", []):
            if arn in attached and arn not in wanted:
                client.detach_role_policy(RoleName=name, PolicyArn=arn)


def _inline(properties: Properties) -> dict[str, Any]:
    return {one["PolicyName"]: one["PolicyDocument"] for one in properties.get("Policies", [])}


class Policy(ResourceType):
    """An inline policy of roles, users and groups that are named."""

    type_name = "AWS::IAM::Policy"
    modelled = frozenset({"Groups", "PolicyDocument", "PolicyName", "Roles", "Users"})
    gone = ("NoSuchEntity",)

    def create(self, context: Context, properties: Properties) -> Made:
        self._put(context, properties)
        name = context.name(64)
        return Made(name, {"Id": name})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        self._put(context, new)
        self._remove(context, old, kept=new)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        self._remove(context, properties, kept={})

    def _put(self, context: Context, properties: Properties) -> None:
        for kind, holder in _held(properties):
            getattr(context.client("iam"), f"put_{kind}_policy")(
                **{f"{kind.capitalize()}Name": holder},
                PolicyName=properties["PolicyName"],
                PolicyDocument=_document(properties["PolicyDocument"]),
            )

    def _remove(self, context: Context, properties: Properties, kept: Properties) -> None:
        client = context.client("iam")
        same_name = kept.get("PolicyName") == properties["PolicyName"]
        for kind, holder in _held(properties):
            if same_name and (kind, holder) in _held(kept):
                continue
            try:
                getattr(client, f"delete_{kind}_policy")(
                    **{f"{kind.capitalize()}Name": holder}, PolicyName=properties["PolicyName"]
                )
            except client.exceptions.NoSuchEntityException:
                continue  # the holder went first, and took the policy along


def _held(properties: Properties) -> list[tuple[str, str]]:
    return [(kind, holder) for key, kind in _HOLDERS.items() for holder in properties.get(key, [])]


class ManagedPolicy(ResourceType):
    """A managed policy and what it is attached to."""

    type_name = "AWS::IAM::ManagedPolicy"
    modelled = frozenset(
        {"Description", "Groups", "ManagedPolicyName", "Path", "PolicyDocument", "Roles", "Users"}
    )
    gone = ("NoSuchEntity",)

    def create(self, context: Context, properties: Properties) -> Made:
        client = context.client("iam")
        policy = client.create_policy(
            PolicyName=properties.get("ManagedPolicyName") or context.name(128),
            PolicyDocument=_document(properties["PolicyDocument"]),
            **pick(properties, ("Description", "Path")),
        )["Policy"]
        arn = policy["Arn"]
        context.exists(arn)
        for kind, holder in _held(properties):
            _attach(client, "attach", kind, holder, arn)
        return Made(arn, {"PolicyArn": arn, "PolicyId": policy["PolicyId"]})

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        client, arn = context.client("iam"), made.physical_id
        if old["PolicyDocument"] != new["PolicyDocument"]:
            client.create_policy_version(
                PolicyArn=arn, PolicyDocument=_document(new["PolicyDocument"]), SetAsDefault=True
            )
            _delete_versions(client, arn)
        for kind, holder in _held(new):
            if (kind, holder) not in _held(old):
                _attach(client, "attach", kind, holder, arn)
        for kind, holder in _held(old):
            if (kind, holder) not in _held(new):
                _attach(client, "detach", kind, holder, arn)
        return made

    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        client, arn = context.client("iam"), made.physical_id
        for kind, holder in _held(properties):
            try:
                _attach(client, "detach", kind, holder, arn)
            except client.exceptions.NoSuchEntityException:
                continue
        _delete_versions(client, arn)
        client.delete_policy(PolicyArn=arn)


def _attach(client: Any, verb: str, kind: str, holder: str, arn: str) -> None:
    arguments: Mapping[str, str] = {f"{kind.capitalize()}Name": holder, "PolicyArn": arn}
    getattr(client, f"{verb}_{kind}_policy")(**arguments)


def _delete_versions(client: Any, arn: str) -> None:
    for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
