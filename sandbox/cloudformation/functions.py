"""Intrinsic functions and conditions of templates, evaluated.

Source: CloudFormation User Guide, "Intrinsic function reference", "Condition functions".
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.syntax import (
    CONDITION_FUNCTIONS,
    SUB_VARIABLE,
    VALUE_FUNCTIONS,
    get_att_target,
    single_function,
    sub_parts,
    text,
)

NO_VALUE = object()
"""What ``AWS::NoValue`` stands for; whatever has it as its value is left out."""

_MOST_BLOCKS = 256


class Resources(Protocol):
    """Where ``Ref`` and ``Fn::GetAtt`` of resources find their values."""

    def ref(self, logical_id: str) -> Any:
        """Return the physical id."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return an attribute."""


@dataclass
class Symbolic:
    """Stands for resources that do not exist yet: a token each, and a note of what was used."""

    used: set[str] = field(default_factory=set)

    def ref(self, logical_id: str) -> Any:
        """Return a token."""
        self.used.add(logical_id)
        return f"{{{{ref:{logical_id}}}}}"

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return a token."""
        self.used.add(logical_id)
        return f"{{{{attribute:{logical_id}.{name}}}}}"


@dataclass(frozen=True)
class Scope:
    """Everything a template's values can refer to.

    :ivar names: parameters and pseudo parameters, by name; a list parameter is a list.
    :ivar export: looks up another stack's export; raises ValidationError for an unknown one.
    """

    template: Mapping[str, Any]
    names: Mapping[str, Any]
    resources: Resources
    export: Callable[[str], str]

    def with_resources(self, resources: Resources) -> "Scope":
        """Return the same scope over other resources."""
        return Scope(self.template, self.names, resources, self.export)

    def value(self, node: Any) -> Any:
        """Evaluate a part of the template; ``NO_VALUE`` entries are gone from the result."""
        if isinstance(node, dict):
            function = single_function(node)
            if function in VALUE_FUNCTIONS:
                return _FUNCTIONS[function](self, node[function])
            if function is not None and function != "Condition":
                raise ValidationError(
                    f"Template error: {function} is allowed in Conditions and Rules only."
                )
            pairs = ((key, self.value(item)) for key, item in node.items())
            return {key: item for key, item in pairs if item is not NO_VALUE}
        if isinstance(node, list):
            return [item for item in map(self.value, node) if item is not NO_VALUE]
        return node

    def condition(self, name: str) -> bool:
        """Evaluate a condition of the template by name.

        :raises ValidationError: there is none of that name.
        """
        conditions = self.template.get("Conditions", {})
        if name not in conditions:
            raise ValidationError(f"Template format error: Unresolved condition dependency {name}")
        return self.holds(conditions[name])

    def holds(self, node: Any) -> bool:
        """Evaluate the body of a condition.

        :raises ValidationError: it is no condition.
        """
        function = single_function(node) if isinstance(node, dict) else None
        if function not in CONDITION_FUNCTIONS:
            raise ValidationError(
                "Template format error: Every Conditions member must be a condition function."
            )
        argument = node[function]
        if function == "Condition":
            return self.condition(argument)
        if function == "Fn::Equals":
            left, right = _arguments(function, argument, 2)
            return text(self.value(left)) == text(self.value(right))
        if function == "Fn::Not":
            return not self.holds(_arguments(function, argument, 1)[0])
        if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
            raise ValidationError(
                f"Template validation error: every {function} object requires a list of at least "
                "2 and at most 10 boolean parameters."
            )
        results = [self.holds(item) for item in argument]
        return all(results) if function == "Fn::And" else any(results)


def _arguments(function: str, argument: Any, count: int) -> list[Any]:
    if not isinstance(argument, list) or len(argument) != count:
        raise ValidationError(
            f"Template error: every {function} object requires a list of {count} parameters."
        )
    return argument


def _ref(scope: Scope, name: Any) -> Any:
    if name == "AWS::NoValue":
        return NO_VALUE
    return scope.names[name] if name in scope.names else scope.resources.ref(name)


def _get_att(scope: Scope, argument: Any) -> Any:
    logical_id, attribute = get_att_target(argument)
    return scope.resources.attribute(logical_id, text(scope.value(attribute)))


def _sub(scope: Scope, argument: Any) -> str:
    pattern, own = sub_parts(argument)
    values = {name: scope.value(item) for name, item in own.items()}

    def replacement(match: re.Match[str]) -> str:
        literal, name = match.groups()
        name = name.strip()
        if literal:
            return f"${{{name}}}"
        if name in values:
            return text(values[name])
        if name in scope.names or "." not in name:
            return text(_ref(scope, name))
        return text(_get_att(scope, name))

    return SUB_VARIABLE.sub(replacement, pattern)


def _join(scope: Scope, argument: Any) -> str:
    separator, items = _arguments("Fn::Join", argument, 2)
    values = scope.value(items)
    if not isinstance(separator, str) or not isinstance(values, list):
        raise ValidationError(
            "Template error: every Fn::Join object requires two parameters, (1) a string "
            "delimiter and (2) a list of strings to be joined or a function that returns a list"
        )
    return separator.join(text(value) for value in values)


def _split(scope: Scope, argument: Any) -> list[str]:
    separator, source = _arguments("Fn::Split", argument, 2)
    return text(scope.value(source)).split(separator)


def _select(scope: Scope, argument: Any) -> Any:
    index, items = _arguments("Fn::Select", argument, 2)
    number, values = text(scope.value(index)), scope.value(items)
    if isinstance(values, list) and number.isdecimal() and int(number) < len(values):
        return values[int(number)]
    if isinstance(scope.resources, Symbolic):
        return json.dumps({"Fn::Select": [number, values]})  # its list is not known before
    raise ValidationError(
        f"Template error: Fn::Select cannot select nonexistent value at index {number}"
    )


def _find_in_map(scope: Scope, argument: Any) -> Any:
    name, first, second = (text(scope.value(part)) for part in _map_arguments(argument))
    found = scope.template.get("Mappings", {}).get(name, {}).get(first, {})
    if second not in found:
        raise ValidationError(
            f"Template error: Unable to get mapping for {name}::{first}::{second}"
        )
    return found[second]


def _map_arguments(argument: Any) -> list[Any]:
    if isinstance(argument, list) and len(argument) == 4:
        raise NotImplementedError("Fn::FindInMap with a default value (AWS::LanguageExtensions)")
    return _arguments("Fn::FindInMap", argument, 3)


def _if(scope: Scope, argument: Any) -> Any:
    name, when_true, when_false = _arguments("Fn::If", argument, 3)
    return scope.value(when_true if scope.condition(name) else when_false)


def _import_value(scope: Scope, argument: Any) -> str:
    return scope.export(text(scope.value(argument)))


def _base64(scope: Scope, argument: Any) -> str:
    return base64.b64encode(text(scope.value(argument)).encode()).decode()


def _cidr(scope: Scope, argument: Any) -> list[str]:
    block, count, bits = _arguments("Fn::Cidr", argument, 3)
    text_of_block = text(scope.value(block))
    try:
        network = ipaddress.ip_network(text_of_block)
        wanted, host_bits = int(text(scope.value(count))), int(text(scope.value(bits)))
        subnets = network.subnets(new_prefix=network.max_prefixlen - host_bits)
        found = [str(subnet) for subnet in islice(subnets, wanted)]
    except ValueError as error:
        if isinstance(scope.resources, Symbolic) and text_of_block.startswith("{{"):
            return [f"{text_of_block}/{number}" for number in range(_MOST_BLOCKS)]
        raise ValidationError(f"Template error: Fn::Cidr: {error}") from error
    if not 1 <= wanted <= _MOST_BLOCKS or len(found) < wanted:
        raise ValidationError(
            f"Template error: Fn::Cidr cannot make {wanted} blocks of {host_bits} bits out of "
            f"{network}"
        )
    return found


def _get_azs(scope: Scope, argument: Any) -> list[str]:
    region = scope.value(argument) or scope.names["AWS::Region"]
    return [f"{region}{letter}" for letter in "abcdef"] if region == "us-east-1" else _no_azs()


def _no_azs() -> list[str]:
    raise NotImplementedError("Fn::GetAZs outside of us-east-1")


_FUNCTIONS: dict[str, Callable[[Scope, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Base64": _base64,
    "Fn::GetAZs": _get_azs,
    "Fn::Cidr": _cidr,
}
