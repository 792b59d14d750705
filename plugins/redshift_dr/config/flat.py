"""Settings by their path, such as ``drill.deadlines.copy_minutes``. Pure."""

import types
from collections.abc import Iterator, Mapping
from typing import Any, Union, get_args, get_origin

from pydantic_core import PydanticUndefined

from redshift_dr.config.base import Model


def flat(
    model: type[Model], given: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Every setting with its path, in the model's order.

    :param model: of the settings.
    :param given: by field; what it leaves out is what the model fills in, and what the model cannot
        fill in is left out here too.
    :param prefix: the names of the groups around them, each with a dot.
    """
    for name, field in model.model_fields.items():
        value = given.get(name, field.get_default(call_default_factory=True))
        group = _group_of(field.annotation)
        if value is PydanticUndefined:
            continue
        if group is None or not isinstance(value, Model | dict):
            yield f"{prefix}{name}", value
        else:
            yield from flat(group, dict(value), f"{prefix}{name}.")


def _group_of(annotation: Any) -> type[Model] | None:
    """The model of a field that is a group of settings."""
    is_union = get_origin(annotation) in (Union, types.UnionType)
    options = get_args(annotation) if is_union else (annotation,)
    groups = [one for one in options if isinstance(one, type) and issubclass(one, Model)]
    return groups[0] if groups else None
