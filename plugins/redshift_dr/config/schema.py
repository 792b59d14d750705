"""The JSON Schema of ``clusters.yaml``, made of the models and their docstrings. Pure.

Editors show it while the file is written. It sees one field at a time; what takes several fields
or a list of names to judge is left to ``python -m redshift_dr.config check``.
"""

import inspect
import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from redshift_dr.config.models import ClusterConfig

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The newest that editors' YAML servers know for certain."""

IDENTIFIER = "cluster_identifier"
_PARAM = re.compile(r"^:param (\w+): ", re.MULTILINE)


def descriptions_of(model: type[BaseModel]) -> dict[str, str]:
    """What the ``:param:`` lines of a model's docstring say, by field, each on one line."""
    _, *parts = _PARAM.split(inspect.cleandoc(model.__doc__ or ""))
    return {
        name: " ".join(text.split()).replace("``", "`")
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def purpose_of(model: type[BaseModel]) -> str:
    """The first sentence of a model's docstring."""
    return inspect.cleandoc(model.__doc__ or "").partition("\n")[0]


class _DescribedByDocstrings(GenerateJsonSchema):
    """Takes descriptions from where they are written: the docstrings."""

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        described = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        described.pop("title", None)
        described["description"] = purpose_of(model)
        for name, text in descriptions_of(model).items():
            described["properties"][name]["description"] = text
        return described

    def field_title_should_be_set(self, schema: Any) -> bool:
        """The name says it already."""
        return False


def schema_of_clusters_file() -> dict[str, Any]:
    """The schema of the whole file.

    No field is required of a cluster by itself, nor of ``defaults``: what one leaves out, the other
    may give, in groups such as ``drill`` as well. Required is that one of them does.
    """
    settings = ClusterConfig.model_json_schema(
        schema_generator=_DescribedByDocstrings, ref_template="#/definitions/{model}"
    )
    definitions = settings.pop("$defs")
    name = settings["properties"].pop(IDENTIFIER)
    required = [field for field in settings.pop("required") if field != IDENTIFIER]
    reference = {"$ref": "#/definitions/Settings"}
    return {
        "$schema": DIALECT,
        "title": "clusters.yaml",
        "description": "The clusters that are backed up. Made by: python -m redshift_dr.config "
        "schema",
        "type": "object",
        "required": ["clusters"],
        "additionalProperties": False,
        "properties": {
            "defaults": {
                "description": "Settings of every cluster that does not give its own.",
                "anyOf": [reference, {"type": "null"}],
            },
            "clusters": {
                "description": "Each cluster's identifier, and what it sets otherwise than the "
                "defaults; groups are merged field by field.",
                "type": "object",
                "minProperties": 1,
                "propertyNames": name,
                "additionalProperties": {"anyOf": [reference, {"type": "null"}]},
            },
        },
        "allOf": [_given_for_each(field) for field in required],
        "definitions": {"Settings": settings, **definitions},
    }


def _given_for_each(field: str) -> dict[str, Any]:
    """The defaults give the field, or each cluster does."""
    given = {"type": "object", "required": [field]}
    return {
        "anyOf": [
            {"required": ["defaults"], "properties": {"defaults": given}},
            {"properties": {"clusters": {"additionalProperties": given}}},
        ]
    }
