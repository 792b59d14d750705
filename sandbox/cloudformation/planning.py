"""What a template would change of a stack: decided from data, before anything is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.cloudformation import schemas
from sandbox.cloudformation.functions import Scope, Symbolic
from sandbox.cloudformation.graph import order, wanted_resources
from sandbox.cloudformation.resources import REGISTRY
from sandbox.cloudformation.stack import Stack, Template

_COMPARED = ("DeletionPolicy", "Metadata", "UpdateReplacePolicy")


@dataclass(frozen=True)
class Change:
    """One resource of a change set.

    :ivar action: ``Add``, ``Modify`` or ``Remove``.
    :ivar replacement: ``True``, ``False`` or ``Conditional``; None unless modified.
    :ivar properties: names of the changed properties, each with whether that replaces.
    :ivar scope: ``Properties``, ``Tags``, ``Metadata``, ``DeletionPolicy``, ...
    """

    action: str
    logical_id: str
    type_name: str
    physical_id: str | None = None
    replacement: str | None = None
    properties: Mapping[str, str] | None = None
    scope: tuple[str, ...] = ()


def definitions(scope: Scope, tags: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return each wanted resource with parameters worked in and tokens for other resources."""
    result = {}
    for logical_id, resource in wanted_resources(scope).items():
        properties = with_tags(
            resource["Type"],
            scope.with_resources(Symbolic()).value(resource.get("Properties", {})),
            tags,
        )
        compared = {name: resource[name] for name in _COMPARED if name in resource}
        result[logical_id] = {"Type": resource["Type"], "Properties": properties, **compared}
    return result


def with_tags(
    type_name: str, properties: Mapping[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """Add the tags of the stack to a resource that takes tags; its own have precedence."""
    schema = schemas.find(type_name)
    if not tags or schema is None or not schema.takes_tags or not _models_tags(type_name):
        return dict(properties)
    own = properties.get("Tags", [])
    if not isinstance(own, list):
        return dict(properties)  # the schema refuses it
    keys = {tag.get("Key") for tag in own if isinstance(tag, dict)}
    more = [{"Key": key, "Value": value} for key, value in tags.items() if key not in keys]
    return {**properties, "Tags": [*own, *more]}


def _models_tags(type_name: str) -> bool:
    return "Tags" in REGISTRY[type_name].modelled


def output_definitions(scope: Scope) -> dict[str, Any]:
    """Return the outputs whose condition holds, with tokens for resources."""
    symbolic = scope.with_resources(Symbolic())
    return {
        key: symbolic.value({name: part for name, part in output.items() if name != "Condition"})
        for key, output in scope.template.get("Outputs", {}).items()
        if "Condition" not in output or scope.condition(output["Condition"])
    }


def plan(stack: Stack, template: Template, tags: Mapping[str, str]) -> list[Change]:
    """Compare a template with what a stack has."""
    new = definitions(template.scope, tags)
    replaced: set[str] = set()
    changes = []
    for logical_id in order(template.graph):
        change = _change(stack, logical_id, new[logical_id], replaced)
        if change is None:
            continue
        changes.append(change)
        if change.replacement in ("True", "Conditional"):
            replaced.add(logical_id)
    for logical_id, resource in stack.resources.items():
        if logical_id not in new:
            changes.append(Change("Remove", logical_id, resource.type_name, resource.physical_id))
    return changes


def _change(
    stack: Stack, logical_id: str, new: Mapping[str, Any], replaced: Iterable[str]
) -> Change | None:
    existing = stack.resources.get(logical_id)
    if existing is None:
        return Change("Add", logical_id, new["Type"])
    old = existing.definition
    if old["Type"] != new["Type"]:
        return Change(
            "Modify", logical_id, new["Type"], existing.physical_id, "True", {}, ("Properties",)
        )
    tokens = [f"{{{{{kind}:{one}" for one in replaced for kind in ("ref", "attribute")]
    before, after = old["Properties"], new["Properties"]
    names = {
        name
        for name in {*before, *after}
        if before.get(name) != after.get(name)
        or any(token in str(after.get(name)) for token in tokens)
    }
    scope = [("Tags" if name == "Tags" else "Properties") for name in sorted(names)]
    scope += [name for name in _COMPARED if old.get(name) != new.get(name)]
    if not scope:
        return None
    replacing = names & replacing_properties(new["Type"])
    certain = any(before.get(name) != after.get(name) for name in replacing)
    return Change(
        "Modify",
        logical_id,
        new["Type"],
        existing.physical_id,
        "True" if certain else "Conditional" if replacing else "False",
        {name: "Always" if name in replacing else "Never" for name in sorted(names)},
        tuple(dict.fromkeys(scope)),
    )


def replacing_properties(type_name: str) -> frozenset[str]:
    """Return the properties of a type whose change makes a new resource."""
    schema = schemas.find(type_name)
    assert schema is not None, "checked with the template"
    return schema.create_only | REGISTRY[type_name].replaces


def has_changes(
    stack: Stack,
    template: Template,
    tags: Mapping[str, str],
    changes: Iterable[Change],
) -> bool:
    """Tell whether AWS would have anything to do: resources, outputs or tags."""
    return (
        any(changes)
        or stack.output_definition != output_definitions(template.scope)
        or stack.tags != dict(tags)
    )
