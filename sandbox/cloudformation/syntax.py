"""How templates write functions: their names, and the forms of their arguments.

Source: CloudFormation User Guide, "Intrinsic function reference".
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.cloudformation.errors import ValidationError

SUB_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
VALUE_FUNCTIONS = frozenset(
    {
        "Fn::Base64",
        "Fn::Cidr",
        "Fn::FindInMap",
        "Fn::GetAZs",
        "Fn::GetAtt",
        "Fn::If",
        "Fn::ImportValue",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::Sub",
        "Ref",
    }
)
CONDITION_FUNCTIONS = frozenset({"Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition"})
RULE_FUNCTIONS = frozenset({"Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn"})


def single_function(node: Mapping[str, Any]) -> str | None:
    """Return the function that an object calls, None for a plain object.

    :raises ValidationError: a name in ``Fn::`` that is no function.
    """
    if len(node) != 1:
        return None
    name = next(iter(node))
    if name in VALUE_FUNCTIONS | CONDITION_FUNCTIONS | RULE_FUNCTIONS:
        return None if name == "Condition" and not isinstance(node[name], str) else str(name)
    if isinstance(name, str) and name.startswith("Fn::"):
        raise ValidationError(f"Template error: {name} is not a valid function.")
    return None


def text(value: Any) -> str:
    """Write a scalar as CloudFormation does: booleans in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def get_att_target(argument: Any) -> tuple[str, Any]:
    """Split the argument of ``Fn::GetAtt`` into resource and attribute.

    :raises ValidationError: it has neither of its two forms.
    """
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not isinstance(parts[0], str):
        raise ValidationError(
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the "
            "resource name and the resource attribute"
        )
    return parts[0], parts[1]


def sub_parts(argument: Any) -> tuple[str, dict[str, Any]]:
    """Return pattern and own variables of ``Fn::Sub``.

    :raises ValidationError: it has neither of its two forms.
    """
    if isinstance(argument, str):
        return argument, {}
    if (
        isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[0], str)
        and isinstance(argument[1], dict)
    ):
        return argument[0], argument[1]
    raise ValidationError(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
        "arguments. Specify a string as first argument, and an optional second argument to "
        "specify a mapping of values to replace in the string"
    )
