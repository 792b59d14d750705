"""The acknowledgement that a template with IAM resources needs.

Source: CloudFormation API Reference, "CreateStack", parameter ``Capabilities``.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.errors import InsufficientCapabilitiesError

_NAMED_IAM = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_ANY_IAM = frozenset({*_NAMED_IAM, "AWS::IAM::AccessKey", "AWS::IAM::Policy"})


def capabilities_needed(template: Mapping[str, Any]) -> tuple[str, list[str]] | None:
    """Return the capability that a template needs and the types that it needs it for."""
    resources = template["Resources"].values()
    types = sorted({one["Type"] for one in resources if one["Type"] in _ANY_IAM})
    if not types:
        return None
    named = any(
        _NAMED_IAM.get(one["Type"]) in one.get("Properties", {})
        for one in resources
        if one["Type"] in _NAMED_IAM
    )
    return ("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"), types


def check_capabilities(template: Mapping[str, Any], given: list[str]) -> None:
    """Refuse a template that makes IAM resources without the caller's acknowledgement.

    :raises InsufficientCapabilitiesError: the capability that is missing.
    """
    needed = capabilities_needed(template)
    if needed is None or "CAPABILITY_NAMED_IAM" in given:
        return
    if needed[0] not in given:
        raise InsufficientCapabilitiesError(needed[0])
