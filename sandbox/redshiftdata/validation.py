"""Checking a request against botocore's service model of the Data API."""

import re
from functools import cache
from typing import Any

from botocore.model import OperationModel, ServiceModel, Shape
from botocore.session import get_session

from sandbox.redshiftdata.errors import ValidationError


@cache
def _service() -> ServiceModel:
    return get_session().get_service_model("redshift-data")


def check_request(operation: str, request: dict[str, Any]) -> None:
    """Refuse what the service model forbids, with all faults in one sentence.

    :raises ValidationError: a required member is missing, unknown, or breaks its constraint.
    """
    model: OperationModel = _service().operation_model(operation)
    _check_statement_id(model.input_shape, request)
    faults = list(_faults(model.input_shape, request, ""))
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise ValidationError(count + "; ".join(faults))


def _faults(shape: Shape, value: Any, path: str) -> list[str]:
    if shape.type_name == "structure":
        return _structure_faults(shape, value, path)
    if shape.type_name == "list":
        found = _length_faults(shape, value, path)
        for position, item in enumerate(value, start=1):
            found += _faults(shape.member, item, f"{path}.{position}.member")
        return found
    if shape.type_name == "string":
        return _string_faults(shape, value, path)
    if shape.type_name in ("integer", "long"):
        return _number_faults(shape, value, path)
    return []


def _structure_faults(shape: Shape, value: dict[str, Any], path: str) -> list[str]:
    found = [
        f"Value null at '{_lower(path, name)}' failed to satisfy constraint:"
        " Member must not be null"
        for name in shape.required_members
        if value.get(name) is None
    ]
    for name, item in value.items():
        if name not in shape.members:
            found.append(f"'{_lower(path, name)}' is not a member of the request")
        elif item is not None:
            found += _faults(shape.members[name], item, _lower(path, name))
    return found


# What the service says of a malformed statement id, alone among its messages. Its pattern lets more
# sub-statements through than the model's, and a request never has more than 40.
_ID_PATTERN = r"^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d+)?$"


def _check_statement_id(shape: Shape, request: dict[str, Any]) -> None:
    statement_id = request.get("Id")
    if "Id" not in shape.members or not isinstance(statement_id, str):
        return
    if not re.fullmatch(_ID_PATTERN, statement_id):
        raise ValidationError(f"id must satisfy regex pattern: {_ID_PATTERN}")


def _string_faults(shape: Shape, value: str, path: str) -> list[str]:
    found = _length_faults(shape, value, path)
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        found.append(
            f"Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy"
            f" regular expression pattern: {pattern}"
        )
    values = shape.metadata.get("enum")
    if values and value not in values:
        found.append(
            f"Value '{value}' at '{path}' failed to satisfy constraint: Member must satisfy enum"
            f" value set: {values}"
        )
    return found


def _length_faults(shape: Shape, value: Any, path: str) -> list[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if len(value) < low or (high is not None and len(value) > high):
        return [
            f"Value at '{path}' failed to satisfy constraint: Member must have length"
            f" {low} to {high if high is not None else 'any'}, not {len(value)}"
        ]
    return []


def _number_faults(shape: Shape, value: int, path: str) -> list[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is not None and value < low) or (high is not None and value > high):
        return [
            f"Value '{value}' at '{path}' failed to satisfy constraint: Member must be"
            f" {low} to {high}"
        ]
    return []


def _lower(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member
