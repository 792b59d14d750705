"""Which resources a template wants, what each needs, and the order that follows."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.functions import Scope, Symbolic


def depends_on(resource: Mapping[str, Any]) -> list[str]:
    """Return what a resource names in ``DependsOn``."""
    named = resource.get("DependsOn", [])
    return [named] if isinstance(named, str) else list(named)


def dependencies(scope: Scope) -> dict[str, set[str]]:
    """Return, for each resource whose condition holds, the resources that it needs.

    :raises ValidationError: they depend on each other in a circle, or on one whose condition
        does not hold.
    """
    wanted = wanted_resources(scope)
    graph = {}
    for logical_id, resource in wanted.items():
        symbolic = Symbolic()
        scope.with_resources(symbolic).value(resource.get("Properties", {}))
        absent = sorted(symbolic.used - set(wanted))
        if absent:
            raise ValidationError(
                "Template format error: Unresolved resource dependencies "
                f"[{', '.join(absent)}] in the Resources block of the template"
            )
        graph[logical_id] = symbolic.used | (set(depends_on(resource)) & set(wanted))
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        cycle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(f"Circular dependency between resources: [{cycle}]") from error
    return graph


def wanted_resources(scope: Scope) -> dict[str, Any]:
    """Return the resources of a template whose condition holds."""
    return {
        logical_id: resource
        for logical_id, resource in scope.template["Resources"].items()
        if "Condition" not in resource or scope.condition(resource["Condition"])
    }


def order(graph: Mapping[str, set[str]]) -> list[str]:
    """Return resources such that each comes after those it needs, else in the template's order."""
    position = {logical_id: number for number, logical_id in enumerate(graph)}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    result: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=position.__getitem__)
        result += ready
        sorter.done(*ready)
    return result
