"""Intrinsic functions, evaluated from data alone."""

from typing import Any

import pytest

from sandbox.cloudformation import functions, schemas
from sandbox.cloudformation.errors import ValidationError
from sandbox.cloudformation.functions import Scope, Symbolic
from sandbox.cloudformation.resources import REGISTRY
from sandbox.cloudformation.syntax import VALUE_FUNCTIONS
from sandbox.cloudformation.template import parse


class Known:
    """Resources with made-up ids."""

    def ref(self, logical_id: str) -> Any:
        return f"id-of-{logical_id}"

    def attribute(self, logical_id: str, name: str) -> Any:
        return f"{name}-of-{logical_id}"


def scope(template: dict[str, Any] | None = None) -> Scope:
    def export(name: str) -> str:
        return f"export-{name}"

    names = {"Name": "n", "Items": ["x", "y"], "AWS::Region": "us-east-1"}
    return Scope(template or {}, names, Known(), export)


@pytest.mark.parametrize(
    ("node", "value"),
    [
        ({"Ref": "Items"}, ["x", "y"]),
        ({"Fn::GetAtt": "A.B.C"}, "B.C-of-A"),
        ({"Fn::Sub": "${Name}-${A}-${A.Arn}-${!Raw}-$x"}, "n-id-of-A-Arn-of-A-${Raw}-$x"),
        ({"Fn::Sub": ["${V}${V}", {"V": {"Ref": "Name"}}]}, "nn"),
        ({"Fn::Join": [",", {"Ref": "Items"}]}, "x,y"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::ImportValue": {"Fn::Sub": "${Name}-vpc"}}, "export-n-vpc"),
        ({"Fn::Base64": "text"}, "dGV4dA=="),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::GetAZs": ""}, [f"us-east-1{letter}" for letter in "abcdef"]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}, {"b": [1]}),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}},) * 2,
    ],
)
def test_value(node: Any, value: Any) -> None:
    assert scope().value(node) == value


@pytest.mark.parametrize(
    "node",
    [
        {"Fn::Select": [2, ["a", "b"]]},
        {"Fn::Join": [1, ["a"]]},
        {"Fn::Join": ["a"]},
        {"Fn::Sub": ["a"]},
        {"Fn::GetAtt": ["A"]},
        {"Fn::Cidr": ["10.0.0.0/30", 9, 1]},
        {"Fn::Cidr": ["network", 1, 8]},
        {"Fn::Equals": ["a", "a"]},
        {"Fn::If": ["Unknown", 1, 2]},
        {"Fn::FindInMap": ["No", "such", "map"]},
    ],
)
def test_a_function_with_wrong_arguments_is_refused(node: Any) -> None:
    with pytest.raises(ValidationError):
        scope().value(node)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": ["true", True]}, True),
        ({"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, "n"]}]}, False),
        ({"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]}, True),
        ({"Fn::And": [{"Condition": "No"}, {"Condition": "Yes"}]}, False),
    ],
)
def test_condition(condition: Any, holds: bool) -> None:
    conditions = {"Yes": {"Fn::Equals": ["1", 1]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}}
    assert scope({"Conditions": conditions}).holds(condition) is holds


def test_tokens_stand_for_resources_that_do_not_exist_yet() -> None:
    symbolic = Symbolic()
    found = scope().with_resources(symbolic)
    value = {"Fn::Join": ["/", [{"Ref": "A"}, {"Fn::Select": [3, {"Fn::GetAtt": ["B", "C"]}]}]]}
    with pytest.raises(ValidationError):
        scope().value(value)
    assert found.value(value) == found.value(value)
    assert symbolic.used == {"A", "B"}


def test_every_function_that_is_known_is_evaluated() -> None:
    assert set(functions._FUNCTIONS) == VALUE_FUNCTIONS


def test_short_forms_and_unquoted_dates_are_read_as_cloudformation_reads_them() -> None:
    found = parse(
        "AWSTemplateFormatVersion: 2010-09-09\n"
        "Resources:\n  A:\n    Type: T\n    Properties:\n"
        "      a: !GetAtt B.C.D\n      b: !Sub ['${x}', {x: !Ref Y}]\n"
        "      c: !If [N, !Ref 'AWS::NoValue', 2012-10-17]\n      d: !Condition Z\n"
    )
    assert found["AWSTemplateFormatVersion"] == "2010-09-09"
    assert found["Resources"]["A"]["Properties"] == {
        "a": {"Fn::GetAtt": ["B", "C.D"]},
        "b": {"Fn::Sub": ["${x}", {"x": {"Ref": "Y"}}]},
        "c": {"Fn::If": ["N", {"Ref": "AWS::NoValue"}, "2012-10-17"]},
        "d": {"Condition": "Z"},
    }


def test_keys_are_text_even_where_they_look_like_numbers() -> None:
    found = parse("Mappings: {By: {058264155998: {a: b}}}\nResources: {A: {Type: T}}\n")
    assert list(found["Mappings"]["By"]) == ["058264155998"]


@pytest.mark.parametrize("type_name", sorted(REGISTRY))
def test_modelled_properties_are_properties_of_the_published_schema(type_name: str) -> None:
    schema = schemas.find(type_name)
    assert schema is not None
    handler = REGISTRY[type_name]
    assert handler.modelled <= set(schema.properties)
    assert handler.replaces <= handler.modelled | schema.create_only
