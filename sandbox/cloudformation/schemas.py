"""The schemas of resource types, as CloudFormation's registry publishes them.

They come with the package cfn-lint (``data/schemas``). They are read as files: importing cfn-lint
takes seconds.
"""

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

from sandbox.accounts import REGION

# What Fn::GetAtt returns beside the read-only properties.
# Source: the "Return values" of each type in the Template Reference.
_MORE_ATTRIBUTES = {
    "AWS::SNS::Topic": {"TopicName"},
    "AWS::SQS::Queue": {"QueueName"},
    "AWS::EC2::SecurityGroup": {"VpcId"},
    "AWS::EC2::VPC": {"CidrBlock"},
    "AWS::EC2::Subnet": {"AvailabilityZone", "CidrBlock", "VpcId"},
}


class Schema:
    """What a resource type has: properties, what of them may change, attributes."""

    def __init__(self, type_name: str, document: Mapping[str, Any]) -> None:
        self.type_name = type_name
        self.document = dict(document)
        self._validator = _Validator(self.document)

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties by name, read-only ones included."""
        found: Mapping[str, Any] = self.document["properties"]
        return found

    @property
    def attributes(self) -> frozenset[str]:
        """The names that ``Fn::GetAtt`` takes."""
        read_only = {name.replace("/", ".") for name in self._names("readOnlyProperties")}
        return frozenset(read_only | _MORE_ATTRIBUTES.get(self.type_name, set()))

    @property
    def create_only(self) -> frozenset[str]:
        """The properties whose change replaces the resource."""
        names = self._names("createOnlyProperties")
        return frozenset(name.partition("/")[0] for name in names)

    @property
    def custom_name(self) -> str | None:
        """The property that gives the resource its name, where the user may choose one."""
        identifiers = self._names("primaryIdentifier")
        usual = self.type_name.rpartition(":")[2] + "Name"
        names = [usual, *(identifiers if len(identifiers) == 1 else ())]
        return next((name for name in names if name in self.create_only), None)

    @property
    def takes_tags(self) -> bool:
        """Whether the tags of a stack go on to the resource, in a property ``Tags``."""
        tagging = self.document.get("tagging") or {}
        return bool(tagging.get("taggable")) and "Tags" in self.properties

    def coerced(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties with scalars turned into the types that the schema asks for.

        CloudFormation takes ``"60"`` for a number and ``"true"`` for a boolean, and the reverse.
        """
        result = self._coerce(properties, self.document)
        assert isinstance(result, dict)
        return result

    def faults(self, properties: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the properties, in the registry's words."""
        read_only = {name for name in self._names("readOnlyProperties") if "/" not in name}
        faults = [
            f"#: extraneous key [{name}] is not permitted"
            for name in sorted(read_only & set(properties) - {self._named()})
        ]
        errors = sorted(self._validator.iter_errors(properties), key=lambda error: error.json_path)
        return faults + [_sentence(error) for error in errors]

    def _named(self) -> str | None:
        # Marked read-only in the schema, and yet taken: ClusterSubnetGroupName.
        identifiers = self._names("primaryIdentifier")
        return identifiers[0] if self.type_name == "AWS::Redshift::ClusterSubnetGroup" else None

    def _names(self, key: str) -> list[str]:
        return [path.removeprefix("/properties/") for path in self.document.get(key, [])]

    def _coerce(self, value: Any, schema: Any) -> Any:
        schema = self._resolved(schema)
        if isinstance(value, dict):
            known = schema.get("properties", {})
            patterns = list(schema.get("patternProperties", {}).values())
            other = patterns[0] if len(patterns) == 1 else schema.get("additionalProperties")
            return {key: self._coerce(item, known.get(key, other)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._coerce(item, schema.get("items")) for item in value]
        return _coerce_scalar(value, schema.get("type"))

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        if not isinstance(schema, dict):
            return {}
        if "$ref" not in schema:
            return schema
        found: Any = self.document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self._resolved(found)


@cache
def find(type_name: str, region: str = REGION) -> Schema | None:
    """Return the schema of a type, None for a type that AWS does not have there."""
    digest = _index(region).get(type_name)
    if digest is None:
        return None
    path = _directory() / "resources" / f"{digest}.json"
    return Schema(type_name, json.loads(path.read_text(encoding="utf-8")))


@cache
def _index(region: str) -> dict[str, str]:
    path = _directory() / "providers" / f"{region}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


@cache
def _directory() -> Path:
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            "CloudFormation's resource schemas come with cfn-lint: install it"
        )
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"


def _coerce_scalar(value: Any, kind: Any) -> Any:
    kinds = kind if isinstance(kind, list) else [kind]
    if "string" in kinds and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str) or "string" in kinds:
        return value
    if "boolean" in kinds and value.lower() in ("true", "false"):
        return value.lower() == "true"
    for name, convert in (("integer", int), ("number", float)):
        if name in kinds:
            try:
                return convert(value)
            except ValueError:
                return value
    return value


def _required_exactly_one(
    validator: Any, names: list[str], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    present = [name for name in names if name in instance]
    if len(present) != 1:
        listed = ", ".join(names)
        yield ValidationError(f"exactly one of [{listed}] is required, found {present}")


def _required_at_least_one(
    validator: Any, names: list[str], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not any(name in instance for name in names):
        yield ValidationError(f"at least one of [{', '.join(names)}] is required")


def _excluded(
    validator: Any, excluded: Mapping[str, list[str]], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    for name, others in excluded.items():
        both = [other for other in others if name in instance and other in instance]
        if both:
            yield ValidationError(f"[{name}] cannot be used together with {both}")


def _matches(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, str):
        return
    try:
        found = re.search(pattern, instance)
    except re.error:
        return  # of Java's syntax, which Python's does not cover
    if found is None:
        yield ValidationError(f"string [{instance}] does not match pattern {pattern}")


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft7Validator,
    {
        "requiredXor": _required_exactly_one,
        "requiredOr": _required_at_least_one,
        "dependentExcluded": _excluded,
        "pattern": _matches,
    },
)


def _sentence(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    schema: Any = error.schema
    instance: Any = error.instance
    path = "#" + "".join(f"/{part}" for part in error.absolute_path)
    if error.validator == "required":
        missing = [name for name in wanted if name not in instance]
        name = next((name for name in missing if f"'{name}'" in error.message), missing[0])
        return f"{path}: required key [{name}] not found"
    if error.validator == "additionalProperties":
        known = schema.get("properties", {})
        extra = ", ".join(sorted(name for name in instance if name not in known))
        return f"{path}: extraneous key [{extra}] is not permitted"
    if error.validator == "enum":
        return f"{path}: #: {instance} is not a valid enum value"
    if error.validator == "type":
        found = type(instance).__name__
        return f"{path}: expected type: {wanted}, found: {found}"
    return f"{path}: {error.message}"
