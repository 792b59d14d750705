"""What is wrong with a template whatever its parameters: sections, references, cycles, types."""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sandbox.cloudformation import schemas
from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.graph import depends_on
from sandbox.cloudformation.parameters import check_declarations
from sandbox.cloudformation.resources import REGISTRY
from sandbox.cloudformation.syntax import (
    SUB_VARIABLE,
    get_att_target,
    single_function,
    sub_parts,
    text,
)

PSEUDO_PARAMETERS = frozenset(
    {
        "AWS::AccountId",
        "AWS::NoValue",
        "AWS::NotificationARNs",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    }
)
_ATTRIBUTES = frozenset(
    {
        "Condition",
        "CreationPolicy",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdatePolicy",
        "UpdateReplacePolicy",
    }
)
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
_MOST_RESOURCES = 500
_MOST_OUTPUTS = 200
_MOST_PARAMETERS = 200


def check_template(template: Mapping[str, Any], region: str) -> None:
    """Check everything that does not depend on parameters.

    :raises ValidationError: the first fault, as AWS answers.
    :raises NotImplementedError: AWS has it and the sandbox has not.
    """
    _check_counts(template)
    check_declarations(template.get("Parameters", {}))
    _check_mappings(template.get("Mappings", {}))
    for logical_id, resource in template["Resources"].items():
        _check_resource(logical_id, resource)
    _check_types(template, region)
    for name, output in template.get("Outputs", {}).items():
        if not isinstance(output, dict) or "Value" not in output:
            raise ValidationError(
                f"Template format error: Every Outputs object must contain a Value member. ({name})"
            )
    _check_references(template)
    _check_conditions(template)


def _check_counts(template: Mapping[str, Any]) -> None:
    for section, most in (
        ("Resources", _MOST_RESOURCES),
        ("Outputs", _MOST_OUTPUTS),
        ("Parameters", _MOST_PARAMETERS),
    ):
        count = len(template.get(section, {}))
        if count > most:
            raise ValidationError(
                f"Template format error: Number of {section.lower()}, {count}, is greater than "
                f"maximum allowed, {most}"
            )


def _check_mappings(mappings: Mapping[str, Any]) -> None:
    for name, mapping in mappings.items():
        rows = mapping.values() if isinstance(mapping, dict) else [None]
        if not all(isinstance(row, dict) for row in rows):
            raise ValidationError(
                f"Template format error: Every Mappings attribute must be an object of objects. "
                f"({name})"
            )


def _check_resource(logical_id: str, resource: Any) -> None:
    if not re.fullmatch(r"[A-Za-z0-9]{1,255}", str(logical_id)):
        raise ValidationError(
            f"Template format error: Resource name {logical_id} is non alphanumeric."
        )
    if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
        raise ValidationError(
            f"Template format error: [/Resources/{logical_id}] Every Resources object must "
            "contain a Type member."
        )
    unknown = sorted(set(resource) - _ATTRIBUTES)
    if unknown:
        raise ValidationError(
            f"Invalid template resource property '{unknown[0]}' (resource {logical_id})"
        )
    names = resource.get("DependsOn", [])
    if not isinstance(resource.get("Properties", {}), dict) or not isinstance(names, str | list):
        raise ValidationError(
            f"Template format error: [/Resources/{logical_id}] Properties must be an object, "
            "DependsOn a string or a list of strings."
        )
    for attribute in ("CreationPolicy", "UpdatePolicy"):
        if attribute in resource:
            raise NotImplementedError(f"the attribute {attribute} of resources")
    for attribute, allowed in _POLICIES.items():
        if resource.get(attribute, "Delete") not in allowed:
            raise ValidationError(
                f"Template format error: Unrecognized {attribute} {resource[attribute]} for "
                f"resource {logical_id}"
            )
        if resource.get(attribute) == "Snapshot":
            raise NotImplementedError(f"{attribute}: Snapshot")


