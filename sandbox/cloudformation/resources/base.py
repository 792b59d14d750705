"""What every resource type has in common: how it is made, changed and deleted."""

import random
import string
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from sandbox.cloudformation.actor import Clients
from sandbox.cloudformation.errors import ResourceFailureError

Properties = Mapping[str, Any]
_SUFFIX = string.ascii_letters + string.digits


@dataclass(frozen=True)
class Made:
    """A resource that exists: its physical id (``Ref``) and its attributes (``Fn::GetAtt``)."""

    physical_id: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Context:
    """Where and for whom a resource is made.

    :ivar client: boto3 clients that act as the caller or as the role of the stack.
    :ivar exists: tell it the physical id as soon as there is something to be deleted should a
        later step fail.
    """

    client: Clients
    account_id: str
    region: str
    stack_name: str
    logical_id: str
    exists: Callable[[str], None]

    def name(self, most: int = 64, *, lower: bool = False) -> str:
        """Make up a name: stack, logical id, and 12 random characters."""
        suffix = "".join(random.choices(_SUFFIX, k=12))
        room = most - len(suffix) - 2
        stack_name = self.stack_name[: max(room - len(self.logical_id), room // 2)]
        logical_id = self.logical_id[: room - len(stack_name)]
        name = f"{stack_name}-{logical_id}-{suffix}"
        return name.lower() if lower else name

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN in the stack's account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


class ResourceType(ABC):
    """One type of resource. Instances have no state.

    :cvar modelled: the properties that have an effect here. Others are refused, not ignored.
    :cvar replaces: properties whose change replaces the resource, beside those of the schema.
    :cvar gone: error codes with which AWS says that there is nothing to delete.
    """

    type_name: ClassVar[str]
    modelled: ClassVar[frozenset[str]]
    replaces: ClassVar[frozenset[str]] = frozenset()
    gone: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def create(self, context: Context, properties: Properties) -> Made:
        """Make it."""

    def update(self, context: Context, made: Made, old: Properties, new: Properties) -> Made:
        """Change it in place; only called where no property that replaces has changed."""
        raise NotImplementedError(f"{self.type_name} has nothing that changes in place")

    @abstractmethod
    def delete(self, context: Context, made: Made, properties: Properties) -> None:
        """Delete it."""


def refuse_existing(name: str, look: Callable[[], Any], absent: Iterable[str]) -> None:
    """Fail for a name that is taken, where the API would take it for a change.

    :param look: finds something under the name; something empty is nothing.
    :param absent: error codes that say that there is nothing.
    :raises ResourceFailureError: it exists.
    """
    try:
        found = look()
    except ClientError as error:
        if error.response["Error"]["Code"] in absent:
            return
        raise
    if found:
        raise ResourceFailureError(f"{name} already exists")


def pick(properties: Properties, names: Iterable[str]) -> dict[str, Any]:
    """Return the properties of some names that are there."""
    return {name: properties[name] for name in names if name in properties}


def changed(old: Properties, new: Properties) -> set[str]:
    """Return the names of properties that differ."""
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def tag_map(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Turn a list of tags into a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Turn a mapping of tags into a list."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_changes(
    old: Properties, new: Properties, name: str = "Tags"
) -> tuple[dict[str, str], list[str]]:
    """Return the tags to set, and the keys of tags to remove."""
    before, after = tag_map(old.get(name)), tag_map(new.get(name))
    to_set = {key: value for key, value in after.items() if before.get(key) != value}
    return to_set, sorted(set(before) - set(after))
