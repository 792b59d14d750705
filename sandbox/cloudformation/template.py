"""From the text of a template to data: YAML with the short forms of functions, or JSON.

Source: CloudFormation User Guide, "Template format" and "Intrinsic function reference".
"""

from collections.abc import Hashable
from typing import Any

import yaml

from sandbox.cloudformation.errors import ValidationError

LARGEST_BODY_BYTES = 51_200
LARGEST_OBJECT_BYTES = 1_048_576
SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
_OBJECT_SECTIONS = ("Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
_WITHOUT_PREFIX = ("Ref", "Condition")


class _Loader(yaml.SafeLoader):
    """YAML 1.1 as CloudFormation reads it: no dates, short forms of functions, no key twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        self.flatten_mapping(node)
        found: dict[Hashable, Any] = {}
        for key, value in node.value:
            # A key is text even where it looks like a number, as an account's id does.
            name = key.value if isinstance(key, yaml.ScalarNode) else str(key.value)
            if name in found:
                raise ValidationError(
                    f"Template format error: duplicate key {name} (line {key.start_mark.line + 1})"
                )
            found[name] = self.construct_object(value, deep=deep)
        return found


def _short_form(loader: _Loader, suffix: str, node: Any) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in _WITHOUT_PREFIX else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse(body: str) -> dict[str, Any]:
    """Read a template.

    :raises ValidationError: it is no template: the syntax, a section that does not exist, no
        resources.
    """
    try:
        template = yaml.load(body, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValidationError(f"Template format error: YAML not well-formed. ({error})") from error
    _refuse_null(template, "")
    if not isinstance(template, dict):
        raise ValidationError("Template format error: unsupported structure.")
    unknown = sorted(str(key) for key in template if key not in SECTIONS)
    if unknown:
        raise ValidationError(f"Invalid template property or properties [{', '.join(unknown)}]")
    for section in _OBJECT_SECTIONS:
        if section in template and not isinstance(template[section], dict):
            raise ValidationError(f"Template format error: {section} must be an object.")
    if template.get("Transform"):
        raise NotImplementedError("transforms (macros) of templates")
    if template.get("Hooks"):
        raise NotImplementedError("the Hooks section of templates")
    if not template.get("Resources"):
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    return template


def _refuse_null(node: Any, path: str) -> None:
    items: Any = ()
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, list):
        items = enumerate(node)
    for key, item in items:
        if item is None:
            raise ValidationError(f"[{path}/{key}] 'null' values are not allowed in templates")
        _refuse_null(item, f"{path}/{key}")


def check_size(body: str, *, from_url: bool = False) -> None:
    """Refuse a template that AWS would refuse for its size.

    :raises ValidationError: more than 51,200 bytes in the request, or 1 MB by ``TemplateURL``.
    """
    size, limit = len(body.encode()), LARGEST_OBJECT_BYTES if from_url else LARGEST_BODY_BYTES
    if size <= limit:
        return
    if from_url:
        raise ValidationError(f"Template may not exceed {limit} bytes in size; it has {size}.")
    raise ValidationError(
        f"1 validation error detected: Value '{body[:40]}...' at 'templateBody' failed to satisfy "
        f"constraint: Member must have length less than or equal to {limit}"
    )