def _check_types(template: Mapping[str, Any], region: str) -> None:
    types = {resource["Type"] for resource in template["Resources"].values()}
    unknown = sorted(one for one in types if schemas.find(one, region) is None)
    if unknown:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
        )
    missing = sorted(types - set(REGISTRY))
    if missing:
        raise NotImplementedError(f"the resource types {', '.join(missing)}")


def references(node: Any) -> Iterator[tuple[str, str | None]]:
    """Yield the names that a part of a template refers to, with the attribute asked for."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    if not isinstance(node, dict):
        return
    function = single_function(node)
    argument = node[function] if function else None
    if function == "Ref":
        yield str(argument), None
    elif function == "Fn::GetAtt":
        logical_id, attribute = get_att_target(argument)
        yield logical_id, attribute if isinstance(attribute, str) else ""
        yield from references(attribute)
    elif function == "Fn::Sub":
        pattern, own = sub_parts(argument)
        for literal, name in SUB_VARIABLE.findall(pattern):
            name = name.strip()
            if not literal and name not in own:
                logical_id, dot, attribute = name.partition(".")
                yield logical_id, attribute if dot else None
        yield from references(list(own.values()))
    else:
        for item in node.values():
            yield from references(item)


def _check_references(template: Mapping[str, Any]) -> None:
    resources = template["Resources"]
    known = PSEUDO_PARAMETERS | set(template.get("Parameters", {})) | set(resources)
    for section in ("Resources", "Outputs"):
        unresolved = set()
        for part in template.get(section, {}).values():
            for name, attribute in references(part):
                if attribute is not None:
                    _check_attribute(resources, name, attribute)
                elif name not in known:
                    unresolved.add(name)
            unresolved |= {one for one in depends_on(part) if one not in resources}
        if unresolved:
            raise ValidationError(
                f"Template format error: Unresolved resource dependencies "
                f"[{', '.join(sorted(unresolved))}] in the {section} block of the template"
            )
    for section in ("Conditions", "Rules"):
        allowed = known - set(resources)
        unresolved = {n for n, a in references(template.get(section, {})) if n not in allowed}
        if unresolved:
            raise ValidationError(
                f"Template format error: Unresolved dependencies "
                f"[{', '.join(sorted(unresolved))}]. Cannot reference resources in the "
                f"{section} block of the template"
            )


def _check_attribute(resources: Mapping[str, Any], logical_id: str, attribute: str) -> None:
    if logical_id not in resources:
        raise ValidationError(
            "Template error: instance of Fn::GetAtt references undefined resource " + logical_id
        )
    schema = schemas.find(resources[logical_id]["Type"])
    if attribute and schema is not None and attribute not in schema.attributes:
        raise ValidationError(
            f"Template error: resource {logical_id} does not support attribute type {attribute} "
            "in Fn::GetAtt"
        )


def _check_conditions(template: Mapping[str, Any]) -> None:
    declared = template.get("Conditions", {})
    for section in ("Resources", "Outputs"):
        for part in template.get(section, {}).values():
            used = set(_conditions_used(part))
            if "Condition" in part:
                used.add(part["Condition"])
            unknown = sorted(used - set(declared))
            if unknown:
                raise ValidationError(
                    f"Template format error: Unresolved condition dependency {unknown[0]} in the "
                    f"{section} block of the template"
                )
    graph = {name: set(_conditions_named(body)) for name, body in declared.items()}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ValidationError(
            f"Template error: Circular dependency between conditions: {sorted(set(error.args[1]))}"
        ) from error


def _conditions_used(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _conditions_used(item)
    elif isinstance(node, dict):
        if isinstance(node.get("Fn::If"), list):
            yield text(node["Fn::If"][0])
        for item in node.values():
            yield from _conditions_used(item)


def _conditions_named(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _conditions_named(item)
    elif isinstance(node, dict):
        if isinstance(node.get("Condition"), str):
            yield node["Condition"]
        for item in node.values():
            yield from _conditions_named(item)
