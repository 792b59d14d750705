"""Parameters of a template: declared well, given, within their constraints.

Source: CloudFormation User Guide, "Parameters section syntax reference". The sentences are those
of public error reports; unverified against AWS.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.syntax import text

MASKED = "****"
_ATTRIBUTES = frozenset(
    {
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "Default",
        "Description",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
        "Type",
    }
)
_PLAIN_TYPES = frozenset({"String", "Number", "List<Number>", "CommaDelimitedList"})

Exists = Callable[[str, str], bool]
"""Tells whether AWS has the thing of a type (``AWS::EC2::VPC::Id``) that a value names."""

AWS_TYPES = frozenset({"AWS::EC2::VPC::Id", "AWS::EC2::Subnet::Id", "AWS::EC2::SecurityGroup::Id"})


def check_declarations(declarations: Mapping[str, Any]) -> None:
    """Check the Parameters section of a template.

    :raises ValidationError: an attribute or a type that does not exist, a default of a wrong form.
    :raises NotImplementedError: a type that AWS has and the sandbox has not.
    """
    for name, declaration in declarations.items():
        if not re.fullmatch(r"[A-Za-z0-9]{1,255}", str(name)):
            raise ValidationError(
                f"Template format error: Parameter name {name} is non alphanumeric."
            )
        if not isinstance(declaration, dict) or "Type" not in declaration:
            raise ValidationError(
                "Template format error: Every Parameters object must contain a Type member. "
                f"({name})"
            )
        unknown = sorted(set(declaration) - _ATTRIBUTES)
        if unknown:
            raise ValidationError(
                f"Invalid template parameter property '{unknown[0]}' of parameter {name}"
            )
        _check_type(name, str(declaration["Type"]))
        _check_constraints(name, declaration)


def _check_constraints(name: str, declaration: Mapping[str, Any]) -> None:
    for attribute in ("MinLength", "MaxLength", "MinValue", "MaxValue"):
        try:
            float(declaration.get(attribute, 0))
        except (TypeError, ValueError) as error:
            raise ValidationError(
                f"Template format error: {attribute} of parameter {name} must be a number."
            ) from error
    if not isinstance(declaration.get("AllowedValues", []), list):
        raise ValidationError(
            f"Template format error: AllowedValues of parameter {name} must be a list."
        )
    try:
        re.compile(str(declaration.get("AllowedPattern", "")))
    except re.error as error:
        # Java's, which Python's engine does not cover, or wrong in both.
        raise NotImplementedError(f"the AllowedPattern of parameter {name} ({error})") from error


def _check_type(name: str, kind: str) -> None:
    inner = kind[5:-1] if kind.startswith("List<") and kind.endswith(">") else kind
    if kind in _PLAIN_TYPES or inner in AWS_TYPES:
        return
    if inner.startswith(("AWS::EC2::", "AWS::SSM::Parameter::", "AWS::Route53::HostedZone::")):
        raise NotImplementedError(f"parameters of type {kind} ({name})")
    raise ValidationError(
        f"Template format error: Unrecognized parameter type: {kind} (parameter {name})"
    )


def resolve(
    declarations: Mapping[str, Any],
    given: Mapping[str, str],
    exists: Exists,
) -> dict[str, str]:
    """Return the text of each parameter: what was given, else the default.

    :raises ValidationError: unknown, missing, or outside of its constraints.
    """
    unknown = sorted(set(given) - set(declarations))
    if unknown:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = sorted(
        name
        for name, declaration in declarations.items()
        if name not in given and "Default" not in declaration
    )
    if missing:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    values = {}
    for name, declaration in declarations.items():
        value = given[name] if name in given else _default(declaration["Default"])
        _check_value(name, declaration, value, exists)
        values[name] = value
    return values


def _default(value: Any) -> str:
    return ",".join(map(text, value)) if isinstance(value, list) else text(value)


def typed(declarations: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return what ``Ref`` yields: text, or a list of texts for the list types."""
    return {
        name: _items(value) if is_list(declarations[name]["Type"]) else value
        for name, value in values.items()
    }


def is_list(kind: str) -> bool:
    """Tell a list type."""
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",")] if value else []


def _check_value(name: str, declaration: Mapping[str, Any], value: str, exists: Exists) -> None:
    fault = _fault(name, declaration, value, exists)
    if fault is None:
        return
    described = declaration.get("ConstraintDescription")
    if described and fault.startswith("Parameter '"):
        fault = f"Parameter '{name}' failed to satisfy constraint: {described}"
    raise ValidationError(fault)


def _fault(name: str, declaration: Mapping[str, Any], value: str, exists: Exists) -> str | None:
    kind = str(declaration["Type"])
    items = _items(value) if is_list(kind) else [value]
    if kind in ("Number", "List<Number>"):
        fault = _number_fault(name, declaration, items)
    else:
        fault = _text_fault(name, declaration, value if not is_list(kind) else None, items)
    if fault:
        return fault
    allowed = declaration.get("AllowedValues")
    if allowed is not None and any(item not in map(text, allowed) for item in items):
        listed = ", ".join(map(text, allowed))
        return f"Parameter '{name}' must be one of AllowedValues [{listed}]"
    inner = kind[5:-1] if kind.startswith("List<") else kind
    if inner in AWS_TYPES:
        absent = [item for item in items if not exists(inner, item)]
        if absent:
            return (
                f"Parameter validation failed: parameter value {absent[0]} for parameter name "
                f"{name} does not exist"
            )
    return None


def _text_fault(
    name: str, declaration: Mapping[str, Any], whole: str | None, items: list[str]
) -> str | None:
    if whole is not None and len(whole) < int(declaration.get("MinLength", 0)):
        return f"Parameter '{name}' must contain at least {declaration['MinLength']} characters"
    if whole is not None and len(whole) > int(declaration.get("MaxLength", 4096)):
        limit = declaration.get("MaxLength", 4096)
        return f"Parameter '{name}' must contain at most {limit} characters"
    pattern = declaration.get("AllowedPattern")
    # The whole value has to match, as by Java's String.matches.
    if pattern and any(not re.fullmatch(pattern, item) for item in items):
        return f"Parameter '{name}' must match pattern {pattern}"
    return None


def _number_fault(name: str, declaration: Mapping[str, Any], items: list[str]) -> str | None:
    for item in items:
        try:
            number = float(item)
        except ValueError:
            return f"Parameter '{name}' must be a number"
        if number < float(declaration.get("MinValue", "-inf")):
            return f"Parameter '{name}' must be a number not less than {declaration['MinValue']}"
        if number > float(declaration.get("MaxValue", "inf")):
            return f"Parameter '{name}' must be a number not greater than {declaration['MaxValue']}"
    return None
